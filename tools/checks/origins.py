"""Where the value of an expression comes from, as a path from a module that can be walked in the sandbox."""

import ast

from motet.tools.checks.scopes import Annotated, Assigned, Augmented, Imported, Scope

CALLED = "()"
"""In a path: what calling it gives."""
CHANGED = "+="
"""In a path: the same kind of thing, unless it is a number."""
MAX_NAMES = 4
MAX_BINDINGS = 8
"""How far to follow names that were bound to the values of others; real code stays far below."""

Path = tuple[str, ...]
"""A module, then attributes and calls: `("collections", "Counter", "()", "most_common")`."""

LITERALS: dict[type[ast.expr], str] = {
    ast.List: "list",
    ast.ListComp: "list",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.Tuple: "tuple",
    ast.JoinedStr: "str",
}
CONSTANTS = (str, bytes, int, float, complex)
TYPES = {"List": "list", "Dict": "dict", "Set": "set", "Tuple": "tuple"} | {
    name: name for name in ("str", "bytes", "list", "dict", "set", "tuple")
}
"""Annotations that mean one builtin type. `int` and `float` are left out: either may stand for other numbers."""


def origins(node: ast.expr, scope: Scope, names: tuple[str, ...] = ()) -> tuple[Path, ...]:
    """The paths by which the value may have come here, all of them; none where one of them is not known.

    Args:
        node: The expression.
        scope: Where it stands.
        names: The names that led here.
    """
    match node:
        case ast.Constant(value=value) if isinstance(value, CONSTANTS):
            return (("builtins", type(value).__name__, CALLED),)
        case ast.Name(id=name):
            return _of_name(name, scope, names)
        case ast.Attribute(value=value, attr=name):
            return tuple((*path, name) for path in origins(value, scope, names))
        case ast.Call(func=function):
            return tuple((*path, CALLED) for path in origins(function, scope, names))
    if type(node) in LITERALS:
        return (("builtins", LITERALS[type(node)], CALLED),)
    return ()


def annotated(node: ast.expr, scope: Scope) -> tuple[Path, ...]:
    """As `origins`, for a parameter whose annotation is one builtin type; whoever calls may give something else."""
    bindings = scope.find(node.id) if isinstance(node, ast.Name) else None
    if not bindings or len(bindings) != 1 or not isinstance(bindings[0], Annotated):
        return ()
    annotation = bindings[0].annotation
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    if isinstance(annotation, ast.Name) and annotation.id in TYPES:
        return (("builtins", TYPES[annotation.id], CALLED),)
    return ()


def _of_name(name: str, scope: Scope, names: tuple[str, ...]) -> tuple[Path, ...]:
    bindings = scope.find(name)
    if bindings is None:
        return (("builtins", name),)
    if name in names or len(names) >= MAX_NAMES or len(bindings) > MAX_BINDINGS:
        return ()
    paths: dict[Path, None] = {}
    is_changed = False
    for binding in bindings:
        match binding:
            case Imported(origin=origin):
                found: tuple[Path, ...] = (origin,)
            case Assigned(value=value, scope=where):
                found = origins(value, where, (*names, name))
            case Augmented():
                is_changed = True
                continue
            case _:
                found = ()
        if not found:
            return ()
        paths |= dict.fromkeys(found)
    return tuple((*path, CHANGED) if is_changed else path for path in paths)
