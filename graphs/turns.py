"""What the voices tell, made readable: one turn for each event that is worth a look."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from motet.agents import Assignment, Candidate, Contract, Report
from motet.graphs.telling import tested
from motet.tools.testing import CaseResult

Event = Mapping[str, Any]
Mark = Literal["good", "bad", "none"]
LONGEST = 2_000
"""Characters of one piece of text: a message can hold all that a program printed."""


@dataclass(frozen=True)
class Row:
    """One fact: an example, a test's result, a finding."""

    name: str
    text: str = ""
    mark: Mark = "none"


@dataclass(frozen=True)
class Turn:
    """What one voice did at one time. All texts are safe to print: what does not print is shown as its escape."""

    role: str
    title: str
    note: str = ""
    """Why, in a sentence."""
    code: str = ""
    rows: tuple[Row, ...] = ()
    aside: tuple[Row, ...] = ()
    """Facts that only help to compare."""
    mark: Mark = "none"

    def as_text(self) -> Iterator[str]:
        """The turn in lines."""
        yield f"{self.role:>8}  {self.title}"
        blank = " " * 10
        if self.note:
            yield f"{blank}{self.note}"
        for line in self.code.splitlines():
            yield f"{blank}| {line}".rstrip()
        for row in self.rows:
            sign = {"good": "+ ", "bad": "- ", "none": ""}[row.mark]
            yield f"{blank}{sign}{': '.join(part for part in (row.name, ' '.join(row.text.splitlines())) if part)}"
        if self.aside:
            yield f"{blank}compared on {len(self.aside)} further inputs"


@dataclass
class Seen:
    """What earlier events told that later ones refer to."""

    reasons: dict[int, str] = field(default_factory=dict)
    """Why an answer was asked for, by its index."""
    examples: dict[str, str] = field(default_factory=dict)
    """What an example says, by its name."""


def turns_of(events: Iterable[Event]) -> tuple[Turn, ...]:
    """Read what the voices told, in order."""
    seen = Seen()
    turns: list[Turn] = []
    for event in events:
        if isinstance(assignment := event.get("assignment"), Assignment):
            seen.reasons[assignment.index] = assignment.reason
        if isinstance(contract := event.get("contract"), Contract):
            seen.examples = {f"example {number}": one.text for number, one in enumerate(contract.examples, 1)}
        if event["event"] not in QUIET:
            reader = READERS.get(event["event"], _other)
            turns.append(reader(event["role"], event, seen))
    return tuple(turns)


def printable(text: object, longest: int = LONGEST) -> str:
    """Text with escapes in place of control characters, which could steer a terminal or turn the reading direction."""
    whole = str(text)
    cut = whole if len(whole) <= longest else f"{whole[:longest]} … ({len(whole) - longest:,} characters more)"
    return "".join(
        one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape", "replace").decode() for one in cut
    )


def _contract(role: str, event: Event, seen: Seen) -> Turn:
    contract: Contract = event["contract"]
    title = (contract.signature or contract.entry_point or f"a {contract.kind}").removesuffix(":")
    examples = [
        Row(printable(one.code), "" if one.expected is None else printable(one.expected)) for one in contract.examples
    ]
    constraints = [Row("constraint", printable(one)) for one in contract.constraints]
    return Turn(role, printable(title), f"{len(examples)} examples in the task", rows=(*examples, *constraints))


def _plan(role: str, event: Event, seen: Seen) -> Turn:
    steps = enumerate(event["plan"].steps, 1)
    return Turn(role, "plan", rows=tuple(Row(str(number), printable(step)) for number, step in steps))


def _recalled(role: str, event: Event, seen: Seen) -> Turn:
    rows = [
        Row(
            one.pattern,
            f"{one.similarity:.0%} alike, as {one.kind}: {printable(one.problem) if one.problem else 'of use'}",
            "bad" if one.problem else "good",
        )
        for one in event["recalled"]
    ]
    return Turn(role, "what came to mind" if rows else "nothing came to mind", rows=tuple(rows))


def _no_memory(role: str, event: Event, seen: Seen) -> Turn:
    return Turn(role, "works without the memory", printable(event["problem"]), mark="bad")


