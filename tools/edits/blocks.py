"""Reads search/replace blocks out of what a strong model answered. `format.md` tells the model how to write them.

```
path/to/file.py
<<<<<<< SEARCH
old lines
=======
new lines
>>>>>>> REPLACE
```

A fence around a block may be there or not; the path may stand in backticks, in bold, or on the line that opens the
fence; a block without a path is for the file of the one before it. An empty SEARCH makes a new file. `DELETE path` and
`RENAME old -> new` are lines of their own. Where the lines themselves look like these marks, longer marks (eight
characters or more, all three of one length) keep them apart: whatever could be read in two ways is an error.
"""

import re

from pydantic import BaseModel, ConfigDict

from motet.tools.edits.change import EditError
from motet.tools.edits.naming import path_in_fence, path_in_line
from motet.tools.edits.newlines import plain_newlines
from motet.tools.encodable import encodable

_OPEN = re.compile(r"(<{7,}) ?SEARCH\s*$")
_CLOSE = re.compile(r">{7,} ?REPLACE\s*$")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*([^`]*)$")
_DELETE = re.compile(r"DELETE[ \t]+(.+)")
_RENAME = re.compile(r"RENAME[ \t]+(.+?)[ \t]+(?:->|→)[ \t]+(.+)")


class Block(BaseModel):
    """Lines of a file that are to become other lines."""

    model_config = ConfigDict(frozen=True)

    path: str
    """The file."""
    search: tuple[str, ...]
    """The lines that are to go; none of them for a new file."""
    replace: tuple[str, ...]
    """The lines that are to come."""
    line: int = 1
    """Where the block starts in the answer, from 1."""


class Delete(BaseModel):
    """A file that is to go."""

    model_config = ConfigDict(frozen=True)

    path: str
    """The file."""
    line: int = 1
    """Where the answer says so, from 1."""


class Rename(BaseModel):
    """A file that is to have another path."""

    model_config = ConfigDict(frozen=True)

    old: str
    """Its path so far."""
    path: str
    """Its path from now on."""
    line: int = 1
    """Where the answer says so, from 1."""


class Edits(BaseModel):
    """All that one answer wants changed, in its order."""

    model_config = ConfigDict(frozen=True)

    steps: tuple[Block | Delete | Rename, ...]
    """What is to be done, one after the other."""


def read_blocks(answer: str) -> Edits:
    """Find the edits in an answer, whatever is said around them.

    Raises:
        EditError: There are none, or one of them is not whole.
    """
    reader = _Reader(plain_newlines(encodable(answer)).split("\n"))
    reader.read()
    if reader.problems:
        raise EditError(*reader.problems)
    if not reader.steps:
        raise EditError(
            "The answer holds no edit. Write the path of the file on a line of its own, and below it a block of "
            "'<<<<<<< SEARCH', the old lines, '=======', the new lines, '>>>>>>> REPLACE'."
        )
    return Edits(steps=tuple(reader.steps))


class _Reader:
    """Goes through the lines of one answer."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.steps: list[Block | Delete | Rename] = []
        self.problems: list[str] = []
        self.after_block = 0  # the line below the last block: no path is looked for above it
        self.path: str | None = None

    def read(self) -> None:
        at, fence = 0, ""
        while at < len(self.lines):
            line = self.lines[at]
            if opened := _OPEN.match(line):
                at = self.after_block = self.block(at, len(opened[1]))
                continue
            if _CLOSE.match(line):
                self.problems.append(
                    f"Line {at + 1} of your answer, {line.strip()!r}, ends a block that was not begun. Begin it with "
                    "'<<<<<<< SEARCH' below the path of its file."
                )
            elif found := _FENCE.match(line):
                fence = self.fence_after(fence, found[1], found[2])
            else:
                self.file_step(line, at, inside=bool(fence))
            at += 1

    @staticmethod
    def fence_after(fence: str, marks: str, info: str) -> str:
        """The open fence below a line of such marks, or nothing."""
        if not fence:
            return marks
        return "" if marks.startswith(fence) and not info.strip() else fence

    def block(self, start: int, length: int) -> int:
        """Read the block that starts on this line; the line below it."""
        divider, close = "=" * length, re.compile(rf">{{{length}}} ?REPLACE\s*$")
        at, dividers = start + 1, []
        while at < len(self.lines) and not close.match(self.lines[at]):
            if _OPEN.match(self.lines[at]) and len(self.lines[at].strip()) == length + len(" SEARCH"):
                break
            if self.lines[at].rstrip() == divider:
                dividers.append(at)
            at += 1
        where = f"The block on line {start + 1} of your answer"
        if at == len(self.lines) or not close.match(self.lines[at]):
            self.problems.append(f"{where} has no end. End it with a line '{'>' * length} REPLACE'.")
            return at
        if len(dividers) != 1:
            self.problems.append(
                f"{where} has no line '{divider}' between its old and its new lines. Write one."
                if not dividers
                else f"{where} has {len(dividers)} lines '{divider}', so nobody can tell old lines from new ones. "
                f"Write all three marks of this block with more characters: '{'<' * (length + 1)} SEARCH', "
                f"'{'=' * (length + 1)}' and '{'>' * (length + 1)} REPLACE'."
            )
        path = self.path_above(start)
        if path is None:
            self.problems.append(f"{where} has no path. Write the path of its file on the line above it.")
        elif len(dividers) == 1:
            self.path = path
            search, replace = self.lines[start + 1 : dividers[0]], self.lines[dividers[0] + 1 : at]
            self.steps.append(
                Block(
                    path=path,
                    search=tuple(search) if any(line.strip() for line in search) else (),
                    replace=tuple(replace),
                    line=start + 1,
                )
            )
        return at + 1

    def path_above(self, start: int) -> str | None:
        """The path that stands above a block, or else that of the block before."""
        for line in reversed(self.lines[self.after_block : start]):
            if found := _FENCE.match(line):
                if path := path_in_fence(found[2]):
                    return path
            elif line.strip():
                return path_in_line(line) or self.path
        return self.path

    def file_step(self, line: str, at: int, *, inside: bool) -> None:
        """Read a line that may delete or rename a file."""
        line = line.strip()
        if found := _RENAME.fullmatch(line):
            old, new = path_in_line(found[1]), path_in_line(found[2])
            step = Rename(old=old, path=new, line=at + 1) if old and new else None
        else:
            found = _DELETE.fullmatch(line)
            path = path_in_line(found[1]) if found else None
            step = Delete(path=path, line=at + 1) if path else None
        if step is None:
            return
        if inside:
            self.problems.append(
                f"Line {at + 1} of your answer, {line!r}, stands in a code fence. Write it on a line outside of fences."
            )
            return
        self.steps.append(step)
        self.path = step.path if isinstance(step, Rename) else self.path
        self.after_block = at + 1
