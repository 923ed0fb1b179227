"""Reads what a rerun saw, strictly, and joins it with what the test run decided."""

import ast
import re
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from motet.tools.diagnosis.diagnosis import Diagnosis, DiagnosisKind, Frame
from motet.tools.diagnosis.printable import one_line, printable
from motet.tools.literals import source_of
from motet.tools.testing import CaseResult
from motet.tools.testing.endings import payload_of
from motet.tools.testing.plain import decode
from motet.tools.testing.questions import Question

STUCK_LINE = re.compile(r'^  File "[^"\n]*\bsolution\.py", line (\d{1,6}) in (.{1,200})$', re.MULTILINE)

SYMMETRIC = ("==", "!=", "is", "is not")

Short = Annotated[str, AfterValidator(one_line)]
Long = Annotated[str, AfterValidator(printable)]


class _Said(BaseModel):
    """What a worker says has to look like; anything else was not said."""

    model_config = ConfigDict(strict=True)


class _FrameSaid(_Said):
    function: Short
    line: Annotated[int, Field(ge=0, lt=10_000_000)]
    locals: Annotated[dict[Short, Short], Field(max_length=24)] = Field(default_factory=dict)
    skipped: Annotated[int, Field(ge=0, lt=10_000_000)] = 0


class _ErrorSaid(_Said):
    type: Short
    text: Long


class _Sighting(_Said):
    kind: Literal["raised", "returned", "busy"]
    step: Annotated[int, Field(ge=0)] | None
    frames: Annotated[list[_FrameSaid], Field(max_length=8)] = Field(default_factory=list)
    error: _ErrorSaid | None = None
    sides: Annotated[list[Short], Field(min_length=3, max_length=3)] | None = None
    related: Annotated[list[Short], Field(max_length=8)] = Field(default_factory=list)
    values: Annotated[list[dict[str, Any]], Field(max_length=1)] = Field(default_factory=list)
    printed: Long | None = None
    test_line: int | None = None


class _Asked(NamedTuple):
    """What a test asked and compared."""

    call: str | None
    actual: str | None = None
    expected: str | None = None
    operator: str = "=="
    step: int | None = None


