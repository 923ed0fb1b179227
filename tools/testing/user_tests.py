"""The tests that a user has: a pytest file, plain asserts, or text with examples as the prompt shows them."""

import ast
import doctest
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from motet.tools.sandbox import Files, Limits, Session
from motet.tools.sandbox.protocol import DEFAULT_LIMITS, NO_FILES
from motet.tools.testing.cases import arun_cases, run_cases
from motet.tools.testing.protocol import Case, TestRun
from motet.tools.testing.pytest_files import names_of_tests
from motet.tools.testing.pytests import arun_pytest, run_pytest

UserTestKind = Literal["pytest", "asserts", "doctest"]


class NoTestsError(ValueError):
    """There is no test in what was given as tests. The message says what would be one."""


@dataclass(frozen=True)
class UserTests:
    """Tests that can be run on any candidate for the same task."""

    kind: UserTestKind
    cases: tuple[Case, ...] = ()
    """For asserts and doctests."""
    files: Files = field(default_factory=lambda: NO_FILES)
    """For pytest; they import the candidate as `solution`."""

    def run(self, session: Session, code: str, *, limits: Limits = DEFAULT_LIMITS) -> TestRun:
        """Run them on a candidate."""
        if self.kind == "pytest":
            return run_pytest(session, files={"solution.py": code}, tests=self.files, limits=limits)
        return run_cases(session, code, self.cases, limits=limits)

    async def arun(self, session: Session, code: str, *, limits: Limits = DEFAULT_LIMITS) -> TestRun:
        """As `run`, without blocking the event loop."""
        if self.kind == "pytest":
            return await arun_pytest(session, files={"solution.py": code}, tests=self.files, limits=limits)
        return await arun_cases(session, code, self.cases, limits=limits)


def read_tests(source: str | Path, *, name: str | None = None) -> UserTests:
    """Read tests in whichever way they are written.

    A file with test functions or classes is for pytest; if it imports nothing from `solution`, it gets all names of it.
    Otherwise each top-level assert is a case, with the statements before it; and text with `>>>` is a doctest.

    Args:
        source: A path, or the text itself.
        name: What to call the tests in results; by default the file's name.

    Raises:
        NoTestsError: There are none.
        OSError: The file cannot be read.
        UnicodeDecodeError: The file is not UTF-8.
    """
    text = source.read_text("utf-8") if isinstance(source, Path) else source
    name = name or (source.name if isinstance(source, Path) else "tests")
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        if ">>> " in text:
            return UserTests("doctest", cases=_doctests(text, name))
        raise NoTestsError(f"{name} is neither Python nor text with `>>>` examples: {error}") from error
    if names_of_tests("", text):
        return UserTests("pytest", files={f"test_{_stem(name)}.py": _importing_solution(text, tree)})
    cases = _asserts(tree, name)
    if not cases and ">>>" in text:
        return UserTests("doctest", cases=_docstrings(tree, name))
    if not cases:
        raise NoTestsError(f"{name} holds no tests: no test functions, no asserts and no `>>>` examples.")
    return UserTests("asserts", cases=cases)


def _docstrings(tree: ast.Module, name: str) -> tuple[Case, ...]:
    """The examples in the strings of a Python file."""
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    strings.sort(key=lambda node: node.lineno)
    return tuple(case for node in strings for case in _doctests(str(node.value), name, node.lineno))


def _doctests(text: str, name: str, line: int = 1) -> tuple[Case, ...]:
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError as error:
        raise NoTestsError(f"{name} has an example that cannot be read: {error}") from error
    return tuple(
        Case(name=f"{name}:{line + example.lineno}", kind="doctest", code=example.source, expected=example.want)
        for example in examples
    )


def _asserts(tree: ast.Module, name: str) -> tuple[Case, ...]:
    """One case for each top-level statement that asserts, or that calls something at the end; the rest is set-up."""
    cases: list[Case] = []
    before: list[ast.stmt] = []
    unused = False
    for statement in tree.body:
        is_definition = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if not is_definition and any(isinstance(node, ast.Assert) for node in ast.walk(statement)):
            cases.append(_case([*before, statement], name, statement.lineno))
            unused = False
        else:
            before.append(statement)
            unused = unused or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call))
    if unused:
        cases.append(_case(before, name, before[-1].lineno))  # such as a call of a function that asserts
    return tuple(cases)


def _case(statements: list[ast.stmt], name: str, line: int) -> Case:
    code = ast.unparse(ast.Module(body=statements, type_ignores=[]))
    return Case(name=f"{name}:{line}:{len(statements)}", kind="statement", code=code)


def _importing_solution(text: str, tree: ast.Module) -> str:
    if any(_imports_solution(node) for node in ast.walk(tree)):
        return text
    place = 0
    for number, node in enumerate(tree.body):
        is_docstring = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            place = node.end_lineno or 0
    lines = text.splitlines(keepends=True)
    return "".join([*lines[:place], "from solution import *\n", *lines[place:]])


def _imports_solution(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name == "solution" for alias in node.names)
    return isinstance(node, ast.ImportFrom) and node.module == "solution"


def _stem(name: str) -> str:
    stem = Path(name).stem.removeprefix("test_")
    return "".join(letter if letter.isalnum() else "_" for letter in stem)
