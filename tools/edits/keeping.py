"""Keeps of a function what a rewritten one means just the same: its comments, its docstring, its way of writing things.

A model that answers with a whole function drops comments and quotes strings in its own way. A reviewer wants to see
what has changed, and nothing else.
"""

import ast
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from motet.tools.edits.change import EditError
from motet.tools.edits.functions import function_source

Function = ast.FunctionDef | ast.AsyncFunctionDef
Compound = ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | Function | ast.ClassDef


def keep_layout(old: str, new: str) -> str:
    """Write a function's new version in the words of its old one, wherever both say the same.

    Args:
        old: The function as it was.
        new: As it is to be, with the same indentation.

    Returns:
        Code with the meaning of `new` and the docstring of `old`; `new` itself where that cannot be done line by line.
    """
    try:
        before, after = ast.parse(old).body, ast.parse(new).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return new
    if len(before) != 1 or len(after) != 1 or not _alike(before[0], after[0]):
        return new
    one, other = _Text(old), _Text(new)
    try:
        lines = [*_statement(one, other, before[0], after[0])]
        kept = "\n".join(lines) + ("\n" if new.endswith("\n") else "")
        told = ast.parse(kept)
    except (_NotByLines, SyntaxError, ValueError, RecursionError):
        return new
    return kept if _meaning(told.body[0]) == _meaning(after[0]) else new


def keep_layout_in(before: str, after: str, symbol: str) -> str:
    """A file in which a function was replaced, with as much of the old one's layout as possible.

    Args:
        before: The file as it was.
        after: The file with the function's new version.
        symbol: The function.
    """
    try:
        old, new = function_source(before, symbol), function_source(after, symbol)
    except EditError:
        return after
    kept = keep_layout(old.text, new.text)
    lines = after.split("\n")
    told = [f"{new.indent}{line}" if line.strip() else line for line in kept.removesuffix("\n").split("\n")]
    whole = "\n".join([*lines[: new.start_line - 1], *told, *lines[new.end_line :]])
    try:
        # Text in several lines would change by the indentation.
        again = function_source(whole, symbol)
        return whole if _meaning(ast.parse(again.text).body[0]) == _meaning(ast.parse(new.text).body[0]) else after
    except (EditError, SyntaxError):
        return after


class _NotByLines(Exception):
    """Statements share a line, so that lines cannot be taken from here or there."""


class _Text:
    """A function's lines."""

    def __init__(self, text: str) -> None:
        self.lines = text.removesuffix("\n").split("\n")

    def between(self, first: int, last: int) -> list[str]:
        return self.lines[first - 1 : last]


def _statement(old: _Text, new: _Text, before: ast.stmt, after: ast.stmt) -> Iterator[str]:
    """A statement with others in it: its head, then its body merged."""
    assert isinstance(before, Compound)
    assert isinstance(after, Compound)
    same_head = _head(before) == _head(after)
    text, node = (old, before) if same_head else (new, after)
    yield from text.between(_start(node), _first_line(text, node, node.body) - 1)
    yield from _block(old, new, before.body, after.body, (_last_of_head(old, before), _last_of_head(new, after)))
    rest = [getattr(one, "orelse", None) for one in (before, after)]
    if rest[1]:
        if not rest[0] or isinstance(after, Function | ast.ClassDef):
            yield from new.between((after.body[-1].end_lineno or 0) + 1, after.end_lineno or 0)
        elif ast.dump(ast.Module(rest[0], [])) == ast.dump(ast.Module(rest[1], [])):
            yield from old.between((before.body[-1].end_lineno or 0) + 1, before.end_lineno or 0)
        else:
            yield from new.between((after.body[-1].end_lineno or 0) + 1, after.end_lineno or 0)


def _block(
    old: _Text, new: _Text, before: Sequence[ast.stmt], after: Sequence[ast.stmt], ends: tuple[int, int]
) -> Iterator[str]:
    """A list of statements: those that are the same in the old words, with the comments above them."""
    above, below = _spans(before, ends[0]), _spans(after, ends[1])
    if _is_docstring(before[0]):
        yield from old.between(*above[0])
        before, above = before[1:], above[1:]
        if _is_docstring(after[0]):
            after, below = after[1:], below[1:]
    same = SequenceMatcher(None, [ast.dump(one) for one in before], [ast.dump(one) for one in after], autojunk=False)
    for what, i, j, k, m in same.get_opcodes():
        if what == "equal":
            for at in range(i, j):
                yield from old.between(*above[at])
        elif what == "replace" and j - i == m - k:
            for at, to in zip(range(i, j), range(k, m), strict=True):
                if _alike(before[at], after[to]):
                    yield from old.between(above[at][0], _start(before[at]) - 1)
                    yield from _statement(old, new, before[at], after[to])
                else:
                    yield from _commented(old, new, above[at], below[to], (_start(before[at]), _start(after[to])))
        elif what != "delete":
            for to in range(k, m):
                yield from new.between(*below[to])


def _commented(
    old: _Text, new: _Text, above: tuple[int, int], below: tuple[int, int], starts: tuple[int, int]
) -> Iterator[str]:
    """A changed statement, below the comments that it had, if it has none of its own."""
    own = new.between(below[0], starts[1] - 1)
    yield from own if any(line.strip() for line in own) else old.between(above[0], starts[0] - 1)
    yield from new.between(starts[1], below[1])


def _spans(body: Sequence[ast.stmt], end: int) -> list[tuple[int, int]]:
    """The lines of each statement, with what stands between it and the one before."""
    spans = []
    for one in body:
        last = one.end_lineno or 0
        if _start(one) <= end:
            raise _NotByLines
        spans.append((end + 1, last))
        end = last
    return spans


def _start(node: ast.stmt) -> int:
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])


def _last_of_head(text: _Text, node: Compound) -> int:
    """The line before a body begins, comments above its first statement counted to the body."""
    return _first_line(text, node, node.body) - 1


def _first_line(text: _Text, node: Compound, body: Sequence[ast.stmt]) -> int:
    first = _start(body[0])
    if first <= node.lineno:
        raise _NotByLines
    while first - 1 > node.lineno and text.lines[first - 2].lstrip()[:1] in ("", "#"):
        first -= 1
    return first


def _alike(before: ast.stmt, after: ast.stmt) -> bool:
    """Whether two statements can be merged: of one kind, with a body, and no handlers or cases besides."""
    if not isinstance(before, Compound) or type(before) is not type(after):
        return False
    return getattr(before, "name", None) == getattr(after, "name", None)


def _head(node: ast.stmt) -> str:
    fields = {name: value for name, value in ast.iter_fields(node) if name not in ("body", "orelse")}
    return repr([(name, _dumped(value)) for name, value in fields.items()])


def _dumped(value: object) -> object:
    if isinstance(value, list):
        return [_dumped(one) for one in value]
    return ast.dump(value) if isinstance(value, ast.AST) else value


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _meaning(node: ast.stmt) -> str:
    """What a function does: its tree without docstrings."""
    copy = ast.parse(ast.unparse(node))
    for one in ast.walk(copy):
        if isinstance(one, Function | ast.ClassDef) and _is_docstring(one.body[0]):
            one.body = one.body[1:] or [ast.Pass()]
    return ast.dump(copy)
