"""Puts an answered function in the place of the old one, and proves by syntax trees that nothing else changed.

The proof is what makes this safe. The same change is made to the file's syntax tree, and the new text must parse to
that tree. Of several ways to lay out the new lines the first that does so is taken; if none does, nothing is changed.
"""

import ast
import inspect
from collections.abc import Iterator
from copy import copy
from difflib import SequenceMatcher
from typing import NamedTuple

from motet.tools.edits.answers import Answer, names_used
from motet.tools.edits.change import EditError
from motet.tools.edits.helpers import Helper, helpers
from motet.tools.edits.imports import import_place, new_imports
from motet.tools.edits.indentation import indentation_of
from motet.tools.edits.layout import indented
from motet.tools.edits.parsed import Parsed
from motet.tools.edits.symbols import Found, Function, first_line, functions_named


class Splice(NamedTuple):
    """One function that is to replace another, with what it needs."""

    parts: tuple[str, ...]
    """The name, from the module down."""
    target: Found
    """The old function."""
    piece: Parsed
    """The new one, by itself."""
    beside: list[Helper]
    """New functions for the place where it stands."""
    above: list[Helper]
    """New functions, classes and constants for the module."""
    imports: list[ast.stmt]
    """New imports."""

    @property
    def anchor(self) -> int:
        """Where among its siblings new ones go: before it, and before others of its name right above it."""
        at = self.target.body.index(self.target.node)
        while at and getattr(self.target.body[at - 1], "name", None) == self.target.node.name:
            at -= 1
        return at

    @property
    def function(self) -> Function:
        """The new function."""
        node = self.piece.tree.body[0]
        assert isinstance(node, Function)
        return node

    @property
    def start(self) -> int:
        """The first line to replace: that of the decorators, if there are new ones."""
        return self.target.start if self.function.decorator_list else self.target.node.lineno


def splice(file: Parsed, parts: tuple[str, ...], target: Found, answer: Answer, found: Found) -> Parsed:
    """Replace one function; with it come the helpers and imports that it needs.

    Args:
        file: The file.
        parts: The function's name, from the module down.
        target: The function in the file.
        answer: All that the model answered.
        found: The function in it.

    Raises:
        EditError: There is no way to write it that changes nothing else.
    """
    piece = answer.code.piece(found.node)
    beside, above = helpers(answer, found, target, file.tree)
    used = names_used(piece).union(*(names_used(code) for _, code in (*beside, *above)))
    change = Splice(parts, target, piece, beside, above, new_imports(file.tree, answer.statements, used))
    expected = _expected(file, change)
    problem = EditError(f"`{target.node.name}` cannot be put in its place without a change to more than it.")
    for new in _layouts(file, change):
        try:
            written = Parsed.of("\n".join(_written(file, change, new)), "The file with the answered function in it")
        except EditError as error:
            problem = error
            continue
        if meaning(written.tree) == expected:
            return written
    raise problem


def meaning(tree: ast.Module) -> str:
    """What a module says whatever its layout: its syntax tree, with docstrings as `inspect.getdoc` gives them."""
    documented: list[tuple[ast.Expr, ast.Constant]] = []
    for node in ast.walk(tree):
        if isinstance(node, Function | ast.ClassDef) and isinstance(first := node.body[0], ast.Expr):
            text = first.value
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                documented.append((first, text))
                first.value = ast.Constant(inspect.cleandoc(text.value))
    dump = ast.dump(tree)
    for first, text in documented:
        first.value = text
    return dump


def _expected(file: Parsed, change: Splice) -> str:
    """What the changed file is to mean: the change, made to another copy of its tree."""
    tree = ast.parse(file.text)
    line = change.target.node.lineno
    twin = next(one for one in functions_named(tree, change.parts) if one.node.lineno == line)
    end, _ = import_place(file, change.target.top)
    imported = sum(1 for node in tree.body[: tree.body.index(twin.top)] if (node.end_lineno or 0) <= end)
    function = change.function
    twin.body[twin.body.index(twin.node)] = _with_decorators(function, twin.node)
    twin.body[change.anchor : change.anchor] = [code.tree.body[0] for _, code in change.beside]
    top = change.anchor if twin.body is tree.body else tree.body.index(twin.top)
    tree.body[top:top] = [code.tree.body[0] for _, code in change.above]
    tree.body[imported:imported] = change.imports
    return meaning(tree)


def _with_decorators(function: Function, old: Function) -> Function:
    """The new function; with the decorators of the old one, if it has none."""
    new = copy(function)
    new.decorator_list = function.decorator_list or old.decorator_list
    return new


def _layouts(file: Parsed, change: Splice) -> Iterator[list[str]]:
    """Ways to write the new lines, the one that touches the fewest old lines first."""
    node, start = change.target.node, change.start
    first = file.lines[start - 1]
    before = first[: len(first) - len(first.lstrip(" \t\f"))]
    units = _units(file, node, change)
    old = file.lines[start - 1 : node.end_lineno]
    alike = SequenceMatcher(None, file.dedented(node, start=start), change.piece.lines).get_matching_blocks()
    for move_docs in (True, False):
        new = indented(change.piece.lines, file.indent(node), change.piece.look, units, move_docs=move_docs)
        new[0] = before + new[0].lstrip(" \t")
        kept = list(new)
        for block in alike:
            kept[block.b : block.b + block.size] = old[block.a : block.a + block.size]
        yield kept
        yield new


def _units(file: Parsed, node: Function, change: Splice) -> tuple[str, str]:
    """What one level is indented by in the answer, and in the file."""
    new = change.piece.unit(change.function) or indentation_of(change.piece.lines) or ""
    return new, (file.unit(node) or indentation_of(file.lines) or new) if new else ""


def _written(file: Parsed, change: Splice, new: list[str]) -> list[str]:
    """The file's lines with the new ones among them. From the bottom up, so that line numbers hold."""
    lines, target = list(file.lines), change.target
    lines[change.start - 1 : target.node.end_lineno] = new
    end, below_import = import_place(file, target.top)
    beside = max(end, _above_comments(file, target.body[change.anchor]))
    above = beside if target.body is file.tree.body else max(end, _above_comments(file, target.top))
    units = _units(file, target.node, change)
    for at, indent, blank, brought in (
        (beside, file.indent(target.node), 2 if isinstance(target.scope, ast.Module) else 1, change.beside),
        (above, "", 2, change.above),
    ):
        lines[at:at] = [
            line
            for _, code in brought
            for line in [*indented(code.lines, indent, code.look, units, move_docs=True), *[""] * blank]
        ]
    imports = [ast.unparse(node) for node in change.imports]
    if imports and not below_import:
        blank = [] if end < len(lines) and not lines[end].strip() else ["", ""] if lines[end:] else []
        imports = [*([""] if end else []), *imports, *blank]
    lines[end:end] = imports
    return lines


def _above_comments(file: Parsed, node: ast.stmt) -> int:
    """The number of lines above a statement and the comments that stand right above it."""
    at = first_line(node) - 1
    while at and file.lines[at - 1].startswith(file.indent(node) + "#") and at not in file.look.frozen:
        at -= 1
    return at
