"""Mistakes by one."""

import ast
from collections.abc import Iterator

from motet.tools.mutation.functions import Function
from motet.tools.mutation.source import Edit, Source

BOUNDARY: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
}


def off_by_one(function: Function, source: Source) -> Iterator[Edit]:
    """Miss a boundary of a comparison, a range, a slice or an index by one."""
    for node in function.nodes:
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
            for left, op, right in zip(operands, node.ops, operands[1:], strict=False):
                if type(op) in BOUNDARY:
                    yield from source.between(left, right, *BOUNDARY[type(op)])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
            if node.args and not any(isinstance(one, ast.Starred) for one in node.args):
                yield from _moved(node.args[0 if len(node.args) == 1 else 1], source)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            for bound in (node.slice.lower, node.slice.upper):
                if bound is not None:
                    yield from _moved(bound, source)
        elif isinstance(node, ast.Subscript) and _integer(node.slice) is not None:
            yield from _moved(node.slice, source)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub) and _integer(node.right) == 1:
            start, gap = source.gap(node.left, node.right)
            if not any(one in gap for one in "()"):
                yield Edit(start, source.span(node.right)[1], "", f"`{gap.strip()} 1` was forgotten")


def _moved(node: ast.expr, source: Source) -> Iterator[Edit]:
    value = _integer(node)
    if value is not None:
        # -1 is the last, and the mistake for it is the first.
        yield source.replaced(node, str({0: 1, 1: 0, -1: 0}.get(value, value - 1)))
    elif isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        yield source.replaced(node, f"{source.of(node)} - 1")
        yield source.replaced(node, f"{source.of(node)} + 1")


def _integer(node: ast.expr) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _integer(node.operand)
        return None if value is None else -value
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None
