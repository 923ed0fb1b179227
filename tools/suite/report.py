"""From what the judge of a suite reports to results."""

import json
import re
from collections.abc import Sequence
from typing import Any

from motet.tools.sandbox import Execution
from motet.tools.suite.results import Reach, SuiteRun, TestResult
from motet.tools.suite.setup import SuiteSetup
from motet.tools.testing import endings

OUTCOMES = ("passed", "failed", "error", "skipped", "not_run")
MISSING = re.compile(r"No module named '(\w+)")
NO_PACKAGE = (
    "If {name} is a package that the repository needs, install it into a virtual environment .venv in the repository, "
    "or name an environment that has it."
)
NO_FILE = "there is no such file"
ENDINGS = {
    "deadline": "The time for the whole run was used up.",
    "flood": "The tests said more than a report holds.",
    "timeout": "Loading the tests, or ending the run, took longer than the time for it.",
}


def read_report(
    report: dict[str, Any] | None,
    execution: Execution | None,
    setup: SuiteSetup,
    *,
    tests: Sequence[str],
    missing: Sequence[str],
    reach: bool = False,
) -> SuiteRun:
    """Make results of a report.

    Args:
        report: What the judge said; nothing where it could not.
        execution: The sandbox's word on the run; nothing where there was none.
        setup: How the repository is tested.
        tests: What was asked for.
        missing: What was asked for and lies in no file.
        reach: Whether it was asked which functions tests come through.
    """
    heard = _Heard()
    absent = [TestResult(id=test, outcome="not_run", message=NO_FILE) for test in missing]
    if missing:
        heard.problems.append(f"There is no file for {', '.join(missing[:5])}.")
    if execution is None:
        return SuiteRun(results=tuple(absent), problem=" ".join(heard.problems))
    if report is None:
        outcome, message = endings.of_run(execution)
        shown = "error" if outcome == "error" else "timeout" if outcome == "timeout" else "not_run"
        absent += [TestResult(id=test, outcome=shown, message=message) for test in tests]
        heard.problems.append(f"{message[:1].upper()}{message[1:]}.")
        return _run(absent, heard, execution, infrastructure=execution.verdict == "infrastructure")
    if report["problem"]:
        heard.problems.append(report["problem"])
    for worker in report["workers"]:
        heard.hear(worker, report["output"])
    heard.problems += heard.refusal
    results = [*heard.results(tests), *absent]
    if setup.left_out and setup.framework == "pytest":
        heard.notes.append(f"Left out of the options for pytest: {' '.join(setup.left_out)}.")
    tampering = f"the code has changed {', '.join(report['changed'][:5])}" if report["changed"] else None
    if tampering is not None:
        results = [
            r.model_copy(update={"outcome": "error", "message": tampering}) if r.outcome == "passed" else r
            for r in results
        ]
    if not results and not heard.problems:
        heard.problems.append(f"No test was found. Pytest said: {report['output'].strip()[-500:]}")
    if reach and (lost := heard.unmeasured(results)):
        heard.notes.append(f"What {lost} tests came through is not known: their process did not live to tell.")
    run = _run(results, heard, execution, infrastructure=False)
    return run.model_copy(
        update={
            "output": report["output"],
            "notes": tuple(dict.fromkeys(heard.notes)),
            "reach": heard.reach(results),
            "lines": {path: tuple(lines) for path, lines in heard.lines.items()},
            "complete": heard.complete and all(result.outcome != "not_run" for result in results),
            "tampering": tampering,
            "changed": tuple(dict.fromkeys(heard.changed)),
        }
    )


def _run(results: Sequence[TestResult], heard: "_Heard", execution: Execution, *, infrastructure: bool) -> SuiteRun:
    return SuiteRun(
        results=tuple(results),
        problem=" ".join(dict.fromkeys(heard.problems)) or None,
        output=execution.stderr[-4000:],
        seconds=execution.seconds,
        sandbox=execution.sandbox,
        isolated=execution.isolated,
        infrastructure=infrastructure,
    )


