"""Imports that an answer brings and its file lacks."""

import ast
import re
from collections.abc import Iterable

from typing_extensions import TypeIs

from motet.tools.edits.answers import names_bound
from motet.tools.edits.change import EditError
from motet.tools.edits.parsed import Parsed
from motet.tools.edits.symbols import first_line

_TOP_COMMENT = re.compile(r"#!|[ \t\f]*#.*?coding[:=]")


def new_imports(file: ast.Module, brought: Iterable[ast.stmt], used: set[str]) -> list[ast.stmt]:
    """What is to be imported beyond what the file imports, one name each, and only what is used.

    An import from `__future__` would change what the whole file means, and is left out.

    Args:
        file: The file.
        brought: The statements of the answer.
        used: Names that the new code refers to.

    Raises:
        EditError: An import would give another meaning to a name that the file uses.
    """
    there = {_key(node, alias) for node in _outside_functions(file) if _imports(node) for alias in node.names}
    bound = names_bound(file.body)
    new: dict[tuple[str, ...], ast.stmt] = {}
    for node in brought:
        if not _imports(node) or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            continue
        for alias in node.names:
            key, name = _key(node, alias), alias.asname or alias.name.split(".")[0]
            if key in there or key in new:
                continue
            text = ast.unparse(_single(node, alias))
            if alias.name == "*":
                raise EditError(f"The answer brings `{text}`, and the file does not. Import the names that you need.")
            if name not in used:
                continue
            same_package = isinstance(node, ast.Import) and alias.asname is None and _package(name, there)
            if name in bound and not same_package:
                raise EditError(
                    f"`{text}` at the top of the file would change what `{name}` means in it. Use what the file has, "
                    "or import it within the function."
                )
            if same_package and alias.name == name:
                continue
            new[key] = _single(node, alias)
    return list(new.values())


def import_place(file: Parsed, top: ast.stmt) -> tuple[int, bool]:
    """Where new imports go: below the last import before a statement, or the docstring, or at the top.

    Returns:
        The number of lines and whether the last of them is an import.
    """
    before = file.tree.body[: file.tree.body.index(top)]
    last = max((at for at, node in enumerate(before) if isinstance(node, ast.Import | ast.ImportFrom)), default=None)
    is_import = last is not None
    if last is None and before and ast.get_docstring(file.tree, clean=False) is not None:
        last = 0
    if last is not None:
        end = before[last].end_lineno or 0
        for node in before[last + 1 :]:  # what stands on the same line, behind a semicolon
            end = node.end_lineno or end if node.lineno <= end else end
        return end, is_import
    comments = 0
    while comments < first_line(file.tree.body[0]) - 1 and file.lines[comments].startswith("#"):
        comments += 1
    if comments < len(file.lines) and file.lines[comments].strip():
        comments = sum(1 for line in file.lines[: min(comments, 2)] if _TOP_COMMENT.match(line))
    return comments, False


def _imports(node: ast.AST) -> TypeIs[ast.Import | ast.ImportFrom]:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _key(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> tuple[str, ...]:
    if isinstance(node, ast.Import):
        return ("", alias.name, alias.asname or "")
    return ("." * node.level + (node.module or ""), alias.name, alias.asname or alias.name)


def _single(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.Import | ast.ImportFrom:
    if isinstance(node, ast.Import):
        return ast.Import([alias])
    return ast.ImportFrom(node.module, [alias], node.level)


def _package(name: str, there: set[tuple[str, ...]]) -> bool:
    """Whether the file has the package of this name, by `import name` or `import name.module`."""
    return any(not key[0] and not key[2] and key[1].split(".")[0] == name for key in there)


def _outside_functions(tree: ast.Module) -> list[ast.AST]:
    found, waiting = [], list[ast.AST](tree.body)
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return found
