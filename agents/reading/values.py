"""Values as tasks write them: literals, a little JSON, loose spellings. Nothing is run as code."""

import ast
import contextlib
import copy
import warnings
from typing import Any

from motet.tools.literals import NotLiteralError, literal_of

Literal = Any
"""A value made of plain data."""

LOOSE_NAMES = {"true": True, "false": False, "null": None, "none": None, "TRUE": True, "FALSE": False, "NULL": None}
"""Spellings from other languages whose meaning nobody doubts."""

_TYPOGRAPHIC_DOUBLE = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2212": "-", "\u00a0": " ", "\u200b": " "})
_TYPOGRAPHIC = _TYPOGRAPHIC_DOUBLE | str.maketrans({"\u2018": "'", "\u2019": "'"})
_DEEPEST = 100


def plain(text: str) -> str:
    """The text with typographic quotes and minus signs as Python writes them; lengths and places stay the same."""
    return text.translate(_TYPOGRAPHIC)


def readings(text: str) -> tuple[str, ...]:
    """The text as it stands, then with typographic quotes as Python's, double ones first: they may also be data."""
    return tuple(dict.fromkeys((text, text.translate(_TYPOGRAPHIC_DOUBLE), plain(text))))


def evaluate(node: ast.expr) -> Literal:
    """The value of a tree of literals.

    Raises:
        NotLiteralError: The tree holds anything but literals and constant arithmetic.
    """
    return literal_of(_Translated().visit(copy.deepcopy(node)))


class _Translated(ast.NodeTransformer):
    """Writes the names of other languages as Python's constants."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(LOOSE_NAMES[node.id]) if node.id in LOOSE_NAMES else node


def read_value(text: str) -> Literal:
    """The value that a piece of text spells.

    Raises:
        NotLiteralError: It spells none, or more than one reading is possible.
    """
    return evaluate(parse_expression(text))


def parse_expression(text: str) -> ast.expr:
    """The tree of one expression.

    Raises:
        NotLiteralError: The text is not one.
    """
    for reading in readings(text):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError), warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(reading.strip(), mode="eval").body
            if is_shallow(tree):
                return tree
    raise NotLiteralError(text[:80])


def is_shallow(tree: ast.AST) -> bool:
    """Whether what walks the tree by recursion will come back; nobody nests so deep by hand."""
    level: list[ast.AST] = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return True
    return False
