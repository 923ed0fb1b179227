"""What static checks find in code before it runs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

CheckKind = Literal[
    "syntax",
    "undefined_name",
    "unknown_import",
    "not_installed",
    "unknown_attribute",
    "unknown_argument",
    "lint",
    "redefinition",
    "unused_import",
]
"""`unknown_import`: no such module is known anywhere; `not_installed`: a real package that the sandbox does not have.
`lint`: another error that ruff is certain of."""


class CheckFinding(BaseModel):
    """One thing that is wrong with the code as it stands."""

    model_config = ConfigDict(frozen=True)

    kind: CheckKind
    message: str
    """A sentence or two for people and for a repair prompt: what is wrong, and what there is instead."""
    line: int | None = None
    """From 1."""
    column: int | None = None
    """From 1."""
    name: str | None = None
    """What does not exist, as `math.cbrt2`."""
    suggestions: tuple[str, ...] = ()
    """Real names that may have been meant, the nearest first."""
    blocks: bool = True
    """Whether it is certain to fail once the line is reached; other findings are remarks."""


class Checks(BaseModel):
    """All that the checks of one piece of code found."""

    model_config = ConfigDict(frozen=True)

    findings: tuple[CheckFinding, ...] = ()
    """In the order of lines; what blocks goes before remarks."""
    problem: str | None = None
    """Why the checks did not come to their end, if so. An empty list of findings then says nothing."""

    @property
    def blocking(self) -> tuple[CheckFinding, ...]:
        """Findings that are certain to fail."""
        return tuple(finding for finding in self.findings if finding.blocks)
