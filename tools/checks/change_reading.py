"""Reads what the sandbox reports of the Python files of a change."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from motet.tools.checks.change_findings import ChangeFinding
from motet.tools.checks.change_matching import Sighting, new_findings
from motet.tools.checks.change_python import PythonFile, PythonJob
from motet.tools.checks.findings import CheckFinding
from motet.tools.checks.lint import ERRORS, KINDS, Certain, lint_finding, named
from motet.tools.checks.undefined import certainty
from motet.tools.checks.wording import finding_of
from motet.tools.sandbox import Execution

SERIOUS = ("medium", "high")
ABSENT = ("unknown_import", "not_installed")


def read_python(
    done: Execution, job: PythonJob, is_test: Callable[[str], bool]
) -> tuple[list[ChangeFinding], list[str]]:
    """The new findings, and what could not be looked at.

    Args:
        done: The run of the job.
        job: What was asked.
        is_test: In tests the security of code does not matter.
    """
    try:
        report = json.loads(done.stdout)
    except ValueError:
        reason = (done.stderr.strip().splitlines() or [done.verdict])[-1]
        problem = f"The Python files could not be checked in the sandbox ({done.verdict}): {reason[-300:]}"
        return [], [*job.problems, problem]
    return _Reading(report, job, is_test).findings(), [*job.problems, *_problems(report)]


def _problems(report: Mapping[str, Any]) -> Iterator[str]:
    if report["refused"] is not None:
        reason = " ".join(report["refused"].split())
        yield (
            f"ruff does not work with the repository's own configuration ({reason}); "
            "only what is certain without one was looked for."
        )
    if report["certain"] is None:
        yield f"ruff gave no findings: {report['complaint']}"
    if report["screen"] is None:
        yield f"bandit gave no findings, so nothing is known about security: {report['screen_complaint']}"
    elif report["screen_complaint"]:
        yield f"bandit could not read a file: {report['screen_complaint']}"


class _Reading:
    def __init__(self, report: dict[str, Any], job: PythonJob, is_test: Callable[[str], bool]) -> None:
        self._report = report
        self._job = job
        self._is_test = is_test
        self._files = {one.path: one for one in job.files}
        self._certain: dict[str, Certain] = {}
        self._has_own_rules = bool(job.config) and report["refused"] is None

    def findings(self) -> list[ChangeFinding]:
        """All that is new."""
        broken = self._report["broken_before"]
        found = [*self._syntax(), *self._uses()]
        absent = {(one.path, one.name) for one in found}
        for one in self._matched():
            if one.path in self._report["syntax"]:
                continue  # what a checker makes of half a file
            if one.path in broken and one.line not in self._files[one.path].lines.touched:
                continue  # nobody knows what stood there before
            if one.kind != "unused_import" or (one.path, one.name) not in absent:
                found.append(one)
        return found

    def _syntax(self) -> Iterator[ChangeFinding]:
        for path, fault in self._report["syntax"].items():
            if path not in self._report["broken_before"]:
                message = f"Invalid syntax: {fault['message']}."
                yield ChangeFinding(kind="syntax", path=path, line=fault["line"], message=message, blocks=True)

    def _uses(self) -> Iterator[ChangeFinding]:
        for path, answers in self._report["answers"].items():
            for use, answer in zip(self._job.uses[path], answers, strict=True):
                if answer:
                    one = finding_of(use, answer)
                    is_known = one.kind in ABSENT and (one.name or "").split(".")[0] in self._job.imported
                    if not is_known:
                        yield _change_finding(path, one, message=_absence(one, answer))

    def _matched(self) -> list[ChangeFinding]:
        before: list[Sighting] = []
        after: list[Sighting] = []
        for row, of in (*self._rows("certain"), *self._rows("style"), *self._rows("screen")):
            side, _, path = row["file"].partition("/")
            if path not in self._files:
                continue  # the configuration itself
            code, line = row["code"], row["line"]
            seen = Sighting(path, line, code, "" if of == "screen" else named(row["message"]))
            if side == "before":
                before.append(seen)
            else:
                after.append(seen._replace(finding=self._finding(path, row, of)))
        return new_findings(before, after, {path: one.lines for path, one in self._files.items()})

    def _rows(self, of: str) -> Iterator[tuple[dict[str, Any], str]]:
        for row in self._report[of] or ():
            is_export = row["code"] == "F401" and row["file"].endswith(("/__init__.py", ".pyi"))
            if of == "style" and row["code"].startswith(ERRORS):
                continue  # those were looked for apart, whatever a comment says
            if not (is_export and not self._has_own_rules):
                yield row, of

    def _finding(self, path: str, row: dict[str, Any], of: str) -> ChangeFinding:
        code, line, message = row["code"], row["line"], row["message"]
        if of == "screen":
            serious = row["severity"] in SERIOUS and row["confidence"] in SERIOUS
            text = f"{code} ({row['severity']} severity, {row['confidence']} confidence): {message}"
            blocks = serious and not self._is_test(path)
            return ChangeFinding(kind="security", path=path, line=line, message=text, blocks=blocks)
        if of == "style":
            kind, name = KINDS.get(code, "lint"), named(message) or None
            return ChangeFinding(kind=kind, path=path, line=line, message=f"{code}: {message}", blocks=False, name=name)
        undefined = self._report["undefined"].get(path, {})
        return _change_finding(path, lint_finding(row, undefined, self._certainty(self._files[path])))

    def _certainty(self, file: PythonFile) -> Certain:
        if file.path not in self._certain:
            self._certain[file.path] = _certainty(file, tuple(self._report["version"]))
        return self._certain[file.path]


def _certainty(file: PythonFile, version: tuple[int, ...]) -> Certain:
    try:
        if file.tree:
            return certainty(file.tree, version)
    except RecursionError:
        pass
    # The sandbox's Python can read it, and this one cannot.
    return lambda name, line, column: False


def _absence(one: CheckFinding, answer: Mapping[str, Any]) -> str:
    if one.kind == "not_installed" and answer["what"] == "module" and not answer["foreign"]:
        return f"The package `{one.name}` is neither in the repository nor in its environment."
    return one.message


def _change_finding(path: str, one: CheckFinding, message: str | None = None) -> ChangeFinding:
    text = message or one.message
    return ChangeFinding(
        kind=one.kind, path=path, line=one.line, message=text, blocks=one.blocks, name=one.name or None
    )