class _Heard:
    """What the workers said, in order."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.refusal: list[str] = []
        """Why pytest did not start, of the last attempt."""
        self.changed: list[str] = []
        self.lines: dict[str, list[int]] = {}
        self.complete = False
        self._ids: list[str] = []
        self._results: dict[str, TestResult] = {}
        self._files: dict[str, TestResult] = {}
        self._measured: set[str] = set()
        self._functions: dict[tuple[str, str, int, int], set[str]] = {}

    def hear(self, run: dict[str, Any], output: str) -> None:
        """Take in the word of one worker; `output` is the end of what all of them printed."""
        done: list[str] = []
        self.refusal = []
        for kind, item, seconds, payload in run["events"]:
            if kind == "note" and item == "measured":
                self._measured.update(done)
            if kind == "loaded" and not self._ids:
                self._ids = _texts(_json(payload))
            elif kind == "done" and (name := self._name(item)) is not None and name not in self._results:
                done.append(name)
                self._results[name] = _result(name, endings.payload_of(payload), seconds)
            elif kind == "note":
                self._note(item, payload)
            elif kind == "end":
                said = endings.payload_of(payload)
                self.changed += _texts(said.get("changed"))
                self._end(said.get("code"), output)
        self.complete = run["ending"] == "end"
        during = self._name(run["during"])
        if during is not None and during not in self._results:
            outcome, message = endings.of_worker(run, "running the test")
            shown = "timeout" if outcome == "timeout" else "error"
            self._results[during] = TestResult(id=during, outcome=shown, message=message, seconds=run["seconds"])
        elif not run["loaded"] and run["loading"] and run["ending"] != "end":
            _, message = endings.of_worker(run, f"loading {run['loading']}")
            path = str(run["loading"])
            self._files[path] = TestResult(id=path, outcome="error", message=message)
            self.problems.append(f"{path} was not loaded: {message}.")
        elif run["ending"] != "end" and during is None:
            why = ENDINGS.get(run["ending"]) or f"{endings.of_worker(run, 'ending the run')[1]}.".capitalize()
            self.problems.append(why)
        if run["ending"] in ("deadline", "flood") and during is not None:
            self.problems.append(ENDINGS[run["ending"]])

    def results(self, tests: Sequence[str]) -> list[TestResult]:
        """A result for each test that was collected, then for what was asked for and never came."""
        results = [
            self._results.get(name) or TestResult(id=name, outcome="not_run", message="nobody came to it")
            for name in self._ids
        ]
        known = frozenset(self._ids)
        results += [result for name, result in self._results.items() if name not in known]
        results += self._files.values()
        seen = [result.id for result in results]
        for test in tests:
            begins = (f"{test}::", f"{test}[", f"{test}/")
            file = test.partition("::")[0]
            if test != "." and not any(name in (test, file) or name.startswith(begins) for name in seen):
                why = "pytest found no such test" if self.complete else "nobody came to it"
                results.append(TestResult(id=test, outcome="not_run", message=why))
        return results

    def reach(self, results: Sequence[TestResult]) -> tuple[Reach, ...]:
        """The functions that were come through."""
        place = {result.id: k for k, result in enumerate(results)}
        return tuple(
            Reach(
                path=p, symbol=s, start_line=a, end_line=b, tests=tuple(sorted(place[t] for t in tests if t in place))
            )
            for (p, s, a, b), tests in sorted(self._functions.items())
        )

    def unmeasured(self, results: Sequence[TestResult]) -> int:
        """How many tests were done of which it is not known what they came through."""
        return sum(r.outcome in ("passed", "failed") and r.id not in self._measured for r in results)

    def _name(self, item: object) -> str | None:
        if isinstance(item, int):
            return self._ids[item] if 0 <= item < len(self._ids) else None
        return item if isinstance(item, str) else None

    def _note(self, item: object, payload: str | None) -> None:
        said = endings.payload_of(payload) if item in ("collection", "measured") else {}
        if item == "refused":
            self.notes.append("Options of plugins that are not installed were left out.")
        elif item == "problem":
            self.problems.append(str(payload))
        elif item == "collection" and said.get("outcome") == "failed":
            path, text = str(said.get("id") or "."), str(said.get("text", ""))
            last = next((line for line in reversed(text.splitlines()) if line.startswith("E ")), text[-300:])
            message = last.removeprefix("E").strip()
            self._files[path] = TestResult(id=path, outcome="error", message=message, detail=text)
            self.problems.append(f"{path} does not load: {message}.")
            if match := MISSING.search(message):
                self.problems.append(NO_PACKAGE.format(name=match[1]))
        elif item == "measured":
            for path, symbol, start, end, tests in said.get("functions", ()):
                names = [name for test in tests if (name := self._name(test)) is not None]
                self._functions.setdefault((str(path), str(symbol), int(start), int(end)), set()).update(names)
            for path, lines in said.get("lines", {}).items():
                self.lines[str(path)] = sorted({*self.lines.get(str(path), ()), *map(int, lines)})

    def _end(self, code: object, output: str) -> None:
        if code in (3, 4) or (code == 2 and not self._results):
            errors = [
                line for line in output.splitlines() if line.startswith(("E  ", "ERROR", "INTERNALERROR> ", "Exit:"))
            ]
            said = (
                errors[-1].removeprefix("E").removeprefix("INTERNALERROR>").strip() if errors else output[-300:].strip()
            )
            self.refusal = [f"Pytest could not run the tests: {said}."]
            if match := MISSING.search(said):
                self.refusal.append(NO_PACKAGE.format(name=match[1]))


def _result(name: str, said: dict[str, Any], seconds: float) -> TestResult:
    told = said.get("result")
    if not isinstance(told, list) or not told or told[0] not in OUTCOMES:
        return TestResult(id=name, outcome="error", message="it reported nothing that can be read", seconds=seconds)
    message, detail = (*(str(text) for text in told[1:3]), "", "")[:2]
    return TestResult(id=name, outcome=told[0], message=message, detail=detail, seconds=seconds)


def _json(text: str | None) -> object:
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
