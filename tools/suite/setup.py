"""How a repository is tested, read from its files."""

import ast
import configparser
import re
import shlex
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from motet.tools.suite.addopts import Options, read_options
from motet.tools.suite.tree import Tree
from motet.tools.testing.pytest_files import is_test_file

Framework = Literal["pytest", "unittest", "command", "none"]

CONFIGURATIONS = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
"""Where pytest looks, in its order."""
GUARDED = frozenset({"conftest.py", *CONFIGURATIONS})


class SuiteSetup(BaseModel):
    """How a repository's tests are run."""

    model_config = ConfigDict(frozen=True)

    framework: Framework
    """`pytest` and `unittest` suites both run under pytest, which knows both; `none`: no tests were found."""
    command: tuple[str, ...] = ()
    """With `command`: the program and its arguments, run in the repository's root."""
    source_folders: tuple[str, ...] = (".",)
    """What goes on the import path, such as `("src", ".")`."""
    test_files: tuple[str, ...] = ()
    """All files that hold tests."""
    arguments: tuple[str, ...] = ()
    """Options for pytest, from the repository's `addopts` or from the user's command."""
    left_out: tuple[str, ...] = ()
    """Options that were dropped: they need a plugin that may be missing, or would change what a run reports."""
    selection: tuple[str, ...] = ()
    """What the whole suite is, where the user's command names it; nothing: what pytest finds by itself."""
    configuration: str | None = None
    """The file that configures pytest."""
    reason: str
    """What this was read from, in words."""

    def is_test_file(self, path: str) -> bool:
        """Whether a path, also of a file that does not exist yet, is one of a test's."""
        return path in self.test_files or is_test_file(path) or PurePosixPath(path).name == "conftest.py"

    def decides(self, path: str) -> bool:
        """Whether a file decides what passes: a test, a conftest, a configuration."""
        return self.is_test_file(path) or path == self.configuration or PurePosixPath(path).name in GUARDED


def read_setup(tree: Tree, *, command: str | None = None) -> SuiteSetup:
    """Find out how a repository is tested. Nothing of it is run.

    Args:
        tree: Its files.
        command: The user's own words for it, such as `pytest -q tests/unit` or `make check`. A plain pytest or unittest
            command gives a result for each test; of others the exit code counts, and their output is read for what
            pytest or unittest print of single tests.

    Raises:
        ValueError: The command is empty, or its quotes do not match.
    """
    configuration, settings = _configuration(tree)
    sources = source_folders(tree)
    files = files_of_tests(tree, _words(settings.get("python_files", ())))
    if command is not None:
        return _of_command(command, configuration, sources, files, settings)
    options = read_options(_words(settings.get("addopts", ())))
    common: dict[str, Any] = {
        "source_folders": sources,
        "test_files": files,
        "arguments": options.kept,
        "left_out": options.left_out,
        "configuration": configuration,
    }
    if configuration is not None:
        return SuiteSetup(framework="pytest", reason=f"{configuration} configures pytest", **common)
    conftests = [path for path in tree.paths if PurePosixPath(path).name == "conftest.py"]
    if conftests:
        return SuiteSetup(framework="pytest", reason=f"there is a {conftests[0]}", **common)
    if not files:
        return SuiteSetup(framework="none", reason="no file looks like tests", **common)
    for path in files:
        if _is_written_for_pytest(tree.read(path) or b""):
            return SuiteSetup(framework="pytest", reason=f"{path} is written for pytest", **common)
    return SuiteSetup(framework="unittest", reason=f"{files[0]} and others are unittest's", selection=files, **common)


def source_folders(tree: Tree) -> tuple[str, ...]:
    """What goes on the import path: `src` or the like where packages lie in one, then the root."""
    folders = {path.split("/")[0] for path in tree.paths if path.count("/") == 2 and path.endswith("/__init__.py")}
    packages_below = [name for name in ("src", "lib", "python") if name in folders]
    roots = [name for name in packages_below if tree.read(f"{name}/__init__.py") is None]
    if tree.read("src/__init__.py") is None and any(re.fullmatch(r"src/[^/]+\.py", path) for path in tree.paths):
        roots = ["src", *(name for name in roots if name != "src")]
    return (*roots, ".")


