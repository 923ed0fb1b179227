"""Runs pytest files against code that nobody has vouched for."""

from collections.abc import Sequence
from typing import Any

from motet.tools.sandbox import Files, Limits, Session
from motet.tools.sandbox.protocol import DEFAULT_LIMITS
from motet.tools.testing import endings
from motet.tools.testing.canaries import Canaries
from motet.tools.testing.protocol import CaseResult, TestRun
from motet.tools.testing.pytest_files import is_test_file, names_of_tests, text_of
from motet.tools.testing.request import Answer, Exchange, adrive, answer_to, drive, request_for

MODULES = ("worker", "judge", "integrity", "pytest_worker")
LOADING_SECONDS = 10.0
OUTCOMES = ("passed", "failed", "error")


def run_pytest(
    session: Session, *, files: Files, tests: Files, limits: Limits = DEFAULT_LIMITS, test_seconds: float = 5.0
) -> TestRun:
    """Run pytest files, each in a process of its own, on code that they import.

    There is a result for each test that stands in the files, whether it reported or not, and for each set of
    parameters; only `passed` is passed: a skipped test is `not_run`, and so is one that is expected to fail. A test
    that ends its process or hangs is an `error` or a `timeout`, and the tests behind it run in a new process.

    Nothing among `files` configures pytest: no `conftest.py`, no `pytest.ini`, no module under the name of a known one.
    A `conftest.py` among `tests` does. Tests that must fail are added to each file, and the machinery of pytest and
    unittest is watched for changes. What remains: pytest and the code share a process, so code that hunts for this
    harness with knowledge of it can speak for it, and an object that says it equals everything equals everything.

    Args:
        session: Where it runs.
        files: The code, with the working directory as the last place that imports look in.
        tests: The test files with what they need, such as a `conftest.py` or data beside them; apart from the code.
        limits: For the whole run; of the output limits only those for stderr count.
        test_seconds: How long one test may take, with its fixtures.
    """
    return drive(session, _exchange(files, tests, limits, test_seconds))


async def arun_pytest(
    session: Session, *, files: Files, tests: Files, limits: Limits = DEFAULT_LIMITS, test_seconds: float = 5.0
) -> TestRun:
    """As `run_pytest`, without blocking the event loop."""
    return await adrive(session, _exchange(files, tests, limits, test_seconds))


def _exchange(files: Files, tests: Files, limits: Limits, test_seconds: float) -> Exchange:
    canaries = Canaries(tests)
    batches = [path for path in tests if is_test_file(path)]
    laid_out = {
        path: (text_of(content) + canaries.text).encode() if path in batches else _bytes(content)
        for path, content in tests.items()
    }
    job = {
        "tests": {path: content.hex() for path, content in laid_out.items()},
        "batches": batches,
        "canaries": canaries.names,
        "with_unittest": canaries.with_unittest,
        "case_seconds": test_seconds,
        "load_seconds": LOADING_SECONDS,
    }
    request = request_for(job, MODULES, files=files, limits=limits)
    answer = answer_to(request, (yield request))
    results: list[CaseResult] = []
    tampering: list[str] = []
    for number, path in enumerate(batches):
        heard = _Heard(path, canaries)
        if answer.report is None:
            heard.rest = endings.of_run(answer.execution)
        else:
            for run in answer.report["batches"][number]:
                heard.hear(run)
            tampering += heard.tampering
        results += heard.results(text_of(tests[path]))
    tampering += _changed_files(answer)
    if tampering:
        reason = "; ".join(dict.fromkeys(tampering))[:1000]
        return TestRun(results=endings.void(results, reason), execution=answer.execution, tampering=reason)
    return TestRun(results=tuple(results), execution=answer.execution)


class _Heard:
    """What the workers of one test file said."""

    def __init__(self, path: str, canaries: Canaries) -> None:
        self._path = path
        self._canaries = canaries
        self._results: dict[str, CaseResult] = {}
        self.rest: tuple[Any, str] = ("not_run", "it did not report")
        self.tampering: list[str] = []

    def hear(self, run: dict[str, Any]) -> None:
        """Take in the word of one worker; it passes nothing unless its canaries failed."""
        passed: list[str] = []
        canaries_failed = False
        for kind, item, seconds, payload in run["events"]:
            said = endings.payload_of(payload)
            if kind in ("done", "end"):
                self._look_for_changes(said)
            if kind == "note":
                self.rest = ("not_run" if said.get("outcome") == "skipped" else "error"), str(said.get("text", ""))
            elif kind == "done" and self._canaries.are(str(item)):
                canaries_failed = canaries_failed or said.get("outcome") in ("failed", "error")
                if said.get("outcome") not in ("failed", "error"):
                    self.tampering.append(f"a test that must fail was reported as {said.get('outcome')}")
            elif kind == "done" and str(item) not in self._results:
                self._results[str(item)] = _result(str(item), said, seconds)
                passed += [str(item)] if self._results[str(item)].outcome == "passed" else []
        if passed and not canaries_failed:
            self.tampering.append("the tests that must fail did not report")
        if run["during"] is not None and not self._canaries.are(str(run["during"])):
            name = str(run["during"])
            outcome, message = endings.of_worker(run, "running the test")
            self._results[name] = CaseResult(name=name, outcome=outcome, message=message, seconds=run["seconds"])
        elif not run["loaded"] and run["ending"] != "end":
            self.rest = endings.of_worker(run, "loading the test file")

    def results(self, text: str) -> list[CaseResult]:
        """A result for each test that stands in the file, in its order, then for those that only the run knew."""
        try:
            names = names_of_tests(self._path, text)
        except SyntaxError as error:
            return [CaseResult(name=self._path, outcome="error", message=f"the test file is not valid Python: {error}")]
        results: list[CaseResult] = []
        left = dict(self._results)
        for name in names:
            of_name = [key for key in left if key == name or key.startswith(f"{name}[")]
            results += [left.pop(key) for key in of_name]
            if not of_name:
                results.append(CaseResult(name=name, outcome=self.rest[0], message=self.rest[1]))
        results += left.values()
        return results or [CaseResult(name=self._path, outcome="not_run", message="the file holds no tests")]

    def _look_for_changes(self, said: dict[str, Any]) -> None:
        changed = said.get("changed")
        if changed and isinstance(changed, list):
            self.tampering.append(f"the code has changed {', '.join(map(str, changed[:5]))}")


def _result(name: str, said: dict[str, Any], seconds: float) -> CaseResult:
    outcome, message = said.get("outcome"), str(said.get("message", ""))
    if outcome in OUTCOMES:
        return CaseResult(name=name, outcome=outcome, message=message, seconds=seconds)
    return CaseResult(name=name, outcome="not_run", message=f"{outcome}: {message}", seconds=seconds)


def _changed_files(answer: Answer) -> Sequence[str]:
    changed = answer.report["changed"] if answer.report is not None else []
    return [f"the code has changed the test files {', '.join(changed)}"] if changed else []


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
