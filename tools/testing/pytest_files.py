"""What a pytest file says it holds, read without running it."""

import ast
from pathlib import PurePosixPath


def names_of_tests(path: str, text: str) -> list[str]:
    """The node ids of the tests that stand in a file; parametrised ones without their parameters.

    Raises:
        SyntaxError: It is no Python.
    """
    names: list[str] = []
    for node in ast.parse(text).body:
        names += _names_in(node, path)
    return list(dict.fromkeys(names))


def is_test_file(path: str) -> bool:
    """Whether pytest would collect the file on its own."""
    name = PurePosixPath(path).name
    return name.endswith("_test.py") or (name.startswith("test_") and name.endswith(".py"))


def text_of(content: str | bytes) -> str:
    """A file of `Files` as text."""
    return content if isinstance(content, str) else content.decode("utf-8", "replace")


def _names_in(node: ast.stmt, prefix: str) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name.startswith("test"):
            return [] if _is_fixture(node) else [f"{prefix}::{name}"]
        case ast.ClassDef(name=name, body=body) if _is_test_class(node):
            return [test for member in body for test in _names_in(member, f"{prefix}::{name}")]
    return []


def _is_test_class(node: ast.ClassDef) -> bool:
    if any(ast.unparse(base).endswith("TestCase") for base in node.bases):
        return True
    switched_off = any(ast.unparse(member) in ("__test__ = False", "__test__: bool = False") for member in node.body)
    has_init = any(isinstance(member, ast.FunctionDef) and member.name == "__init__" for member in node.body)
    return node.name.startswith("Test") and not switched_off and not has_init


def _is_fixture(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list)
