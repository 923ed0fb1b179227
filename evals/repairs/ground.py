"""A package to make tasks of: its files, how it is tested, and what its tests show while nothing is broken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from motet.evals.repairs.hiding import test_name
from motet.evals.repairs.laying_out import files_of
from motet.evals.repairs.package import Package
from motet.tools.sandbox import SandboxError, Session
from motet.tools.suite import Overlay, Reach, SuiteRun, SuiteSetup, Tree, read_setup, run_suite

TEST_SECONDS = 5.0
"""For one test: a mistake that makes it hang is no task."""
WALL_SECONDS = 45.0
BASELINE_SECONDS = 240.0
NOT_CODE = ("docs/", "doc/", "examples/", "benchmarks/", "setup.py")


class NoTestsError(ValueError):
    """The package's tests do not pass as it was published."""


@dataclass(frozen=True)
class Ground:
    """A package whose tests have been run."""

    package: Package
    tree: Tree
    setup: SuiteSetup
    session: Session
    stable: tuple[str, ...]
    """The tests that passed twice, in the order of the run."""
    reach: Mapping[tuple[str, str], tuple[str, ...]]
    """The stable tests that come through a function, by its file and symbol."""

    def text(self, path: str) -> str:
        """The text of a file."""
        return (self.tree.read(path) or b"").decode("utf-8")

    def run(self, tests: Sequence[str], overlay: Overlay | None = None, most_failing: int | None = None) -> SuiteRun:
        """Run some tests on the package with changes over it.

        Args:
            tests: Files or node ids.
            overlay: The changes.
            most_failing: End where more fail; the run is incomplete then.

        Raises:
            SandboxError: The sandbox failed.
        """
        run = run_suite(
            *(self.session, self.tree, self.setup),
            tests=tests,
            overlay=overlay or {},
            wall_seconds=WALL_SECONDS,
            test_seconds=TEST_SECONDS,
            stop_after_failures=None if most_failing is None else most_failing + 1,
        )
        if run.infrastructure:
            raise SandboxError(f"The sandbox failed while tasks were made: {run.problem}")
        return run

    def case_of(self, test: str) -> int | None:
        """Which of its function's cases a test is, in the order in which they are collected; `None` without cases."""
        return self._cases[test_name(test)].index(test) if "[" in test else None

    @cached_property
    def _cases(self) -> Mapping[str, list[str]]:
        cases: dict[str, list[str]] = {}
        for test in self.stable:
            cases.setdefault(test_name(test), []).append(test)
        return cases


def prepare(package: Package, folder: Path, session: Session) -> Ground:
    """Run a package's tests twice, the second time to see which functions they reach.

    Args:
        package: Which.
        folder: Its files.
        session: Where to run them.

    Raises:
        NoTestsError: None passed twice.
        SandboxError: The sandbox failed.
    """
    tree = Tree.pack(folder, files_of(folder))
    setup = read_setup(tree)
    first = run_suite(session, tree, setup, tests=package.tests, wall_seconds=BASELINE_SECONDS, test_seconds=30.0)
    second = run_suite(
        session, tree, setup, tests=package.tests, reach=True, wall_seconds=BASELINE_SECONDS, test_seconds=60.0
    )
    passed = set(first.passed)
    stable = tuple(test for test in second.passed if test in passed)
    if not stable:
        raise NoTestsError(f"No test of {package.name} passes: {first.problem or first.output[-500:]}")
    reach = {
        (one.path, one.symbol): tests
        for one in second.reach
        if _is_code(one, setup) and (tests := _names(one, second, set(stable)))
    }
    return Ground(package=package, tree=tree, setup=setup, session=session, stable=stable, reach=reach)


def _is_code(reach: Reach, setup: SuiteSetup) -> bool:
    folders = reach.path.split("/")[:-1]
    return not setup.decides(reach.path) and not reach.path.startswith(NOT_CODE) and "tests" not in folders


def _names(reach: Reach, run: SuiteRun, stable: set[str]) -> tuple[str, ...]:
    return tuple(run.results[at].id for at in reach.tests if run.results[at].id in stable)
