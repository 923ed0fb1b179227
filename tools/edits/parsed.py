"""Python that is to be edited, beside its syntax tree."""

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from motet.tools.edits.change import EditError
from motet.tools.edits.layout import Layout, dedented, layout
from motet.tools.edits.newlines import plain_newlines
from motet.tools.edits.symbols import first_line
from motet.tools.source import parse_python


@dataclass(frozen=True)
class Parsed:
    """A module, or a piece of one."""

    lines: list[str]
    r"""Its lines, without their ends; only `\n` ends one."""
    tree: ast.Module
    """What they mean."""

    @classmethod
    def of(cls, text: str, name: str) -> Self:
        """Parse a text; `name` says what it is where it is no Python.

        Raises:
            EditError: It is no Python.
        """
        text = plain_newlines(text)
        tree = parse_python(text)
        if tree is None:
            raise EditError(f"{name} is no Python{_reason(text)}. Answer with code that can be parsed.")
        return cls(text.split("\n"), tree)

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines)

    @cached_property
    def look(self) -> Layout:
        """What each line is."""
        return layout(self.text, self.tree)

    def indent(self, node: ast.stmt) -> str:
        """What stands before a statement that begins a line; a form feed there counts for nothing."""
        line = self.lines[first_line(node) - 1]
        return line[: len(line) - len(line.lstrip(" \t\f"))].rpartition("\f")[2]

    def dedented(self, node: ast.stmt, *, start: int | None = None) -> list[str]:
        """The lines of a statement without its indentation, from its decorators or from `start` on."""
        first, last = first_line(node) if start is None else start, node.end_lineno or node.lineno
        new = dedented(self.lines[first - 1 : last], first, self.indent(node), self.look)
        return [new[0].lstrip(" \t\f"), *new[1:]]

    def piece(self, node: ast.stmt) -> "Parsed":
        """A function, class or assignment by itself.

        Raises:
            EditError: It cannot stand by itself.
        """
        return Parsed.of("\n".join(self.dedented(node)), f"The code on line {first_line(node)}, by itself,")

    def unit(self, node: ast.stmt) -> str | None:
        """What the body of a function is indented by, beyond the function; `None` where it is on its line."""
        body = getattr(node, "body", None)
        if not body or body[0].lineno == node.lineno:
            return None
        inner, outer = self.indent(body[0]), self.indent(node)
        unit = inner.removeprefix(outer)
        return unit if inner.startswith(outer) and unit in ("\t", " " * len(unit)) and unit else None


def _reason(text: str) -> str:
    try:
        ast.parse(text)
    except SyntaxError as error:
        line = (error.text or "").strip()
        return f": {error.msg} on line {error.lineno}" + (f" ({line[:80]})" if line else "")
    except (ValueError, RecursionError, MemoryError) as error:
        return f": {error}"
    return ""
