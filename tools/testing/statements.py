"""Takes asserts apart, so that the host decides what it can.

`assert f(2) == 4` becomes: run `f(2)` in the worker, compare with 4 here. The worker, where the code under test can do
as it likes, neither sees the 4 nor decides. Asserts within loops and functions stay whole, but are rewritten to compare
with some suspicion and to show both sides.
"""

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from motet.tools.literals import NotLiteralError, literal_of, source_of

Step = tuple[str, str]
"""`exec` or `eval`, and source."""


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a literal, or the value that a step gave."""

    literal: Any = None
    step: int | None = None
    """Counts the `eval` steps only."""

    def value(self, observed: list[Any]) -> Any:
        """Its value, now that the steps have run."""
        return self.literal if self.step is None else observed[self.step]


@dataclass(frozen=True)
class Check:
    """What the host has to see in the values."""

    left: Side
    symbol: str
    right: Side
    note: str

    def failure(self, observed: list[Any]) -> str | None:
        """Why it does not hold, or `None` where it does.

        Raises:
            Exception: Whatever the comparison of plain data can raise.
        """
        left, right = self.left.value(observed), self.right.value(observed)
        if self.symbol in ("truth", "falsity"):
            return (
                None if bool(left) == (self.symbol == "truth") else f"{self.note}{source_of(left)} is not as asserted"
            )
        if _OPERATORS[self.symbol](left, right):
            return None
        return f"{self.note}{source_of(left)} {self.symbol} {source_of(right)} is not so"


@dataclass(frozen=True)
class Parts:
    """A statement case, taken apart."""

    steps: list[Step]
    checks: list[Check]
    asserts_inside: bool
    """Whether the worker decides about some assert."""


def take_apart(source: str) -> Parts:
    """Split statements into steps for the worker and checks for the host.

    Raises:
        SyntaxError: It is no Python.
    """
    steps: list[Step] = []
    checks: list[Check] = []
    inside = False
    for statement in _flat(ast.parse(source).body):
        found = _check(statement, steps) if isinstance(statement, ast.Assert) else None
        if found is not None:
            checks.append(found)
        else:
            inside = inside or any(isinstance(node, ast.Assert) for node in ast.walk(statement))
            steps.append(("exec", _rewritten([statement])))
    return Parts(steps, checks, inside)


def whole(source: str) -> str:
    """The statements as they are but for suspicion: for values that only their own process can compare."""
    return _rewritten(_flat(ast.parse(source).body))


def _flat(body: list[ast.stmt]) -> list[ast.stmt]:
    """`assert a and b` asserts a, then b."""
    flat: list[ast.stmt] = []
    for statement in body:
        match statement:
            case ast.Assert(test=ast.BoolOp(op=ast.And(), values=values), msg=message):
                flat += _flat([ast.Assert(test=value, msg=message) for value in values])
            case _:
                flat.append(statement)
    return flat


def _check(statement: ast.Assert, steps: list[Step]) -> Check | None:
    note = ""
    if statement.msg is not None:
        if not isinstance(statement.msg, ast.Constant):
            return None  # its message has to be made where its names are
        note = f"{statement.msg.value}: "
    match statement.test:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _SYMBOLS:
            if isinstance(op, ast.Is | ast.IsNot) and not (
                isinstance(right, ast.Constant) and (right.value is None or isinstance(right.value, bool))
            ):
                return None
            return Check(_side(left, steps), _SYMBOLS[type(op)], _side(right, steps), note)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Check(_side(operand, steps), "falsity", Side(), note)
        case ast.Compare() | ast.BoolOp():
            return None
        case test:
            return Check(_side(test, steps), "truth", Side(), note)


def _side(node: ast.expr, steps: list[Step]) -> Side:
    try:
        return Side(literal=literal_of(node))
    except NotLiteralError:
        steps.append(("eval", ast.unparse(node)))
        return Side(step=sum(kind == "eval" for kind, _ in steps) - 1)


class _Rewriter(ast.NodeTransformer):
    """Has each side of an assert evaluated once, compared, and shown if it fails."""

    def visit_Assert(self, node: ast.Assert) -> ast.AST | list[ast.stmt]:
        match node.test:
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _SYMBOLS:
                names = [ast.Name(f"_motet_{side}", ast.Load()) for side in ("left", "right")]
                test: ast.expr = ast.Compare(names[0], [op], [names[1]])
                if isinstance(op, ast.Eq):
                    trusted = ast.Call(ast.Name("_motet_credible", ast.Load()), list(names), [])
                    test = ast.BoolOp(ast.And(), [test, trusted])
                shown = [names[0], ast.Constant(_SYMBOLS[type(op)]), names[1], *([node.msg] if node.msg else [])]
                message = ast.Call(ast.Name("_motet_explain", ast.Load()), shown, [])
                return [
                    ast.Assign([ast.Name("_motet_left", ast.Store())], left),
                    ast.Assign([ast.Name("_motet_right", ast.Store())], right),
                    ast.Assert(test, message),
                ]
        return node if node.msg else ast.Assert(node.test, ast.Constant(f"{ast.unparse(node.test)} is not so"))


def _rewritten(body: list[ast.stmt]) -> str:
    tree = _Rewriter().visit(ast.Module(body=body, type_ignores=[]))
    return ast.unparse(ast.fix_missing_locations(tree))


_SYMBOLS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
    "is": operator.is_,
    "is not": operator.is_not,
}
