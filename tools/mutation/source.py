"""A file's text by the positions of its syntax tree, so that an edit touches only what it means."""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

Positioned = ast.expr | ast.stmt | ast.arg | ast.keyword | ast.excepthandler

_LINE_END = re.compile(r"\r\n|\r|\n")
_COMMENT = re.compile(r"#[^\r\n]*")


class Edit(NamedTuple):
    """One replacement in a text."""

    start: int
    """The first character that is replaced."""
    end: int
    """The first one behind it."""
    replacement: str
    """What takes their place."""
    description: str
    """The mistake in words."""


class Source:
    """A text and where its lines begin, as Python counts them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in _LINE_END.finditer(text))]

    def line_start(self, line: int) -> int:
        """Where a line begins, counted from 1; the text's end for a line behind the last."""
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def line_of(self, at: int) -> int:
        """The line of a character."""
        return next(line for line in range(len(self._starts), 0, -1) if self._starts[line - 1] <= at)

    def span(self, node: Positioned) -> tuple[int, int]:
        """Where a node's text begins and ends, without parentheses around it."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self._at(node.lineno, node.col_offset), self._at(end_line, end_column)

    def of(self, node: Positioned) -> str:
        """A node's text."""
        start, end = self.span(node)
        return self.text[start:end]

    def replaced(self, node: Positioned, replacement: str, description: str = "") -> Edit:
        """The edit that puts another text in a node's place."""
        start, end = self.span(node)
        return Edit(start, end, replacement, description or f"`{_short(self.of(node))}` became `{_short(replacement)}`")

    def gap(self, left: Positioned, right: Positioned) -> tuple[int, str]:
        """What stands between two nodes, its comments blanked, and where it begins."""
        start, end = self.span(left)[1], self.span(right)[0]
        return start, _COMMENT.sub(lambda found: " " * len(found[0]), self.text[start:end])

    def between(self, left: Positioned, right: Positioned, token: str, replacement: str) -> Iterator[Edit]:
        """The edit of an operator between two nodes, where it is found there."""
        words = rf"\b{token}\b" if token[0].isalpha() else re.escape(token)
        start, gap = self.gap(left, right)
        if found := re.search(words.replace(" ", r"\s+"), gap):
            description = f"`{token}` became `{replacement}`"
            yield Edit(start + found.start(), start + found.end(), replacement, description)

    def lines(self, first: int, last: int, description: str) -> Edit:
        """The edit that removes whole lines."""
        return Edit(self.line_start(first), self.line_start(last + 1), "", description)

    def fills_lines(self, node: ast.stmt) -> bool:
        """Whether a statement shares its lines with no other code."""
        start, end = self.span(node)
        before = self.text[self.line_start(node.lineno) : start]
        behind = self.text[end : self.line_start((node.end_lineno or node.lineno) + 1)]
        return not before.strip() and not _COMMENT.sub("", behind).strip()

    def _at(self, line: int, column: int) -> int:
        """The character of a syntax tree's position, whose columns are bytes."""
        start = self.line_start(line)
        text = self.text[start : start + column]
        if text.isascii():
            return start + column
        whole = self.text[start : self.line_start(line + 1)].encode("utf-8", "surrogatepass")
        return start + len(whole[:column].decode("utf-8", "surrogatepass"))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else f"{flat[:57]}..."
