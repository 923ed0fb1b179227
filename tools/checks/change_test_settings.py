"""What pytest reads before any test: who touches it can make every test pass."""

import ast
import configparser
import tomllib
from collections.abc import Callable
from pathlib import PurePosixPath

from motet.tools.checks.change_findings import ChangedFile, ChangeFinding
from motet.tools.checks.change_lines import text_of
from motet.tools.checks.change_test_units import without_docstrings
from motet.tools.source import parse_python

Settings = Callable[[str], object]
"""What a text says to pytest, to be compared; nothing where it says nothing."""


def changed_settings(file: ChangedFile) -> ChangeFinding | None:
    """A finding where the file configures the tests otherwise than before, also where it is new."""
    name = PurePosixPath(file.path).name
    if name not in READERS:
        return None
    before, after = (
        None if content is None else _read(READERS[name], text_of(content, python=name.endswith(".py")))
        for content in (file.before, file.after)
    )
    if before == after or (not before and not after):
        return None
    message = f"{file.path} configures the tests otherwise than before. Leave the configuration of the tests as it is."
    side = "before" if file.after is None else "after"
    return ChangeFinding(kind="changed_test", path=file.path, line=None, message=message, blocks=True, side=side)


def _read(reader: Settings, text: str) -> object:
    try:
        return reader(text)
    except (ValueError, configparser.Error, RecursionError):  # what cannot be read is compared as it stands
        return text


def _python(text: str) -> object:
    tree = parse_python(text)
    if tree is None:
        return text
    without_docstrings(tree)
    return ast.dump(tree) if tree.body else None


def _whole(text: str) -> object:
    return text.split()


def _section(name: str) -> Settings:
    def read(text: str) -> object:
        parser = configparser.RawConfigParser(strict=False)
        parser.read_string(text)
        return dict(parser[name]) if parser.has_section(name) else None

    return read


def _table(text: str) -> object:
    tool = tomllib.loads(text).get("tool", {})
    return tool.get("pytest") if isinstance(tool, dict) else None


READERS: dict[str, Settings] = {
    "conftest.py": _python,
    "pytest.ini": _whole,
    ".pytest.ini": _whole,
    "pytest.toml": _whole,
    ".pytest.toml": _whole,
    "tox.ini": _section("pytest"),
    "setup.cfg": _section("tool:pytest"),
    "pyproject.toml": _table,
}
"""By the name of the file."""
