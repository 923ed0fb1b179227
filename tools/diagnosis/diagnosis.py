"""A diagnosis: why a run failed, as data. It may come out of a sandbox, so every text in it is short and printable."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

DiagnosisKind = Literal["wrong_value", "raised", "timeout", "died"]
TEXT_CHARACTERS = 900
"""About 250 tokens: less than a small solution."""


class Frame(BaseModel):
    """One place in the code, with what its names stood for."""

    model_config = ConfigDict(frozen=True)

    function: str
    """Its qualified name; `<module>` for the top level."""
    line: int
    source: str = ""
    """The source line, without its indentation; empty where it is not known."""
    file: str = "solution.py"
    locals: dict[str, str] = Field(default_factory=dict)
    """Local values in short `repr`s, those that the line names first."""
    skipped: int = 0
    """How many frames were left out before this one: of a recursion only both ends are kept."""


class Diagnosis(BaseModel):
    """Why one run of some code failed."""

    model_config = ConfigDict(frozen=True)

    kind: DiagnosisKind
    """`wrong_value`: it came to its end with something else than expected, or an assertion of the test failed;
    `raised`: any other exception; `timeout`: it was still busy at its limit; `died`: its process ended."""
    test: str | None = None
    """The name of the test."""
    call: str | None = None
    """What was asked: an expression, or the line of the test. `None` where the code did not even load, and for a
    traceback that somebody pasted."""
    exception: str | None = None
    """The type of the exception, if one was raised."""
    message: str = ""
    """What the exception said; or the test's own words on what it saw."""
    expected: str | None = None
    """What should have come, as source or `repr`."""
    actual: str | None = None
    """What came."""
    operator: str = "=="
    """How the two were compared."""
    frames: tuple[Frame, ...] = ()
    """Where in the code, outermost first: the frames of an exception; the return of the entry point for
    a value that is wrong; where it was busy at a timeout."""
    related: tuple[str, ...] = ()
    """Other exceptions that this one came from, or holds, a line each."""

    def text(self, *, characters: int = TEXT_CHARACTERS) -> str:
        """In words for a prompt, or for a person in a hurry.

        Args:
            characters: How long it may be. What failed comes first and the places after it, the innermost before the
                others, so that the end is what can be missed.
        """
        from motet.tools.diagnosis.wording import words_for

        return words_for(self, characters)  # ty: ignore[invalid-argument-type] - it sees this module under two names
