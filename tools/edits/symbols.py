"""Finds functions in a syntax tree by their names.

A symbol is the way to a function: `load`, `Cart.total`, `outer.inner`. Where several functions have that name, `#2`
behind it is the second, counted from the top of the file. Without a number the name means the function that a caller
would reach: of overloads the one with a body, of a property its getter.
"""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from motet.tools.edits.change import EditError

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.Module | ast.ClassDef | Function
_SYMBOL = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*)(?:#([1-9]\d{0,3}))?")


class Found(NamedTuple):
    """A function and where it hangs in its tree."""

    node: Function
    """The function."""
    body: list[ast.stmt]
    """The statements that it is one of, perhaps under an `if`."""
    scope: Scope
    """What it is defined in."""
    top: ast.stmt
    """The statement of the module that it is in, or itself."""

    @property
    def start(self) -> int:
        """Its first line, from 1, with its decorators."""
        return first_line(self.node)

    @property
    def decorators(self) -> tuple[str, ...]:
        """Its decorators, as one would write them today."""
        return tuple(ast.unparse(one) for one in self.node.decorator_list)


class Symbol(NamedTuple):
    """The way to a function."""

    parts: tuple[str, ...]
    """Names from the module down."""
    number: int | None
    """Which of several with that name, from 1."""

    @classmethod
    def read(cls, text: str) -> "Symbol":
        """Take a symbol apart.

        Raises:
            EditError: It is no name.
        """
        found = _SYMBOL.fullmatch(text.replace(".<locals>", ""))
        if found is None:
            raise EditError(f"{text!r} is no name of a function. Write it as 'function', 'Class.method' or 'name#2'.")
        return cls(tuple(found[1].split(".")), int(found[2]) if found[2] else None)


def first_line(node: ast.stmt) -> int:
    """Where a statement begins, from 1, with its decorators."""
    decorators = node.decorator_list if isinstance(node, Function | ast.ClassDef) else []
    return min([node.lineno, *(one.lineno for one in decorators)])


def functions_named(tree: ast.Module, parts: tuple[str, ...]) -> list[Found]:
    """All functions with this name, from the top of the file down."""
    found: list[Found] = []
    _collect(tree, parts, None, found)
    return sorted(found, key=lambda one: one.node.lineno)


def all_functions(tree: ast.Module) -> list[str]:
    """The names of all functions, with what they are in."""
    names: list[str] = []

    def walk(scope: Scope, before: str) -> None:
        for node, _ in _definitions(scope.body):
            if isinstance(node, Function):
                names.append(before + node.name)
            walk(node, f"{before}{node.name}.")

    walk(tree, "")
    return list(dict.fromkeys(names))


def usual(found: list[Found]) -> Found | None:
    """The one of these functions that their bare name means, if that is clear."""
    real = [one for one in found if not any(name.split(".")[-1] == "overload" for name in one.decorators)]
    if len(real) == 1:
        return real[0]
    accessors = {f"{one.node.name}.{kind}" for one in real for kind in ("getter", "setter", "deleter")}
    getters = [one for one in real if not accessors.intersection(one.decorators)]
    return getters[0] if len(getters) == 1 else None


def _collect(scope: Scope, parts: tuple[str, ...], top: ast.stmt | None, found: list[Found]) -> None:
    for statement in scope.body:
        for node, body in _definitions([statement], scope.body):
            if node.name != parts[0]:
                continue
            within = top if top is not None else statement
            if len(parts) > 1:
                _collect(node, parts[1:], within, found)
            elif isinstance(node, Function):
                found.append(Found(node, body, scope, within))


def _definitions(
    statements: list[ast.stmt], body: list[ast.stmt] | None = None
) -> Iterator[tuple[Function | ast.ClassDef, list[ast.stmt]]]:
    """Functions and classes that run with these statements, also under `if`, `try` and the like; and their lists."""
    waiting = [(statement, statements if body is None else body) for statement in reversed(statements)]
    while waiting:
        statement, body = waiting.pop()
        if isinstance(statement, Function | ast.ClassDef):
            yield statement, body
            continue
        lists = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        lists += [part.body for name in ("handlers", "cases") for part in getattr(statement, name, [])]
        for below in lists:
            waiting += [(one, below) for one in below]
