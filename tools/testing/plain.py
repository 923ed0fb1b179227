"""Plain data on the host: read from the worker's JSON, and compared."""

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from motet.tools.literals import source_of


def decode(data: Any) -> Any:
    """Make a value from what `encoding.encode` gave.

    Raises:
        ValueError: It is not that. A worker may send anything.
    """
    if data is None or isinstance(data, bool | str):
        return data
    try:
        kind, *parts = data
        return _DECODERS[kind](*parts)
    except (TypeError, KeyError, ValueError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"no value: {str(data)[:100]}") from error


_DECODERS: dict[str, Callable[..., Any]] = {
    "int": lambda digits: int(digits, 16),
    "float": float,
    "complex": lambda real, imaginary: complex(float(real), float(imaginary)),
    "bytes": bytes.fromhex,
    "list": lambda items: [decode(item) for item in items],
    "tuple": lambda items: tuple(decode(item) for item in items),
    "set": lambda items: {decode(item) for item in items},
    "frozenset": lambda items: frozenset(decode(item) for item in items),
    "dict": lambda pairs: {decode(key): decode(value) for key, value in pairs},
    "range": lambda bounds: range(*(decode(bound) for bound in bounds)),
    "decimal": Decimal,
    "fraction": Fraction,
}


def same(actual: Any, expected: Any) -> bool:
    """Whether a value is the expected one: `==`, but floats may differ by rounding noise, and nan is nan.

    An example of a task is written by hand, or shows digits of another machine: summing in another order must not fail
    it, so two floats may differ by 1e-9 of their size. A value that is only *written* rounded, such as 3.33 for 10/3,
    is not accepted: the task may have asked for the rounding. Integers are exact, and so are keys and members of sets.
    """
    if isinstance(actual, float) and isinstance(expected, float):
        both_nan = math.isnan(actual) and math.isnan(expected)
        return both_nan or math.isclose(actual, expected, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(actual, complex) and isinstance(expected, complex):
        return same(actual.real, expected.real) and same(actual.imag, expected.imag)
    for kind in (list, tuple):
        if isinstance(actual, kind) and isinstance(expected, kind):
            return len(actual) == len(expected) and all(map(same, actual, expected))
    if isinstance(actual, dict) and isinstance(expected, dict) and len(actual) == len(expected):
        if actual.keys() == expected.keys():
            return all(same(actual[key], expected[key]) for key in actual)
        # A nan among the keys is equal to none; its source is, and then the order has to do.
        return [*map(source_of, actual)] == [*map(source_of, expected)] and all(
            map(same, actual.values(), expected.values())
        )
    if isinstance(actual, set | frozenset) and isinstance(expected, set | frozenset) and actual != expected:
        return {*map(source_of, actual)} == {*map(source_of, expected)}
    return bool(actual == expected)
