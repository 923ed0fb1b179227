"""Annotations as text: which plain values they allow, and what a value of their kind looks like."""

import ast
from typing import Any

_SCALARS: dict[str, type | tuple[type, ...]] = {
    "int": int,
    "float": (int, float),
    "complex": (int, float, complex),
    "str": str,
    "bytes": bytes,
    "bool": (bool, int),
    "None": type(None),
}
_SEQUENCES: dict[str, type | tuple[type, ...]] = {
    "list": list,
    "set": set,
    "frozenset": (set, frozenset),
    "Sequence": (list, tuple, str),
    "Iterable": (list, tuple, set, str, dict),
    "Collection": (list, tuple, set, str, dict),
    "deque": list,
}
_MAPPINGS = ("dict", "Mapping", "defaultdict", "Counter", "OrderedDict", "DefaultDict", "MutableMapping")
_ALIASES = {"List": "list", "Dict": "dict", "Set": "set", "FrozenSet": "frozenset", "Tuple": "tuple"}
_ANYTHING = ("Any", "object", "T", "Hashable")


def admits(annotation: str | None, value: Any) -> bool | None:
    """Whether a plain value fits an annotation; `None` where the annotation says nothing that can be checked.

    A class of the task's own, such as `ListNode`, is no plain value: an example that shows a list there uses a notation
    of its own, and so the answer is no.
    """
    tree = parse_annotation(annotation)
    return _admits(tree, value) if tree is not None else None


def parse_annotation(annotation: str | None) -> ast.expr | None:
    """The tree of an annotation, with quotes around it taken off."""
    if annotation is None:
        return None
    try:
        tree = ast.parse(annotation.strip().strip("'\""), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    return tree


def base_name(node: ast.expr) -> str:
    """The name of an annotation without its module and its brackets, in today's spelling."""
    if isinstance(node, ast.Subscript):
        node = node.value
    name = ast.unparse(node).rpartition(".")[2]
    return _ALIASES.get(name, name)


def type_arguments(node: ast.expr) -> list[ast.expr]:
    """What stands in the brackets of an annotation."""
    if not isinstance(node, ast.Subscript):
        return []
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


def alternatives(node: ast.expr) -> list[ast.expr] | None:
    """The members of a union, or `None` for any other annotation."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*(alternatives(node.left) or [node.left]), *(alternatives(node.right) or [node.right])]
    if base_name(node) == "Optional":
        return [*type_arguments(node), ast.Constant(None)]
    return type_arguments(node) if base_name(node) == "Union" else None


def _admits(node: ast.expr, value: Any) -> bool | None:
    members = alternatives(node)
    if members is not None:
        answers = [_admits(member, value) for member in members]
        return True if True in answers else None if None in answers else False
    name, inner = base_name(node), type_arguments(node)
    if name in _ANYTHING:
        return None
    if name in _SCALARS:
        return isinstance(value, _SCALARS[name]) and (name == "bool" or not isinstance(value, bool))
    if name in _SEQUENCES:
        return isinstance(value, _SEQUENCES[name]) and _all(inner, value)
    if name in _MAPPINGS:
        return isinstance(value, dict) and _all(inner[:1], value) and _all(inner[1:], value.values())
    if name == "tuple":
        return _admits_tuple(inner, value)
    if name == "Literal":
        return any(isinstance(each, ast.Constant) and each.value == value for each in inner)
    return None if name in ("Callable", "TypeVar") else False


def _admits_tuple(inner: list[ast.expr], value: Any) -> bool:
    if not isinstance(value, tuple):
        return False
    if len(inner) == 2 and isinstance(inner[1], ast.Constant) and inner[1].value is ...:
        return _all(inner[:1], value)
    return not inner or (
        len(inner) == len(value)
        and all(_admits(each, item) is not False for each, item in zip(inner, value, strict=True))
    )


def _all(inner: list[ast.expr], values: Any) -> bool:
    return not inner or all(_admits(inner[0], value) is not False for value in values)
