"""One patch that a coder proposed. Whether it is any good is the tester's business."""

import hashlib
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.agents.candidate import fingerprint
from motet.agents.repo.change_plan import Target

PatchOrigin = Literal["first", "sample", "repair"]


class PatchCandidate(BaseModel):
    """A proposed patch."""

    model_config = ConfigDict(frozen=True)

    index: int
    """Its place in the order of proposals."""
    patch: str
    """A unified diff of git's."""
    files: tuple[str, ...]
    """What it touches."""
    origin: PatchOrigin
    repairs: int | None = None
    """The candidate that it was made from."""
    target: Target | None = None
    """The function that was asked for, where only one was."""
    likeness: str = ""
    """The same for patches that differ only in comments, docstrings and layout."""
    lines: int = 0
    """How many lines it adds and removes."""


def likeness_of(changes: Sequence[tuple[str, bytes | None]]) -> str:
    """Hash a change by what it means: Python by its syntax tree, anything else by its bytes.

    Args:
        changes: Each file's path and its content afterwards.
    """
    parts = []
    for path, after in sorted(changes, key=lambda change: change[0]):
        text = (after or b"").decode("utf-8", "surrogateescape")
        told = fingerprint(text) if path.endswith((".py", ".pyi")) else hashlib.sha256(after or b"").hexdigest()
        parts.append(f"{path} {'-' if after is None else told}")
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
