"""Values of an annotated type, where a task shows none."""

import ast
from itertools import product
from typing import Any

from motet.agents.reading.annotations import alternatives, base_name, parse_annotation, type_arguments

_SCALARS: dict[str, list[Any]] = {
    "int": [1, 0, 2, 3, 7, 10, -1],
    "float": [1.0, 0.0, 0.5, 2.75, 10.0, -1.5],
    "str": ["a", "", "ab", "Hello world", "aba", "A1 b2"],
    "bool": [True, False],
    "bytes": [b"a", b"", b"ab"],
    "None": [None],
}
_LISTS = ("list", "Sequence", "Iterable", "Collection")
_MOST = 8


def samples(annotation: str | None) -> list[Any]:
    """A few values of a type, the plainest first; none for a type that is not plain data, or not said."""
    tree = parse_annotation(annotation)
    return _samples(tree, depth=0)[:_MOST] if tree is not None else []


def _samples(node: ast.expr, depth: int) -> list[Any]:  # noqa: PLR0911 - one answer for each kind of annotation
    members = alternatives(node)
    if members is not None:
        return [value for member in members for value in _samples(member, depth)[: 4 if depth else _MOST]]
    if isinstance(node, ast.Constant) and node.value is None:
        return [None]
    name, inner = base_name(node), type_arguments(node)
    if name in _SCALARS:
        return list(_SCALARS[name])
    if depth > 3:
        return []
    if name == "tuple" and inner and not _is_open(inner):
        return [tuple(each) for each in _aligned([_samples(each, depth + 1) for each in inner])]
    if name == "Literal":
        return [each.value for each in inner if isinstance(each, ast.Constant)]
    if name in ("dict", "Mapping"):
        keys, values = (_items(inner[at : at + 1], depth) for at in (0, 1))
        pairs = list(zip(keys, values, strict=False))
        return [dict(pairs[:size]) for size in (2, 0, 1, 3) if size <= len(pairs)]
    if name in (*_LISTS, "set", "frozenset", "tuple"):
        make = {"set": set, "frozenset": frozenset, "tuple": tuple}.get(name, list)
        return [make(each) for each in _lists(_items(inner[:1], depth))] if _items(inner[:1], depth) else []
    return []


def _items(inner: list[ast.expr], depth: int) -> list[Any]:
    """Values for the items; a container that does not say what it holds is tried with integers."""
    return _samples(inner[0], depth + 1) if inner else [3, 1, 2, 2, 5]


def _lists(items: list[Any]) -> list[list[Any]]:
    return [items[:3], [], items[:1], items[:5][::-1], [*items[:2], items[0]]]


def _aligned(columns: list[list[Any]]) -> list[tuple[Any, ...]]:
    if not all(columns):
        return []
    longest = max(map(len, columns))
    rows = [tuple(column[(at + shift) % len(column)] for shift, column in enumerate(columns)) for at in range(longest)]
    return rows or list(product(*columns))


def _is_open(inner: list[ast.expr]) -> bool:
    return len(inner) == 2 and isinstance(inner[1], ast.Constant) and inner[1].value is ...
