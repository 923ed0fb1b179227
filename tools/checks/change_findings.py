"""A change of files, and what is wrong with it that was not wrong before."""

from pathlib import PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator

ChangeFindingKind = Literal[
    "syntax",
    "undefined_name",
    "unknown_import",
    "not_installed",
    "unknown_attribute",
    "unknown_argument",
    "lint",
    "redefinition",
    "unused_import",
    "security",
    "secret",
    "changed_test",
    "deleted_test",
    "outside_plan",
]
"""Those of `CheckKind`, and what only a change can have. `changed_test`: a test that was there, or what it rests on,
says something else now; `deleted_test`: it is gone, or skipped."""
Side = Literal["before", "after"]


class ChangedFile(BaseModel):
    """One file of a change."""

    model_config = ConfigDict(frozen=True)

    path: str
    """Relative to the root of the repository, with `/`."""
    before: bytes | None
    """`None` where the file did not exist."""
    after: bytes | None
    """`None` where the file does not exist any more."""

    @field_validator("path")
    @classmethod
    def _is_inside(cls, path: str) -> str:
        parts = PurePosixPath(path)
        if not parts.name or "\0" in path or parts.is_absolute() or ".." in parts.parts:
            raise ValueError(f"The path {path!r} is not inside the repository; give one relative to its root.")
        return str(parts)


class ChangeFinding(BaseModel):
    """One thing that the change brings."""

    model_config = ConfigDict(frozen=True)

    kind: ChangeFindingKind
    path: str
    line: int | None
    """From 1, in the text of `side`; `None` where it is about the whole file."""
    message: str
    """A sentence or two for people and for a repair prompt."""
    blocks: bool
    """Whether it is reason enough not to take the change; other findings are remarks."""
    side: Side = "after"
    """`before` for what was deleted."""
    name: str | None = None
    """What it is about, as `math.cbrt2` or `TestCart.test_total`."""


class ChangeChecks(BaseModel):
    """All that the checks of one change found."""

    model_config = ConfigDict(frozen=True)

    findings: tuple[ChangeFinding, ...] = ()
    """What blocks goes before remarks; then by path and line."""
    problems: tuple[str, ...] = ()
    """What could not be looked at, and why. Nothing is known about that."""

    @property
    def blocking(self) -> tuple[ChangeFinding, ...]:
        """Findings that are reason enough not to take the change."""
        return tuple(finding for finding in self.findings if finding.blocks)
