"""What came to mind for a task: a pattern of the memory, and what became of it in this run."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.memory import Kinship


class Recollection(BaseModel):
    """A pattern that was recalled. Its task's words are not here: no voice is told them."""

    model_config = ConfigDict(frozen=True)

    pattern: str
    """Its id."""
    similarity: float
    """Of its task with this one, at most 1."""
    kinship: Kinship
    """How its task and this one belong together."""
    kind: Literal["answer", "example"]
    """`answer`: its solution was run as an answer; `example`: it was shown to the coder."""
    solution: str
    """For an answer under the name that this task wants, for an example without comments and docstrings."""
    problem: str | None = None
    """For an answer: why it is none, such as a test that it fails; `None` where it passed."""
    candidate: int | None = None
    """The answer that it became, or that was written with it in sight."""


def example_among(recalled: Iterable[Recollection]) -> str | None:
    """The solution that a coder is to see, if there is one."""
    return next((one.solution for one in recalled if one.kind == "example"), None)
