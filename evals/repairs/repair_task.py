"""What a repair task is: a real package with a mistake in it, an issue that tells of it, and the tests that notice."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

SUITE = Path(__file__).with_name("suite.jsonl")

Level = Literal["function", "functions", "files"]
"""Where the mistakes are: in one function, in several of one file, or in several files."""


class RepairTask(BaseModel):
    """One task, in SWE-bench's words where they fit (Jimenez et al., 2024)."""

    model_config = ConfigDict(frozen=True)

    id: str
    """Such as `boltons-24.1.0/iterutils.chunked/off_by_one/3`."""
    package: str
    version: str
    level: Level
    operators: tuple[str, ...]
    """The kinds of mistakes, one for each; see `motet.tools.mutation.OPERATORS`."""
    files: tuple[str, ...]
    """The source files that hold the mistakes."""
    symbols: tuple[str, ...]
    """The functions that hold them, such as `boltons/iterutils.py::chunked`."""
    issue: str
    """What the team is told."""
    bug_patch: str
    """From the package as it was published to the broken one, for `git apply`."""
    fix_patch: str
    """The way back: the oracle."""
    removed_tests: tuple[str, ...]
    """The tests that the team does not see, such as `tests/test_a.py::TestX::test_y`: they are cut out of its files."""
    fail_to_pass: tuple[str, ...]
    """Node ids of the tests that fail on the broken package."""
    pass_to_pass: tuple[str, ...]
    """Node ids of tests near it that pass on both."""


def read_suite(path: Path = SUITE) -> list[RepairTask]:
    """The tasks of a file, one a line."""
    lines = path.read_text("utf-8").splitlines()
    return [RepairTask.model_validate_json(line) for line in lines if line.strip()]


def write_suite(tasks: Iterable[RepairTask], path: Path) -> None:
    """Write tasks, one a line."""
    path.write_text("".join(f"{task.model_dump_json()}\n" for task in tasks), "utf-8")
