"""Runs a solution on its tests in a sandbox: the only way to a proof."""

from datetime import datetime

from motet.memory.patterns.pattern import PatternTests, Proof
from motet.tools.checks import NoCoverageError, cover
from motet.tools.sandbox import Sandbox, SandboxError, Session
from motet.tools.testing import TestRun, run_cases


class UnprovenError(Exception):
    """A solution did not pass its tests; the message says which and why."""


class Shown:
    """What running one solution showed.

    Args:
        runs: Of its tests.
    """

    def __init__(self, runs: list[TestRun]) -> None:
        self.results = [result for run in runs for result in run.results]
        tampering = next((run.tampering for run in runs if run.tampering), None)
        failed = next((result for result in self.results if result.outcome != "passed"), None)
        self.failure: str | None = tampering
        """The first thing that speaks against it."""
        if self.failure is None and failed is not None:
            self.failure = f"{failed.name}: {failed.message or failed.outcome}"
        if self.failure is None and not self.results:
            self.failure = "there was no test to run"


def run_tests(session: Session, code: str, tests: PatternTests) -> Shown:
    """Run a solution on tests.

    Raises:
        SandboxError: The sandbox failed, or does not keep code away from the host.
    """
    runs = [run_cases(session, code, tests.cases)] if tests.cases else []
    if tests.pytest:
        runs.append(tests.pytest.run(session, code))
    for run in runs:
        if run.execution.verdict == "infrastructure":
            raise SandboxError(run.execution.stderr)
        if not run.execution.isolated:
            raise SandboxError(
                "The code ran on the bare host, and what ran there proves nothing: give a sandbox that isolates."
            )
    return Shown(runs)


def prove(
    sandbox: Sandbox, pattern_id: str, code: str, tests: PatternTests, *, now: datetime, reason: str = ""
) -> Proof:
    """Run a solution on its tests and note what that showed.

    Raises:
        UnprovenError: It does not pass.
        SandboxError: The sandbox failed, or does not keep code away from the host.
    """
    with sandbox.session() as session:
        shown = run_tests(session, code, tests)
        if shown.failure is not None:
            raise UnprovenError(shown.failure)
        version = session.run(["python3", "--version"])
        try:
            reached = cover(session, code, cases=tests.cases, tests=tests.files).percent
        except NoCoverageError:
            reached = None
    return Proof(
        command=f"motet memory check {pattern_id}",
        sandbox=sandbox.kind,
        environment=(version.stdout or version.stderr).strip(),
        passed=len(shown.results),
        coverage=reached,
        seconds=sum(result.seconds for result in shown.results),
        reason=reason,
        at=now,
    )
