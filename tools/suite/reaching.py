"""Finds out which test comes through which function. Runs in the sandbox; standard library only.

Python tells a trace function of every call, and of lines only in the files whose lines were asked for. Coverage.py with
a context for each test knows more, and made tests of networkx five times as slow. Here a test that only repeats what it
has called before is soon listened to no more.

The code runs in the process that measures, so code that wants to can spoil the figures. They inform; no verdict rests
on them.
"""

import ast
import os
import sys
import threading
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

Trace = Callable[[FrameType, str, Any], Any]
QUIET_CALLS = 50_000
"""How many calls without a function that is new to the test are listened to; what is new thereafter is missed."""
Span = tuple[int, int, str]
"""First and last line of a function, decorators included, and its name within the file."""


class Reaching:
    """Listens to calls while a test runs.

    Args:
        job: What the worker was told.
    """

    def __init__(self, job: dict[str, Any]) -> None:
        self._root = job["root"] + os.sep
        self._functions = bool(job["reach"])
        self._not_code = frozenset(job["test_files"])
        self._lines: dict[str, set[int]] = {self._root + path: set() for path in job["lines_of"]}
        self._codes: dict[int, CodeType] = {}
        self._tests: dict[int, list[int | str]] = {}
        self._current: set[int] = set()
        self._test: int | str | None = None
        self._trace = self._listener()
        if self._lines:
            # Lines of modules run when they are loaded, which is before the first test.
            self._listen()

    def enter(self, test: int | str | None) -> None:
        """From here on it is this test that runs; `None`: none of them."""
        if self._test is not None:
            for code in self._current:
                self._tests.setdefault(code, []).append(self._test)
        self._current.clear()
        self._test = test
        if test is not None or self._lines:
            self._listen()
        else:
            sys.settrace(None)

    def report(self) -> dict[str, Any]:
        """What was measured: `functions` as path, symbol, first and last line, tests; and `lines` of each file."""
        self.enter(None)
        sys.settrace(None)
        found: dict[tuple[str, str, int, int], set[int | str]] = {}
        spans: dict[str, list[Span]] = {}
        for number, tests in self._tests.items() if self._functions else ():
            code = self._codes[number]
            path = code.co_filename.removeprefix(self._root)
            if path == code.co_filename or path in self._not_code:
                continue
            if path not in spans:
                spans[path] = _spans_of(code.co_filename)
            span = _innermost(spans[path], code.co_firstlineno)
            if span is not None and code.co_name != "<module>":
                found.setdefault((path, span[2], span[0], span[1]), set()).update(tests)
        functions = [[*place, sorted(tests, key=str)] for place, tests in sorted(found.items())]
        lines = {path.removeprefix(self._root): sorted(lines) for path, lines in self._lines.items() if lines}
        return {"functions": functions, "lines": lines}

    def _listen(self) -> None:
        threading.settrace(self._trace)
        sys.settrace(self._trace)

    def _listener(self) -> Trace:
        """The trace function. It is called for every call in the process, so it has all it needs at hand."""
        current, codes, lines = self._current, self._codes, self._lines
        most = sys.maxsize if lines else QUIET_CALLS
        quiet = 0

        def in_line(frame: FrameType, event: str, _argument: Any) -> Trace:
            if event == "line":
                lines[frame.f_code.co_filename].add(frame.f_lineno)
            return in_line

        def in_call(frame: FrameType, _event: str, _argument: Any) -> Trace | None:
            nonlocal quiet
            code = frame.f_code
            number = id(code)
            if number not in current:
                quiet = 0
                current.add(number)
                codes[number] = code  # held, so that no other gets its number
            elif (quiet := quiet + 1) > most:
                sys.settrace(None)
            return in_line if lines and code.co_filename in lines else None

        return in_call


def _spans_of(path: str) -> list[Span]:
    try:
        with open(path, "rb") as file:
            return list(_named(ast.parse(file.read()), ""))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return []


def _named(node: ast.AST, prefix: str) -> Iterator[Span]:
    """All functions of a file, also those within classes and other functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{child.name}"
            if not isinstance(child, ast.ClassDef):
                start = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
                yield start, child.end_lineno or child.lineno, name
            yield from _named(child, f"{name}.")
        else:
            yield from _named(child, prefix)


def _innermost(spans: list[Span], line: int) -> Span | None:
    """The function in which a piece of code begins: its own, or for a lambda the one around it."""
    around = [span for span in spans if span[0] <= line <= span[1]]
    return max(around, key=lambda span: (span[0], -span[1])) if around else None
