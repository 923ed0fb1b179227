"""What the live view says of a team at work on a repository."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from motet.cli.printing import printable


class RepoLines(ABC):
    """The lines for the events of a repository team; part of `LiveView`."""

    @abstractmethod
    def _line(self, role: str, text: str) -> None: ...

    @abstractmethod
    def _busy(self, what: str | None) -> None: ...

    def _on_reading(self, role: str, event: Mapping[str, Any]) -> None:
        self._busy(f"{role} is reading {event['repository']}")

    def _on_located(self, role: str, event: Mapping[str, Any]) -> None:
        plan = event["plan"]
        for note in event.get("notes", ()):
            self._line(role, short(note))
        for target in plan.targets[:3]:
            self._line(role, f"perhaps {target.name}")
        if not plan.targets:
            self._line(role, "found no code that the issue could be about")
        self._busy(f"{role} is done")

    def _on_reproducing(self, role: str, event: Mapping[str, Any]) -> None:
        self._busy(f"{role} is writing a test of the fault")

    def _on_no_reproduction(self, role: str, event: Mapping[str, Any]) -> None:
        self._line(role, f"no test of the fault: {short(event['problem'])}")

    def _on_baseline_begins(self, role: str, event: Mapping[str, Any]) -> None:
        self._busy(f"{role} is running {len(event['files'])} test files before the change")

    def _on_baseline(self, role: str, event: Mapping[str, Any]) -> None:
        found = event["baseline"]
        if found.infrastructure:
            self._line(role, f"the sandbox failed: {short(found.infrastructure)}")
        told = [f"{len(found.passing)} tests pass before the change"] if found.files else ["no test is affected"]
        told += [f"{len(found.failing)} fail"] if found.failing else []
        told += [f"{len(found.flaky)} are flaky"] if found.flaky else []
        self._line(role, ", ".join(told))
        for one in found.reproductions:
            self._line(role, f"{one.source} shows the fault: {short(last_line(one.failure))}")
        if not found.reproductions:
            self._line(role, "nothing shows the fault yet")
        if event["plan"].targets:
            self._line(role, f"most likely {event['plan'].targets[0].name}")

    def _on_patching(self, role: str, event: Mapping[str, Any]) -> None:
        assignment = event["assignment"]
        where = f" of {assignment.target.name}" if assignment.target else ""
        what = "repairing its patch" if assignment.kind == "repair" else f"writing patch {assignment.index + 1}"
        self._busy(f"{role} is {what}{where}")

    def _on_patch(self, role: str, event: Mapping[str, Any]) -> None:
        one = event["candidate"]
        kind = f"repair of patch {one.repairs + 1}" if one.repairs is not None else "patch"
        self._line(role, f"{kind} {one.index + 1}: {one.lines} lines in {', '.join(one.files[:4])}")

    def _on_patch_report(self, role: str, event: Mapping[str, Any]) -> None:
        report = event["report"]
        if report.infrastructure:
            self._line(role, f"patch {report.candidate + 1}: the sandbox failed: {short(report.infrastructure)}")
            return
        shown = len(report.reproductions)
        told = [f"{report.reproduced} of {shown} tests of the fault pass"] if shown else []
        told += [f"{report.kept} others still pass"]
        told += [f"{len(report.regressions)} broke: {report.regressions[0].id}"] if report.regressions else []
        scope = " (whole suite)" if report.whole else ""
        self._line(role, f"patch {report.candidate + 1}{scope}: {', '.join(told)}")

    def _on_whole_suite(self, role: str, event: Mapping[str, Any]) -> None:
        self._busy(f"{role} is running the whole suite, {event['files']} files, without and with the patch")

    def _on_patch_review(self, role: str, event: Mapping[str, Any]) -> None:
        review = event["review"]
        if not review.remarks:
            self._line(role, "nothing to say against it")
        for remark in review.remarks:
            self._line(role, f"{'blocks' if remark.blocks else 'remark'}: {short(remark.text)}")

    def _on_patch_verdict(self, role: str, event: Mapping[str, Any]) -> None:
        self._busy(None)


def last_line(text: str) -> str:
    """The line of a failure that says what is wrong."""
    lines = [line for line in text.splitlines() if line.strip()]
    said = [line for line in lines if line.startswith("E ")]
    return (said or lines or [""])[0].removeprefix("E").strip()


def short(text: str, length: int = 160) -> str:
    """Text in one line that is not too long."""
    text = printable(" ".join(text.split()))
    return text if len(text) <= length else f"{text[: length - 1]}…"