class Sightings:
    """What the worker said it saw.

    Args:
        code: The code under test; source lines are taken from here.
        report: What the rerun printed; `None` if it did not come to its end.
    """

    def __init__(self, code: str, report: dict[str, Any] | None) -> None:
        self._lines = code.split("\n")
        self._seen: list[_Sighting] = []
        for kind, step, payload in (report or {}).get("events", []):
            if payload is not None:
                try:
                    self._seen.append(_Sighting.model_validate({**payload_of(payload), "kind": kind, "step": step}))
                except ValidationError:
                    continue  # a diagnosis without it is a diagnosis still
        self._stuck = self._read_stuck((report or {}).get("stuck", ""))

    def undecided(self) -> bool:
        """Whether values came out that only their own process can compare."""
        return any(seen.kind == "returned" and seen.values and "data" not in seen.values[0] for seen in self._seen)

    def of_case(self, question: Question, result: CaseResult) -> Diagnosis:
        """Why a case failed."""
        seen = self._last("raised")
        loads_not = seen is not None and seen.step is None
        return self._diagnosis(result, _Asked(None) if loads_not else self._asked(question, result))

    def of_test(self, result: CaseResult, source: str) -> Diagnosis:
        """Why a test of a pytest file failed."""
        seen = self._last("raised")
        lines = source.split("\n")
        line = seen.test_line if seen and seen.test_line and 0 < seen.test_line <= len(lines) else None
        words = lines[line - 1].strip() if line else result.name
        if seen and seen.sides:
            actual, operator, expected = seen.sides
            return self._diagnosis(result, _Asked(_left_of(words), actual, expected, operator))
        return self._diagnosis(result, _Asked(words))

    def _diagnosis(self, result: CaseResult, asked: _Asked) -> Diagnosis:
        kind = self._kind(result)
        seen = self._last("raised") if kind == "raised" else None
        if kind == "timeout":
            frames = self._frames(self._last("busy")) or self._stuck
        elif kind == "wrong_value":
            frames = self._frames(self._came_from(asked.step))
        else:
            frames = self._frames(seen)
        error = seen.error if seen else None
        return Diagnosis(
            kind=kind,
            test=result.name,
            call=asked.call and one_line(asked.call),
            exception=error.type if error else (result.exception if kind == "raised" else None),
            message=error.text if error else printable(result.message.removeprefix(f"{result.exception}: ")),
            expected=asked.expected and one_line(asked.expected),
            actual=asked.actual and one_line(asked.actual),
            operator=asked.operator,
            frames=frames,
            related=tuple(seen.related) if seen else (),
        )

    def _asked(self, question: Question, result: CaseResult) -> _Asked:
        case = question.case
        raised = self._last("raised")
        if case.kind == "doctest":
            seen = self._returned(0)
            actual = seen.printed.strip() if seen and seen.printed is not None else None
            return _Asked(case.code.strip(), actual, case.expected.strip() if case.expected else None, step=0)
        if case.kind == "call":
            expected = source_of(question.expected) if question.expects_literal else case.expected
            seen = self._returned(0)
            shown = seen.values[0].get("shown") if seen and seen.values else None
            return _Asked(case.code.strip(), result.value or shown, expected, step=0)
        if raised is not None:
            whole = case.code.strip()
            if raised.sides:
                left, operator, right = raised.sides
                return _Asked(whole, left, right, operator, raised.step)
            steps = question.steps if result.outcome == "error" else []
            called = next((source for number, (_, source) in enumerate(steps) if number == raised.step), whole)
            return _Asked(called, step=raised.step)
        return self._failed_check(question) or _Asked(case.code.strip())

    def _failed_check(self, question: Question) -> _Asked | None:
        """The assert that fails, decided here once more."""
        evaluated = [number for number, (kind, _) in enumerate(question.steps) if kind == "eval"]
        try:
            given = {seen.step: decode(seen.values[0]["data"]) for seen in self._seen if seen.values}
            observed = [given[number] for number in evaluated]
            check = next(check for check in question.checks if check.failure(observed) is not None)
        except Exception:
            return None  # whatever was said, no more than this is lost
        first, second = check.left, check.right
        if first.step is None and check.symbol in SYMMETRIC:
            first, second = second, first  # `assert 4 == f(2)`
        if first.step is None:
            return None
        place = evaluated[first.step]
        set_up = [source for kind, source in question.steps[:place] if kind == "exec"]
        call, actual = "; ".join([*set_up, question.steps[place][1]]), source_of(first.value(observed))
        if check.symbol in ("truth", "falsity"):
            return _Asked(call, actual, f"a {'true' if check.symbol == 'truth' else 'false'} value", step=place)
        return _Asked(call, actual, source_of(second.value(observed)), check.symbol, place)

    def _last(self, kind: str) -> _Sighting | None:
        return next((seen for seen in reversed(self._seen) if seen.kind == kind), None)

    def _returned(self, step: int | None) -> _Sighting | None:
        return next((seen for seen in self._seen if seen.kind == "returned" and seen.step == step), None)

    def _came_from(self, step: int | None) -> _Sighting | None:
        """Where the code under test returned: in the step that gave the value, or in the set-up before it."""
        there = [seen for seen in self._seen if seen.frames and (step is None or seen.step == step)]
        before = [seen for seen in self._seen if seen.frames and not seen.values and (seen.step or 0) <= (step or 0)]
        return next(reversed(there or before), None)

    def _frames(self, seen: _Sighting | None) -> tuple[Frame, ...]:
        return tuple(self._frame(**said.model_dump()) for said in (seen.frames if seen else ()))

    def _frame(self, *, function: str, line: int, **more: Any) -> Frame:
        source = self._lines[line - 1].strip() if 0 < line <= len(self._lines) else ""
        return Frame(function=function.replace(".<locals>", ""), line=line, source=one_line(source), **more)

    def _kind(self, result: CaseResult) -> DiagnosisKind:
        if result.outcome == "timeout":
            return "timeout"
        if result.outcome == "failed":
            return "wrong_value"
        return "raised" if result.exception or self._last("raised") else "died"

    def _read_stuck(self, words: str) -> tuple[Frame, ...]:
        """What is known where a call into C did not come back: places without values, the innermost first."""
        found = STUCK_LINE.findall(words)[:4]
        return tuple(self._frame(function=one_line(name), line=int(line)) for line, name in reversed(found))


def _left_of(assertion: str) -> str:
    """What an assert on one line compares, or the line."""
    try:
        match ast.parse(assertion).body:
            case [ast.Assert(test=ast.Compare(left=left))]:
                return ast.unparse(left)
    except (SyntaxError, ValueError):
        pass
    return assertion
