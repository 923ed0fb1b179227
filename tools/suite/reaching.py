"""Measures with coverage.py which test came through which function. Runs in the sandbox.

The code runs in the process that measures, so code that wants to can spoil the figures. They inform; no verdict rests
on them.
"""

import ast
import os
from typing import Any

NOT_CODE = ("*/test_*.py", "*/*_test.py", "*/conftest.py")


class Reaching:
    """Coverage with a context for each test.

    Args:
        job: What the worker was told.
    """

    def __init__(self, job: dict[str, Any]) -> None:
        self._root = job["root"]
        self._functions = bool(job["reach"])
        self._lines_of = {os.path.join(self._root, path): path for path in job["lines_of"]}
        self._tests = frozenset(job["test_files"])
        self._coverage: Any = None
        self.problem: str | None = None
        try:
            import coverage
        except ImportError:
            self.problem = "Nothing was measured: the sandbox has no coverage.py; use motet's own image."
            return
        settings: dict[str, Any] = {"data_file": None, "config_file": False, "messages": False}
        if self._functions:
            settings |= {"include": [self._root + "/*"], "omit": list(NOT_CODE)}
        else:
            settings |= {"include": list(self._lines_of)}
        self._coverage = coverage.Coverage(**settings)
        self._coverage.start()

    def enter(self, test: int | str | None) -> None:
        """From here on it is this test that runs; `None`: none of them."""
        if self._functions and self._coverage is not None:
            self._coverage.switch_context("" if test is None else str(test))

    def report(self) -> dict[str, Any]:
        """What was measured: `functions` as path, symbol, first and last line, tests; and `lines` of each file."""
        if self._coverage is None:
            return {"problem": self.problem, "functions": [], "lines": {}}
        self._coverage.stop()
        data = self._coverage.get_data()
        functions: list[Any] = []
        lines: dict[str, list[int]] = {}
        for path in sorted(data.measured_files()):
            inside = os.path.relpath(path, self._root)
            if path in self._lines_of:
                lines[inside] = sorted(data.lines(path) or ())
            if self._functions and inside not in self._tests and not inside.startswith(".."):
                functions += _functions(path, inside, data.contexts_by_lineno(path))
        return {"problem": None, "functions": functions, "lines": lines}


def _functions(path: str, inside: str, contexts: dict[int, list[str]]) -> list[Any]:
    try:
        with open(path, "rb") as file:
            module = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return []
    found = []
    for symbol, node in _named(module, ""):
        body = range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
        tests = sorted({int(name) for line in body for name in contexts.get(line, ()) if name.isdecimal()})
        if tests:
            start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found.append([inside, symbol, start, node.end_lineno, tests])
    return found


def _named(node: ast.AST, prefix: str) -> Any:
    """All functions with their names within the file, also those within classes and other functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{child.name}"
            if not isinstance(child, ast.ClassDef):
                yield name, child
            yield from _named(child, f"{name}.")
        else:
            yield from _named(child, prefix)
