"""Reads a unified diff as git writes it: which files it touches, and which lines they have then."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

HEADER = re.compile(r"^diff --git (?P<old>\"?a/.*\"?) (?P<new>\"?b/.*\"?)$")
HUNK = re.compile(r"^@@ -(?P<old>\d+)(?:,(?P<olds>\d+))? \+(?P<new>\d+)(?:,(?P<news>\d+))? @@")

Status = Literal["changed", "added", "deleted", "renamed"]


class PatchedFile(BaseModel):
    """What a patch does to one file."""

    model_config = ConfigDict(frozen=True)

    path: str
    """Its path afterwards; of a deleted file, before."""
    status: Status
    renamed_from: str | None = None
    added: tuple[int, ...] = ()
    """The numbers, in the new file, of the lines that were added or changed."""
    removed: int = 0
    """How many lines went."""
    around: tuple[int, ...] = ()
    """The numbers, in the new file, of the lines beside a place where lines went and none came."""


class Patch(BaseModel):
    """A patch, read."""

    model_config = ConfigDict(frozen=True)

    text: str
    files: tuple[PatchedFile, ...]

    @property
    def lines(self) -> int:
        """How many lines it adds and removes."""
        return sum(len(one.added) + one.removed for one in self.files)

    def anchors(self, path: str) -> frozenset[int]:
        """The lines of a file that a remark on the patch may point at."""
        return frozenset(line for one in self.files if one.path == path for line in (*one.added, *one.around))


def read_patch(text: str) -> Patch:
    """Read a patch that git wrote.

    Args:
        text: Of `git diff`, with `a/` and `b/` before the paths.
    """
    files: list[_File] = []
    for line in text.split("\n"):
        # Inside of a hunk a line may look like a header: the counts of the hunk say where it ends.
        if files and files[-1].is_inside:
            files[-1].take(line)
        elif line.startswith("diff --git "):
            files.append(_File(line))
        elif files:
            files[-1].head(line)
    return Patch(text=text, files=tuple(one.read() for one in files))


class _File:
    """One file of a patch while it is read."""

    def __init__(self, header: str) -> None:
        self._path = _new_path(header)
        self._status: Status = "changed"
        self._from: str | None = None
        self._old = self._new = self._at = 0
        self._added: list[int] = []
        self._around: set[int] = set()
        self._removed = 0
        self._has_added = False

    @property
    def is_inside(self) -> bool:
        """Whether a hunk has lines left."""
        return self._old > 0 or self._new > 0

    def head(self, line: str) -> None:
        """Take in a line outside of hunks."""
        if line.startswith("new file"):
            self._status = "added"
        elif line.startswith("deleted file"):
            self._status = "deleted"
        elif line.startswith("rename from "):
            self._status, self._from = "renamed", _unquoted(line.removeprefix("rename from "))
        elif line.startswith("rename to "):
            self._path = _unquoted(line.removeprefix("rename to "))
        elif (hunk := HUNK.match(line)) is not None:
            self._old, self._new = (int(hunk[key] if hunk[key] is not None else 1) for key in ("olds", "news"))
            self._at = int(hunk["new"])

    def take(self, line: str) -> None:
        """Take in a line of a hunk."""
        if line.startswith("+"):
            self._added.append(self._at)
            self._at += 1
            self._new -= 1
        elif line.startswith("-"):
            self._removed += 1
            self._old -= 1
            self._around |= {max(1, self._at - 1), self._at}
        elif not line.startswith("\\"):
            self._at += 1
            self._old -= 1
            self._new -= 1

    def read(self) -> PatchedFile:
        """What was read."""
        return PatchedFile(
            path=self._path,
            status=self._status,
            renamed_from=self._from,
            added=tuple(self._added),
            removed=self._removed,
            around=tuple(sorted(self._around)),
        )


def _new_path(header: str) -> str:
    """The path of a header; where both are the same, as nearly always, its half is the path whatever stands in it."""
    rest = header.removeprefix("diff --git ")
    half = rest[: len(rest) // 2]
    if f"{half} {half.replace('a/', 'b/', 1)}" == rest:
        return _unquoted(half)[2:]
    found = HEADER.match(header)
    return _unquoted(found["new"])[2:] if found else rest


def _unquoted(path: str) -> str:
    if not path.startswith('"'):
        return path.rstrip("\t")
    raw = path.strip('"').encode("utf-8", "surrogateescape").decode("unicode_escape")
    return raw.encode("latin-1", "replace").decode("utf-8", "replace")
