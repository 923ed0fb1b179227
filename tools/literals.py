"""Literals: plain data from Python source, and Python source from plain data, without running anything."""

import ast
import cmath
import math
import operator
from collections.abc import Callable
from typing import Any

MAX_ITEMS = 1_000_000
MAX_BITS = 100_000


class NotLiteralError(ValueError):
    """The source is no literal: only a run can tell its value."""


def literal(source: str) -> Any:
    """The value of source that is a literal, constant arithmetic, or a builtin container of such.

    Raises:
        SyntaxError: It is no Python expression.
        NotLiteralError: It needs names that only the code under test may have.
    """
    return literal_of(ast.parse(source.strip(), mode="eval").body)


def literal_of(node: ast.expr) -> Any:
    """As `literal`, for a syntax tree."""
    try:
        return _read(node)
    except NotLiteralError:
        raise
    except (TypeError, ValueError, ArithmeticError, RecursionError, MemoryError, LookupError) as error:
        raise NotLiteralError(str(error)) from error


def _read(node: ast.expr) -> Any:  # noqa: PLR0911 - one line for each kind
    match node:
        case ast.Constant(value=value) if value is not ...:
            return value
        case ast.List(elts=items):
            return [_read(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_read(item) for item in items)
        case ast.Set(elts=items):
            return {_read(item) for item in items}
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return {_read(key): _read(value) for key, value in zip(keys, values, strict=True) if key is not None}
        case (
            ast.Name(id="nan" | "inf" as name)
            | ast.Attribute(value=ast.Name(id="math"), attr="nan" | "inf" | "pi" | "e" | "tau" as name)
        ):
            return getattr(math, name)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)](_read(operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _bounded(type(op), _read(left), _read(right))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _CALLS:
            values = [_read(argument) for argument in arguments]
            if any(isinstance(value, range) and len(value) > MAX_ITEMS for value in values):
                raise NotLiteralError("too large")
            return _CALLS[name](*values)
    raise NotLiteralError(ast.unparse(node)[:100])


def _bounded(op: type[ast.operator], left: Any, right: Any) -> Any:
    """Constant arithmetic whose result cannot be huge."""
    if op is ast.Pow:
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            raise NotLiteralError("no number")
        if isinstance(left, int) and abs(right) * max(1, left.bit_length()) > MAX_BITS:
            raise NotLiteralError("too large")
    elif op is ast.Mult:
        if any(isinstance(side, int) and side.bit_length() > MAX_BITS for side in (left, right)):
            raise NotLiteralError("too large")
        for items, times in ((left, right), (right, left)):
            if (
                isinstance(items, str | bytes | list | tuple)
                and isinstance(times, int)
                and len(items) * times > MAX_ITEMS
            ):
                raise NotLiteralError("too large")
    elif op is ast.Mod and isinstance(left, str | bytes):
        raise NotLiteralError("formats text")
    return _BINARY[op](left, right)


_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_CALLS: dict[str, Callable[..., Any]] = {
    "set": set,
    "frozenset": frozenset,
    "list": list,
    "tuple": tuple,
    "dict": dict,
    "range": range,
    "float": float,
    "complex": complex,
    "bytearray": bytearray,
}


def source_of(value: Any) -> str:  # noqa: PLR0911 - one line for each kind
    """Python source for plain data, the same for equal sets, and with no bare `nan` or `inf`."""
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f"float('{value}')"
    if isinstance(value, complex):
        return repr(value) if cmath.isfinite(value) else f"complex({source_of(value.real)}, {source_of(value.imag)})"
    if isinstance(value, int) and not isinstance(value, bool):
        return repr(value) if value.bit_length() < 10_000 else hex(value)
    if isinstance(value, list):
        return f"[{', '.join(map(source_of, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(source_of, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{source_of(key)}: {source_of(item)}' for key, item in value.items())}}}"
    if isinstance(value, set):
        return f"{{{', '.join(sorted(map(source_of, value)))}}}" if value else "set()"
    if isinstance(value, frozenset):
        return f"frozenset({source_of(set(value))})" if value else "frozenset()"
    return repr(value)
