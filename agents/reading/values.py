"""Values as tasks write them: Python literals, a little JSON, arithmetic on numbers. Nothing is run as code."""

import ast
import contextlib
import math
import operator
import warnings
from collections.abc import Callable
from typing import Any

Literal = Any
"""A value made of plain data."""

LOOSE_NAMES = {"true": True, "false": False, "null": None, "none": None, "TRUE": True, "FALSE": False, "NULL": None}
"""Spellings from other languages whose meaning nobody doubts."""

_TYPOGRAPHIC_DOUBLE = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2212": "-", "\u00a0": " ", "\u200b": " "})
_TYPOGRAPHIC = _TYPOGRAPHIC_DOUBLE | str.maketrans({"\u2018": "'", "\u2019": "'"})
_EMPTY_MAKERS: dict[str, Callable[[], Literal]] = {
    "set": set, "frozenset": frozenset, "dict": dict, "list": list, "tuple": tuple,
}  # fmt: skip
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_LARGEST_EXPONENT = 400
_LARGEST_NUMBER = 10**1000
_DEEPEST = 100


class NotAValue(ValueError):
    """The text or tree is not plain data."""


def plain(text: str) -> str:
    """The text with typographic quotes and minus signs as Python writes them; lengths and places stay the same."""
    return text.translate(_TYPOGRAPHIC)


def readings(text: str) -> tuple[str, ...]:
    """The text as it stands, then with typographic quotes as Python's, double ones first: they may also be data."""
    return tuple(dict.fromkeys((text, text.translate(_TYPOGRAPHIC_DOUBLE), plain(text))))


def evaluate(node: ast.expr) -> Literal:  # noqa: PLR0911 - one answer for each kind of node
    """The value of a tree of literals.

    Raises:
        NotAValue: The tree holds anything but literals and arithmetic on numbers.
    """
    match node:
        case ast.Constant(value=value) if value is not ...:
            return value
        case ast.Name(id=name) if name in LOOSE_NAMES:
            return LOOSE_NAMES[name]
        case ast.List(elts=items):
            return [evaluate(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(evaluate(item) for item in items)
        case ast.Set(elts=items):
            return _hashed(lambda: {evaluate(item) for item in items})
        case ast.Dict(keys=keys, values=values):
            if any(key is None for key in keys):
                raise NotAValue("a dict that unpacks another")
            pairs = [(evaluate(key), evaluate(value)) for key, value in zip(keys, values, strict=True) if key]
            return _hashed(lambda: dict(pairs))
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            return _number(evaluate(operand)) * (-1 if isinstance(sign, ast.USub) else 1)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _arithmetic(op, _number(evaluate(left)), _number(evaluate(right)))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _EMPTY_MAKERS or name == "float":
            return _made(name, [evaluate(argument) for argument in args])
    raise NotAValue(ast.dump(node)[:80])


def read_value(text: str) -> Literal:
    """The value that a piece of text spells.

    Raises:
        NotAValue: It spells none, or more than one reading is possible.
    """
    return evaluate(parse_expression(text))


def parse_expression(text: str) -> ast.expr:
    """The tree of one expression.

    Raises:
        NotAValue: The text is not one.
    """
    for reading in readings(text):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError), warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(reading.strip(), mode="eval").body
            if is_shallow(tree):
                return tree
    raise NotAValue(text[:80])


def is_shallow(tree: ast.AST) -> bool:
    """Whether what walks the tree by recursion will come back; nobody nests so deep by hand."""
    level: list[ast.AST] = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return True
    return False


def source(value: Literal) -> str:
    """Python source that gives the value, for values made by `evaluate`."""
    match value:
        case float() if not math.isfinite(value):
            return f"float({str(value)!r})"
        case list():
            return f"[{', '.join(map(source, value))}]"
        case tuple():
            return f"({', '.join(map(source, value))}{',' if len(value) == 1 else ''})"
        case dict():
            return "{" + ", ".join(f"{source(key)}: {source(item)}" for key, item in value.items()) + "}"
        case set() if value:
            return "{" + ", ".join(sorted(map(source, value))) + "}"
        case frozenset():
            return f"frozenset({source(set(value)) if value else ''})"
    return repr(value)


def _number(value: Literal) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | complex):
        raise NotAValue(f"arithmetic on {value!r}")
    return value


def _arithmetic(op: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(op, ast.Pow) and (abs(right) > _LARGEST_EXPONENT or abs(left) > 10**9):
        raise NotAValue("a power too large to compute")
    try:
        value = _BINARY[type(op)](left, right)
    except (ArithmeticError, TypeError) as error:
        raise NotAValue(str(error)) from error
    if isinstance(value, int) and abs(value) > _LARGEST_NUMBER:
        raise NotAValue("a number too large to show")
    return value


def _made(name: str, arguments: list[Literal]) -> Literal:
    if name == "float":
        if len(arguments) == 1 and str(arguments[0]).strip("+-").lower() in ("inf", "infinity", "nan"):
            return float(arguments[0])
        raise NotAValue("a conversion")
    if len(arguments) > 1 or (arguments and not isinstance(arguments[0], list | tuple | set | frozenset | dict)):
        raise NotAValue(f"{name}() of something else than a collection")
    return _hashed(lambda: _EMPTY_MAKERS[name](*arguments))


def _hashed(make: Callable[[], Literal]) -> Literal:
    try:
        return make()
    except (TypeError, ValueError) as error:
        raise NotAValue(str(error)) from error
