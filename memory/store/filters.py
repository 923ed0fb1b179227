"""Filters over an item's value, with the operators that LangGraph's stores have in common."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
OPERATORS = ("$eq", "$ne", *ORDERINGS)


def check_filter(wanted: Mapping[str, Any]) -> None:
    """See that a filter can be answered, before anything is read.

    Raises:
        ValueError: It has an operator that no store knows.
    """
    for condition in wanted.values():
        if isinstance(condition, Mapping):
            for name in condition:
                if name.startswith("$") and name not in OPERATORS:
                    raise ValueError(f"Unsupported operator: {name}. There are {', '.join(OPERATORS)}.")
            check_filter({name: value for name, value in condition.items() if not name.startswith("$")})


def matches(value: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> bool:
    """Whether a value has everything that a filter asks for."""
    return all(_fits(value.get(field), condition) for field, condition in (wanted or {}).items())


def _fits(found: Any, condition: Any) -> bool:
    if isinstance(condition, Mapping):
        if any(name.startswith("$") for name in condition):
            return all(_holds(found, name, operand) for name, operand in condition.items())
        return isinstance(found, Mapping) and all(_fits(found.get(name), inner) for name, inner in condition.items())
    if isinstance(condition, list | tuple):
        return (
            isinstance(found, list | tuple)
            and len(found) == len(condition)
            and all(_fits(one, other) for one, other in zip(found, condition, strict=True))
        )
    return bool(found == condition)


def _holds(found: Any, name: str, operand: Any) -> bool:
    if name == "$eq":
        return bool(found == operand)
    if name == "$ne":
        return bool(found != operand)
    # Numbers are compared with numbers and words with words; what cannot be compared does not match.
    both_numbers = isinstance(found, int | float) and isinstance(operand, int | float)
    both_words = isinstance(found, str) and isinstance(operand, str)
    return (both_numbers or both_words) and ORDERINGS[name](found, operand)
