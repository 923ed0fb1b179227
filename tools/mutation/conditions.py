"""Mistakes in what is computed and compared."""

import ast
from collections.abc import Iterator

from motet.tools.mutation.functions import Function
from motet.tools.mutation.source import Edit, Source

ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.Div: ("/", "//"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "//"),
    ast.Pow: ("**", "*"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "|"),
}
COMPARISON: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", ">"),
    ast.Gt: (">", "<"),
    ast.LtE: ("<=", ">="),
    ast.GtE: (">=", "<="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
PLAIN = ast.Name | ast.Attribute | ast.Call | ast.Subscript
"""What `not` can stand before without parentheses."""


def arithmetic(function: Function, source: Source) -> Iterator[Edit]:
    """Swap an arithmetic operator, also that of an assignment such as `+=`."""
    for node in function.nodes:
        if isinstance(node, ast.BinOp) and not _is_text(node.left) and not _is_text(node.right):
            old, new = ARITHMETIC.get(type(node.op), ("", ""))
            if old:
                yield from source.between(node.left, node.right, old, new)
        elif isinstance(node, ast.AugAssign) and not _is_text(node.value) and type(node.op) in ARITHMETIC:
            old, new = ARITHMETIC[type(node.op)]
            yield from source.between(node.target, node.value, f"{old}=", f"{new}=")


def comparison(function: Function, source: Source) -> Iterator[Edit]:
    """Turn a comparison round."""
    for node in function.nodes:
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
            for left, op, right in zip(operands, node.ops, operands[1:], strict=False):
                yield from source.between(left, right, *COMPARISON[type(op)])


def boolean(function: Function, source: Source) -> Iterator[Edit]:
    """Take `and` for `or`, or the other way."""
    for node in function.nodes:
        # Of three operands and more one word alone would change what belongs together.
        if isinstance(node, ast.BoolOp) and len(node.values) == 2:
            old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            yield from source.between(node.values[0], node.values[1], old, new)


def condition(function: Function, source: Source) -> Iterator[Edit]:
    """Negate a condition. Those of `while` stay: most of their negations only hang."""
    for node in function.nodes:
        tests = [node.test] if isinstance(node, ast.If | ast.IfExp) else []
        tests += node.ifs if isinstance(node, ast.comprehension) else []
        for test in tests:
            if isinstance(test, PLAIN):
                yield source.replaced(test, f"not {source.of(test)}")
            elif isinstance(test, ast.BoolOp):
                yield source.replaced(test, f"not ({source.of(test)})")


def missing_not(function: Function, source: Source) -> Iterator[Edit]:
    """Forget a `not`."""
    for node in function.nodes:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield source.replaced(node, source.of(node).removeprefix("not").lstrip())


def _is_text(node: ast.expr) -> bool:
    """Whether an operand is a string: `"%s" % x` and `"a" + b` with another operator are no mistakes people make."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
