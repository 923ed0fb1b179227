"""Moves code to the side without touching what it says: lines within strings stay where they are."""

import ast
import io
import tokenize
from collections.abc import Sequence
from typing import NamedTuple

from motet.tools.edits.change import EditError
from motet.tools.edits.indentation import indent_of


class Layout(NamedTuple):
    """What the lines of a piece of Python are, by their number from 1."""

    frozen: frozenset[int]
    """Lines that begin within a string."""
    documentation: frozenset[int]
    """Those of them that begin within a docstring, which may move with its function."""
    starts: dict[int, int]
    """The line where the statement of each line begins."""


def layout(text: str, tree: ast.Module) -> Layout:
    """Look at lines one by one.

    Raises:
        EditError: They cannot be taken apart.
    """
    docstrings = {
        (first.lineno, first.end_lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and isinstance(first := node.body[0], ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    }
    frozen: set[int] = set()
    documentation: set[int] = set()
    starts: dict[int, int] = {}
    opened: list[int] = []
    begun: int | None = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="\n").readline):
            kind, (first, _), (last, _) = tokenize.tok_name[token.type], token.start, token.end
            if kind in ("INDENT", "DEDENT", "NL", "COMMENT", "ENDMARKER"):
                continue
            begun = first if begun is None else begun
            if kind.endswith("STRING_START"):
                opened.append(first)
            elif kind.endswith("STRING_END"):
                frozen.update(range(opened.pop() + 1, last + 1))
            elif kind == "STRING":
                frozen.update(range(first + 1, last + 1))
                if (first, last) in docstrings:
                    documentation.update(range(first + 1, last + 1))
            elif kind == "NEWLINE":
                starts.update(dict.fromkeys(range(begun, last + 1), begun))
                begun = None
    except (tokenize.TokenError, SyntaxError, IndexError) as error:
        raise EditError(f"The code cannot be taken apart: {error}. Answer with plain Python.") from None
    return Layout(frozenset(frozen), frozenset(documentation), starts)


def dedented(lines: Sequence[str], first: int, indent: str, look: Layout) -> list[str]:
    """Lines that start at this number, with an indentation taken off where they have it."""
    moved = [line if at in look.frozen else _without(line, indent) for at, line in enumerate(lines, first)]
    documentation = [at for at in range(first, first + len(lines)) if at in look.documentation]
    if all(lines[at - first].startswith(indent) or not lines[at - first].strip() for at in documentation):
        for at in documentation:
            moved[at - first] = _without(lines[at - first], indent)
    return moved


def indented(lines: Sequence[str], indent: str, look: Layout, units: tuple[str, str], *, move_docs: bool) -> list[str]:
    """Dedented lines under an indentation, in another unit of indentation if need be.

    Args:
        lines: All lines that were looked at, from the first.
        indent: What goes before each.
        look: What they are.
        units: What one level is indented by in these lines, and what it is to be.
        move_docs: Whether docstrings move along.
    """
    new: list[str] = []
    for at, line in enumerate(lines, 1):
        if not line.strip() or (at in look.frozen and not (move_docs and at in look.documentation)):
            new.append(line)
            continue
        own = indent_of(line)
        if units[0] != units[1]:
            base = indent_of(lines[look.starts[at] - 1]) if at in look.starts else own
            rest = own[len(base) :] if own.startswith(base) else ""
            own = base.replace(units[0], units[1]) + (rest.replace(*units) if at not in look.frozen else rest)
        new.append(indent + own + line.lstrip(" \t"))
    return new


def _without(line: str, indent: str) -> str:
    own = indent_of(line)
    return line.removeprefix(indent) if line.startswith(indent) else line[min(len(own), len(indent)) :]
