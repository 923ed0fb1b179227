"""Which file of a repository imports which: absolute, relative, and through what packages hand on.

Read from the import statements, nothing is run. A name that a package's `__init__` imports from a module of its own
counts as that module, so a test that says `from pkg import thing` is a test of the module that has `thing`.
"""

import ast
import os
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from motet.tools.suite.setup import SuiteSetup
from motet.tools.suite.tree import Tree

MOST_BYTES = 2_000_000
"""Larger files are generated ones; what they import is not asked."""
IMPORTS = re.compile(
    rb"^[ \t]*(?:from[ \t]+[.\w]+[ \t]+import[ \t]*(?:\((?:[^()#]|#[^\n]*)*\)|(?:[^\n\\;#(]|\\\r?\n)+)"
    rb"|import[ \t]+(?:[^\n\\;#]|\\\r?\n)+)",
    re.MULTILINE,
)
"""Import statements as they stand at the beginning of lines. To parse all of a large repository would take ten times as
long, and code that does not parse still says what it imports."""
HANDING_ON = 8
"""How many packages one name is followed through."""


class Import(NamedTuple):
    """One import statement's name: `import module` or `from module import name as alias`."""

    module: str
    name: str | None
    alias: str | None


class Graph(NamedTuple):
    """The imports within a repository."""

    imports: Mapping[str, frozenset[str]]
    """For each Python file the files of the repository that it imports."""
    importers: Mapping[str, frozenset[str]]
    """The same, the other way round."""


def import_graph(tree: Tree, setup: SuiteSetup) -> Graph:
    """Find all imports within a repository; found once for a tree."""
    key = f"import graph from {' '.join(setup.source_folders)}"
    known = tree.memory.get(key)
    if isinstance(known, Graph):
        return known
    graph = tree.memory[key] = _build(tree, setup.source_folders)
    return graph


def _build(tree: Tree, source_folders: Sequence[str]) -> Graph:
    files = [path for path in tree.paths if path.endswith(".py")]
    names = {path: tuple(_names_of(path, source_folders)) for path in files}
    modules = {name: path for path in reversed(files) for name in reversed(names[path])}
    found = {path: _imports_in(tree.read(path) or b"", _package_of(path, names[path])) for path in files}
    handed_on = {
        path: {one.alias or one.name: one for one in found[path] if one.name}
        for path in files
        if path.endswith("__init__.py")
    }
    imports = {path: frozenset(_files(found[path], path, modules, handed_on)) - {path} for path in files}
    importers: dict[str, set[str]] = {path: set() for path in files}
    for path, imported in imports.items():
        for other in imported:
            importers[other].add(path)
    return Graph(imports, {path: frozenset(others) for path, others in importers.items()})


def _names_of(path: str, source_folders: Sequence[str]) -> Iterator[str]:
    """What a file is called as a module, from each folder on the import path."""
    for folder in source_folders:
        inside = path if folder == "." else os.path.relpath(path, folder)
        if not inside.startswith(".."):
            yield inside.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _package_of(path: str, names: Sequence[str]) -> str:
    """The package that a relative import of a file starts from."""
    name = names[0] if names else path.removesuffix(".py").replace("/", ".")
    return name if path.endswith("/__init__.py") else name.rpartition(".")[0]


def _imports_in(content: bytes, package: str) -> list[Import]:
    if len(content) > MOST_BYTES or b"import" not in content:
        return []
    found = []
    for statement in IMPORTS.findall(content):
        try:
            node = ast.parse(textwrap.dedent(statement.decode("utf-8", "replace"))).body[0]
        except (SyntaxError, ValueError, RecursionError, IndexError):
            continue  # a sentence in a docstring
        if isinstance(node, ast.Import):
            found += [Import(name.name, None, name.asname) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            found += [Import(base, name.name, name.asname) for name in node.names if base]
    return found


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    base = parts[: len(parts) - (node.level - 1)]
    return ".".join([*base, *([node.module] if node.module else [])])


def _files(
    imports: Sequence[Import], path: str, modules: Mapping[str, str], handed_on: Mapping[str, Mapping[str, Import]]
) -> Iterator[str]:
    for one in imports:
        if one.name is None or one.name == "*":
            yield from _of_module(one.module, path, modules)
        else:
            yield from _of_name(one, path, modules, handed_on)


def _of_module(module: str, path: str, modules: Mapping[str, str]) -> Iterator[str]:
    if module in modules:
        yield modules[module]
    elif (beside := os.path.join(os.path.dirname(path), module.replace(".", "/"))) and "." not in module:
        # A script's own folder is on its path, and pytest puts that of a test file there.
        name = beside.replace("/", ".")
        if name in modules:
            yield modules[name]


def _of_name(
    one: Import, path: str, modules: Mapping[str, str], handed_on: Mapping[str, Mapping[str, Import]]
) -> Iterator[str]:
    for _ in range(HANDING_ON):
        if (submodule := f"{one.module}.{one.name}") in modules:
            yield modules[submodule]
            return
        files = list(_of_module(one.module, path, modules))
        if not files:
            return
        further = handed_on.get(files[0], {}).get(one.name or "")
        if further is None or further == one:
            yield files[0]
            return
        one, path = further, files[0]
