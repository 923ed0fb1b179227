"""Cuts tests out of test files, so that the team has to find the mistake from the issue."""

import ast
from collections.abc import Collection, Iterator

from motet.tools.mutation.source import Source
from motet.tools.source import parse_python


def test_name(node_id: str) -> str:
    """The test function of a node id: `a.py::T::test_x[1]` is a case of `a.py::T::test_x`."""
    return node_id.split("[", 1)[0]


def find_test(text: str, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The definition of a test in a file, named `T::test_x` within it; `None` where it stands elsewhere."""
    tree = parse_python(text)
    found = _tests(tree.body, "") if tree is not None else ()
    return next((node for one, node, _ in found if one == name), None)


def without_tests(text: str, names: Collection[str]) -> str:
    """A test file without some of its tests; everything else stays as it stands.

    Args:
        text: The file.
        names: The tests as they are named within it, such as `TestX::test_y`.
    """
    tree = parse_python(text)
    if tree is None:
        return text
    source = Source(text)
    cut: list[tuple[int, int, str]] = []
    for name, node, siblings in _tests(tree.body, ""):
        if name in names:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            rest = [one for one in siblings if f"{_class_of(name)}{getattr(one, 'name', '')}" not in names]
            kept = "" if rest else f"{' ' * node.col_offset}pass\n"
            cut.append((source.line_start(first), source.line_start((node.end_lineno or first) + 1), kept))
    for start, end, kept in sorted(cut, reverse=True):
        text = text[:start] + kept + text[end:]
    return text


def _class_of(name: str) -> str:
    return f"{name.rpartition('::')[0]}::" if "::" in name else ""


def _tests(
    body: list[ast.stmt], prefix: str
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef, list[ast.stmt]]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{node.name}", node, body
        elif isinstance(node, ast.ClassDef):
            yield from _tests(node.body, f"{prefix}{node.name}::")
