"""Mistakes of omission: a branch, a statement, a kind of error that nobody thought of."""

import ast
import re
from collections.abc import Iterator, Sequence

from motet.tools.mutation.functions import Function, is_docstring
from motet.tools.mutation.source import Edit, Source


def branch(function: Function, source: Source) -> Iterator[Edit]:
    """Forget a branch: an `if` with what it guards, an `elif` or an `else`."""
    for block in function.blocks:
        for node in block:
            if isinstance(node, ast.If):
                yield from _without_a_branch(node, source, alone=_lines_in(block) < 2)


def statement(function: Function, source: Source) -> Iterator[Edit]:
    """Forget a statement that is there for what it does."""
    stored: dict[str, int] = {}
    for node in function.nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stored[node.id] = min(stored.get(node.id, node.lineno), node.lineno)
    parameters = {name for name, _ in function.variables} - set(stored)
    for block in function.blocks:
        for node in block:
            if _lines_in(block) > 1 and source.fills_lines(node) and _can_be_forgotten(node, stored, parameters):
                yield source.lines(node.lineno, node.end_lineno or node.lineno, "a statement was forgotten")


def exception(function: Function, source: Source) -> Iterator[Edit]:
    """Expect one kind of error less."""
    for node in function.nodes:
        if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Tuple):
            for left_out in node.type.elts:
                kept = [source.of(one) for one in node.type.elts if one is not left_out]
                names = kept[0] if len(kept) == 1 else f"({', '.join(kept)})"
                if kept and source.of(node.type).startswith("("):
                    yield source.replaced(node.type, names)


def _without_a_branch(node: ast.If, source: Source, *, alone: bool) -> Iterator[Edit]:
    word = "elif" if source.of(node).startswith("elif") else "if"
    last = node.body[-1].end_lineno or node.lineno
    following = node.orelse[0] if node.orelse else None
    if word == "elif":
        yield source.lines(node.lineno, last, "an `elif` was forgotten")
    elif following is None:
        if not alone and source.fills_lines(node):
            yield source.lines(node.lineno, last, "an `if` was forgotten")
    elif isinstance(following, ast.If) and source.of(following).startswith("elif"):
        start, end = source.span(node)[0], source.span(following)[0] + len("elif")
        yield Edit(start, end, "if", "the first branch was forgotten")
    if following is not None and not (isinstance(following, ast.If) and source.of(following).startswith("elif")):
        end = node.orelse[-1].end_lineno or following.lineno
        for line in range(last, following.lineno + 1):
            text = source.text[source.line_start(line) : source.line_start(line + 1)]
            if re.match(r"\s*else\s*:", text):
                yield source.lines(line, end, "an `else` was forgotten")


def _can_be_forgotten(node: ast.stmt, stored: dict[str, int], parameters: set[str]) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom | ast.Await)
    if isinstance(node, ast.AugAssign | ast.Continue | ast.Break | ast.Delete):
        return True
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        # A name that nothing else gives a value is missed at once; a person would see that.
        known = isinstance(target, ast.Name) and (stored[target.id] < node.lineno or target.id in parameters)
        return known or isinstance(target, ast.Attribute | ast.Subscript)
    return False


def _lines_in(block: Sequence[ast.stmt]) -> int:
    return sum(not is_docstring(one) for one in block)
