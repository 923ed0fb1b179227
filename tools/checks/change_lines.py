"""The lines of a file before and after a change, and which of them the change touched."""

import codecs
import difflib
import io
import re
import tokenize
from bisect import bisect_left
from collections import Counter
from contextlib import suppress
from functools import cached_property

BREAK = re.compile(r"\r\n|\r|\n")
"""What ends a line for Python, ruff and bandit; `str.splitlines` knows more."""
MOST_LINES = 5_000
"""Of longer stretches only those lines are taken for new whose text is: to align them could take minutes."""
WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

Block = tuple[int, int, int, int]
"""Lines from and to before, from and to after; counted from 0, the end not included."""


def text_of(content: bytes | None, *, python: bool = False) -> str:
    """The text of a file in whatever encoding; a file that is not there has none.

    Args:
        content: Its bytes.
        python: Whether it may name its encoding, as Python files do.
    """
    content = content or b""
    encodings = ["utf-16"] if content.startswith(WIDE_MARKS) else ["utf-8-sig", "latin-1"]
    if python:
        with suppress(SyntaxError):  # it names one that does not exist, or is not in the one that it names
            encodings.insert(0, tokenize.detect_encoding(io.BytesIO(content).readline)[0])
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return content.decode("latin-1")


def lines_of(text: str) -> list[str]:
    """The lines of a text without their ends; the empty one behind the last end is none."""
    lines = BREAK.split(text)
    return lines if lines[-1] else lines[:-1]


class LineChange:
    """What happened to the lines of one file."""

    def __init__(self, before: str, after: str) -> None:
        self.before = lines_of(before)
        self.after = lines_of(after)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The stretches that differ."""
        old, new = self.before, self.after
        start, most = 0, min(len(old), len(new))
        while start < most and old[start] == new[start]:
            start += 1
        end = 0
        while end < most - start and old[-1 - end] == new[-1 - end]:
            end += 1
        old, new = old[start : len(old) - end], new[start : len(new) - end]
        if not old or not new:
            blocks = [(0, len(old), 0, len(new))] if old or new else []
        elif max(len(old), len(new)) > MOST_LINES:
            blocks = _unaligned(old, new)
        else:
            codes = difflib.SequenceMatcher(None, old, new).get_opcodes()
            blocks = [code[1:] for code in codes if code[0] != "equal"]
        return tuple((a + start, b + start, c + start, d + start) for a, b, c, d in blocks)

    @cached_property
    def added(self) -> frozenset[int]:
        """Lines after the change, from 1, that were not there so."""
        return frozenset(line + 1 for _, _, start, end in self.blocks for line in range(start, end))

    @cached_property
    def touched(self) -> frozenset[int]:
        """The added lines, and the neighbours of what was deleted."""
        gaps = {line for _, _, start, end in self.blocks if start == end for line in (start, start + 1)}
        return self.added | {line for line in gaps if 1 <= line <= len(self.after)}

    def block_of(self, line: int | None, *, before: bool) -> int | None:
        """Which of the stretches that differ a line belongs to."""
        start, end = (0, 1) if before else (2, 3)
        number = bisect_left(self.blocks, line or 0, key=lambda block: block[start]) - 1
        return number if number >= 0 and self.blocks[number][end] >= (line or 0) else None

    def words(self, line: int | None, *, before: bool) -> str:
        """The text of a line without its indentation and spacing."""
        lines = self.before if before else self.after
        return " ".join(lines[line - 1].split()) if line and line <= len(lines) else ""


def added_lines(before: bytes | None, after: bytes | None) -> frozenset[int]:
    """Lines of the text after the change, from 1, that it added or rewrote. Ends of lines make no difference."""
    return LineChange(text_of(before), text_of(after)).added


def touched_lines(before: bytes | None, after: bytes | None) -> frozenset[int]:
    """As `added_lines`, with the neighbours of what it deleted."""
    return LineChange(text_of(before), text_of(after)).touched


def _unaligned(old: list[str], new: list[str]) -> list[Block]:
    """Lines that there are more of than before, each by itself."""
    left = Counter(old)
    blocks: list[Block] = []
    for number, line in enumerate(new):
        if left[line]:
            left[line] -= 1
        else:
            blocks.append((0, 0, number, number + 1))
    return blocks