def files_of_tests(tree: Tree, patterns: Iterable[str] = ()) -> tuple[str, ...]:
    """The files that hold tests, by their names and places."""
    wanted = tuple(patterns)
    found = []
    for path in tree.paths:
        name = PurePosixPath(path).name
        if not path.endswith(".py") or name in ("conftest.py", "__init__.py"):
            continue
        by_pattern = any(PurePosixPath(name).match(pattern.split("/")[-1]) for pattern in wanted)
        if by_pattern or is_test_file(path) or (_lies_in_tests(path) and _holds_unittests(tree, path, name)):
            found.append(path)
    return tuple(found)


def _lies_in_tests(path: str) -> bool:
    return any(part in ("test", "tests", "testing") for part in path.split("/")[:-1]) or path.endswith("tests.py")


def _holds_unittests(tree: Tree, path: str, name: str) -> bool:
    return name.startswith("test") and b"TestCase" in (tree.read(path) or b"")


def _is_written_for_pytest(content: bytes) -> bool:
    try:
        body = ast.parse(content).body
    except (SyntaxError, ValueError, RecursionError):
        return False
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            return True
        if isinstance(node, ast.Import) and any(name.name == "pytest" for name in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and node.module == "pytest":
            return True
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test") and not node.bases:
            return True
    return False


def _configuration(tree: Tree) -> tuple[str | None, Mapping[str, Any]]:
    """The file that configures pytest, and what it says."""
    for name in CONFIGURATIONS:
        content = tree.read(name)
        if content is None:
            continue
        text = content.decode("utf-8", "replace")
        section = (
            _toml(text) if name.endswith(".toml") else _ini(text, "tool:pytest" if name == "setup.cfg" else "pytest")
        )
        if section is None and name.endswith("pytest.ini"):
            section = {}  # pytest takes it as its own even when it is empty
        if section is not None:
            return name, section
    return None, {}


def _toml(text: str) -> Mapping[str, Any] | None:
    try:
        table = tomllib.loads(text).get("tool", {}).get("pytest")
    except (tomllib.TOMLDecodeError, AttributeError, RecursionError):
        return None
    if not isinstance(table, dict):
        return None
    options = table.get("ini_options", table)
    return options if isinstance(options, dict) else None


def _ini(text: str, section: str) -> Mapping[str, str] | None:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    return {key: value or "" for key, value in parser[section].items()} if parser.has_section(section) else None


def _words(value: object) -> list[str]:
    if isinstance(value, str):
        try:
            return shlex.split(value)
        except ValueError:
            return value.split()
    return [str(word) for word in value] if isinstance(value, list | tuple) else []


def _of_command(
    command: str,
    configuration: str | None,
    sources: tuple[str, ...],
    files: tuple[str, ...],
    settings: Mapping[str, Any],
) -> SuiteSetup:
    words = shlex.split(command)
    if not words:
        raise ValueError("The test command is empty; give one such as `pytest tests`, or none at all.")
    if words[1:3] == ["-m", "unittest"] and not any(word.endswith((".py", "Test")) for word in words[3:]):
        return SuiteSetup(
            framework="unittest",
            source_folders=sources,
            test_files=files,
            selection=_below(words[3:], files),
            reason=f"the command given: {command}",
        )
    start = _pytest_words(words)
    if start is None:
        return SuiteSetup(
            framework="command",
            command=tuple(words),
            source_folders=sources,
            test_files=files,
            configuration=configuration,
            reason=f"the command given: {command}",
        )
    addopts = read_options(_words(settings.get("addopts", ())))
    given: Options = read_options(words[start:])
    return SuiteSetup(
        framework="pytest",
        source_folders=sources,
        test_files=files,
        arguments=(*addopts.kept, *given.kept),
        left_out=(*addopts.left_out, *given.left_out),
        selection=given.paths,
        configuration=configuration,
        reason=f"the command given: {command}",
    )


def _below(words: list[str], files: tuple[str, ...]) -> tuple[str, ...]:
    """The test files that `unittest discover` would look at, under the folder that `-s` names."""
    named = next((words[k + 1] for k, word in enumerate(words[:-1]) if word in ("-s", "--start-directory")), ".")
    folder = named.strip("/").removeprefix("./")
    return tuple(path for path in files if folder == "." or path.startswith(f"{folder}/"))


def _pytest_words(words: list[str]) -> int | None:
    """Where the arguments begin of a plain pytest command; `None` for any other."""
    program = PurePosixPath(words[0]).name
    if program in ("pytest", "py.test"):
        return 1
    if re.fullmatch(r"python[\d.]*", program) and words[1:3] == ["-m", "pytest"]:
        return 3
    return None
