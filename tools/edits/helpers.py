"""What an answer brings along: functions, classes and constants that its function uses and the file lacks."""

import ast
from collections.abc import Iterable

from motet.tools.edits.answers import Answer, names_bound, names_used
from motet.tools.edits.parsed import Parsed
from motet.tools.edits.symbols import Found, Function

Helper = tuple[ast.stmt, Parsed]
"""What it is in the answer, and the same by itself."""


def helpers(answer: Answer, found: Found, target: Found, file: ast.Module) -> tuple[list[Helper], list[Helper]]:
    """Sort what comes along: what goes before the function beside it, and what goes to the top of the module.

    Args:
        answer: All that the model answered.
        found: The function in it.
        target: The function in the file that it replaces.
        file: The file.

    Raises:
        EditError: One of them cannot stand by itself.
    """
    in_class = isinstance(target.scope, ast.ClassDef)
    beside = [node for node in found.body if not isinstance(found.scope, ast.Module) or not in_class or _method(node)]
    if isinstance(found.scope, Function):
        beside = [node for node in beside if isinstance(node, Function)]
    above = [node for node in answer.statements if node not in beside and node is not found.top]
    module = names_bound(file.body)
    used = names_used(answer.code.piece(found.node))
    there = names_bound(target.scope.body) | (set() if in_class else module)
    kept_beside = _used(answer.code, beside, there | {found.node.name}, used)
    kept_above = _used(answer.code, above, module, used)
    return kept_beside, kept_above


def _used(code: Parsed, nodes: Iterable[ast.stmt], there: set[str], used: set[str]) -> list[Helper]:
    """Those that are new and that are used, or that another of them uses; in their order. Adds what they use."""
    waiting = {name: node for node in nodes if (name := _name(node)) is not None and name not in there}
    kept: list[Helper] = []
    while named := [name for name in waiting if name in used]:
        for name in named:
            node = waiting.pop(name)
            kept.append((node, code.piece(node)))
            used |= names_used(kept[-1][1])
    return sorted(kept, key=lambda helper: helper[0].lineno)


def _name(node: ast.stmt) -> str | None:
    """The one name that a statement defines, if that is all it does."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return name
    return None


def _method(node: ast.stmt) -> bool:
    """Whether a function that stands alone was meant for a class."""
    if not isinstance(node, Function):
        return False
    first = [*node.args.posonlyargs, *node.args.args][:1]
    decorators = {one.id for one in node.decorator_list if isinstance(one, ast.Name)}
    return any(one.arg in ("self", "cls") for one in first) or bool(
        decorators & {"staticmethod", "classmethod", "property"}
    )
