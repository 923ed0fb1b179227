"""What a run of a repository's tests showed."""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.tools.encodable import Encodable

SuiteOutcome = Literal["passed", "failed", "error", "skipped", "not_run", "timeout"]
"""`failed`: an assertion; `error`: any other exception, a fixture, a crash, a file that does not load; `skipped`: also
a test that is expected to fail and does; `not_run`: nobody came to it. Only `passed` is passed."""


class TestResult(BaseModel):
    """What one test showed."""

    __test__ = False  # not a test class, whatever pytest thinks of its name
    model_config = ConfigDict(frozen=True)

    id: Encodable
    """Its pytest node id, such as `tests/test_a.py::TestX::test_y[1]`; only the file for one that does not load."""
    outcome: SuiteOutcome
    message: Encodable = ""
    """Why it did not pass, in short."""
    detail: Encodable = ""
    """The traceback of a failure, as pytest shows it, shortened to some kilobytes."""
    seconds: float = 0.0


class Reach(BaseModel):
    """Which tests came through a function."""

    model_config = ConfigDict(frozen=True)

    path: str
    """Its file, which is no test's."""
    symbol: str
    """Its name within the file, such as `Class.method`."""
    start_line: int
    """Its first line, decorators included."""
    end_line: int
    tests: tuple[int, ...]
    """Which of the run's results, by their place, executed a line of its body."""


class SuiteRun(BaseModel):
    """What a run of a repository's tests showed. A crash, a timeout or silence is never a pass."""

    model_config = ConfigDict(frozen=True)

    results: tuple[TestResult, ...]
    """In the order of the collection, each test once."""
    problem: Encodable | None = None
    """Why there are no results, or not all, in words."""
    notes: tuple[Encodable, ...] = ()
    """What was left out or could not be measured, without harm to the results."""
    output: Encodable = ""
    """The end of what was printed."""
    seconds: float = 0.0
    sandbox: str = ""
    isolated: bool = False
    """Whether it was kept away from the host; results of a run that was not prove nothing."""
    reach: tuple[Reach, ...] = ()
    """Where it was asked for: the functions that tests came through."""
    lines: Mapping[str, tuple[int, ...]] = {}
    """Of the files that were asked for: the lines that ran."""
    infrastructure: bool = False
    """The sandbox itself failed: nothing is said about the code."""
    complete: bool = False
    """Whether the run came to its end by itself: every test that was collected has been tried."""
    tampering: Encodable | None = None
    """What the code did to its own test run, such as changing test files; nothing then counts as passed."""
    changed: tuple[str, ...] = ()
    """Functions of pytest, unittest and builtins that the code replaced. Some repositories do so for good reasons: hold
    it against the run of the unchanged tree."""

    def result(self, test: str) -> TestResult | None:
        """The result of one test by its id."""
        return self._by_id.get(test)

    @property
    def passed(self) -> tuple[str, ...]:
        """The ids of the tests that passed."""
        return tuple(result.id for result in self.results if result.outcome == "passed")

    @property
    def failing(self) -> tuple[str, ...]:
        """The ids of the tests that ran and did not pass: `failed`, `error` and `timeout`."""
        return tuple(result.id for result in self.results if result.outcome in ("failed", "error", "timeout"))

    @property
    def all_passed(self) -> bool:
        """Whether there were tests, all were tried, and each that was not skipped passed."""
        return bool(self.passed) and self.complete and all(r.outcome in ("passed", "skipped") for r in self.results)

    @cached_property
    def _by_id(self) -> dict[str, TestResult]:
        return {result.id: result for result in self.results}