def _learned(role: str, event: Event, seen: Seen) -> Turn:
    admission = event["admission"]
    return Turn(role, admission.outcome, printable(admission.reason), mark=_mark(admission.outcome != "refused"))


def _candidate(role: str, event: Event, seen: Seen) -> Turn:
    candidate: Candidate = event["candidate"]
    kind = candidate.origin if candidate.repairs is None else f"repair of answer {candidate.repairs + 1}"
    title = f"answer {candidate.index + 1} ({kind})"
    return Turn(role, title, printable(seen.reasons.get(candidate.index, "")), code=printable(candidate.code, 50_000))


def _void(role: str, event: Event, seen: Seen) -> Turn:
    return Turn(role, f"answer {event['answer'].index + 1} is void", printable(event["answer"].problem), mark="bad")


def _report(role: str, event: Event, seen: Seen) -> Turn:
    report: Report = event["report"]
    title = f"answer {report.candidate + 1} in {report.sandbox}"
    if report.infrastructure:
        return Turn(role, title, f"the sandbox failed: {printable(report.infrastructure)}", mark="bad")
    rows = [_result(one, seen) for one in report.trusted]
    if report.loads.outcome != "passed":
        rows.insert(0, _result(report.loads, seen))
    rows += [Row(one.kind, printable(one.text), "bad" if one.blocks else "none") for one in report.static]
    if report.diagnosis:
        rows.append(Row("why", printable(report.diagnosis.text())))
    if report.tampering:
        rows.insert(0, Row("tampering", printable(report.tampering), "bad"))
    aside = [
        Row(printable(one.name), printable(one.value or one.exception or one.outcome)) for one in report.observations
    ]
    passed = sum(one.outcome == "passed" for one in report.trusted)
    note = f"{passed} of {len(report.trusted)} trusted tests passed" if report.trusted else "no test to hold it against"
    mark: Mark = "bad" if any(row.mark == "bad" for row in rows) else "good" if rows else "none"
    return Turn(role, title, note, rows=tuple(rows), aside=tuple(aside), mark=mark)


def _result(result: CaseResult, seen: Seen) -> Row:
    if result.outcome == "passed":
        return Row(printable(result.name), printable(seen.examples.get(result.name, "")), "good")
    return Row(printable(result.name), printable(result.message or result.outcome), "bad")


def _review(role: str, event: Event, seen: Seen) -> Turn:
    review = event["review"]
    rows = [Row(one.kind, printable(one.text), "bad" if one.blocks else "none") for one in review.findings]
    title = f"answer {review.candidate + 1}: {'blocked' if review.blocks else 'nothing to block'}"
    return Turn(role, title, rows=tuple(rows), mark=_mark(not review.blocks))


def _verdict(role: str, event: Event, seen: Seen) -> Turn:
    rows = [Row("", printable(line)) for line in tested(event["evidence"])]
    marks: dict[str, Mark] = {"verified": "good", "unverified": "bad"}
    return Turn(
        role,
        event["verdict"],
        printable(event["evidence"].reason),
        rows=tuple(rows),
        mark=marks.get(event["verdict"], "none"),
    )


def _decision(role: str, event: Event, seen: Seen) -> Turn:
    decision = event["decision"]
    answer = decision.answer
    words = getattr(answer, "feedback", None) or ""
    code = getattr(answer, "code", "")
    return Turn(role, f"{answer.decision}: {decision.what}", printable(words), code=printable(code, 50_000))


def _other(role: str, event: Event, seen: Seen) -> Turn:
    told = [f"{key}: {value}" for key, value in event.items() if key not in ("role", "event", "index")]
    return Turn(printable(role, 80), printable(event["event"].replace("_", " "), 200), printable("; ".join(told), 500))


def _mark(good: bool) -> Mark:
    return "good" if good else "bad"


QUIET = frozenset({"writing", "choosing", "inputs", "testing"})
"""Beginnings: what comes of them is told later."""
READERS: Mapping[str, Callable[[str, Event, Seen], Turn]] = {
    "contract": _contract,
    "plan": _plan,
    "recalled": _recalled,
    "no_memory": _no_memory,
    "learned": _learned,
    "candidate": _candidate,
    "void": _void,
    "report": _report,
    "review": _review,
    "verdict": _verdict,
    "decision": _decision,
}
