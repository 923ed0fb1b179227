"""One case: what the worker is asked, and what its answer means."""

import ast
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from motet.tools.literals import NotLiteralError, literal, source_of
from motet.tools.testing import doctests
from motet.tools.testing.endings import error_text
from motet.tools.testing.plain import decode, same
from motet.tools.testing.protocol import Case, CaseResult, Outcome
from motet.tools.testing.statements import Check, Step, take_apart, whole

ROOM = 64 * 1024
"""Characters of source that a value may take; more where the expected value does."""

UNDECIDED = CaseResult(name="", outcome="not_run")
"""Stands for: the values are not plain data, so the case has to be asked again, to be decided where they live."""


class _MalformedError(Exception):
    """The worker did not answer as ours do."""


@dataclass(frozen=True)
class Question:
    """A case, made ready for the worker."""

    case: Case
    steps: list[Step] = field(default_factory=list)
    room: int = ROOM
    decided_within: bool = False
    """Whether the worker decides anything: it may be lying then, and a canary is sent along."""
    checks: list[Check] = field(default_factory=list)
    expected: Any = None
    expects_literal: bool = False
    problem: str = ""
    """Why it cannot be asked, if it cannot."""

    @property
    def name(self) -> str:
        """The case's name."""
        return self.case.name

    def task(self) -> dict[str, Any]:
        """What the worker is told."""
        return {"steps": self.steps, "room": self.room, "shared": self.case.kind == "doctest"}

    def invalid(self) -> CaseResult:
        """The result where it was not asked at all."""
        return CaseResult(name=self.name, outcome="error", message=self.problem)

    def asked_within(self) -> "Question":
        """The same question, to be decided in the worker."""
        source = self.case.code
        if self.case.kind == "call":
            source = f"assert ({self.case.code.strip()}) == ({self.case.expected})"
        return replace(self, steps=[("exec", whole(source))], checks=[], decided_within=True)

    def decide(self, answer: dict[str, Any], seconds: float) -> CaseResult:
        """What the answer means."""
        try:
            error = answer.get("error")
            if self.case.kind == "doctest":
                return self._decide_doctest(answer, seconds)
            if error is not None:
                return self._raised(error, seconds)
            observed = [_Observed(value) for value in answer["values"]]
            if len(observed) != sum(kind == "eval" for kind, _ in self.steps):
                raise _MalformedError
            return self._decide_values(observed, seconds)
        except (_MalformedError, KeyError, TypeError, AttributeError, IndexError):
            return self._result("error", seconds, "the answer of the worker makes no sense: something wrote into it")

    def _decide_values(self, observed: "list[_Observed]", seconds: float) -> CaseResult:
        if self.decided_within or self.case.kind == "statement":
            if not all(value.plain for value in observed):
                return UNDECIDED
            return self._decide_checks([value.data for value in observed], seconds)
        value = observed[0].source
        if self.case.expected is None:
            return self._result("passed", seconds, value=value)
        if len(observed) > 1 and not (observed[0].plain and observed[1].plain):
            return UNDECIDED
        expected = self.expected if self.expects_literal else observed[1].data
        if observed[0].plain and _same(observed[0].data, expected):
            return self._result("passed", seconds, value=value)
        message = f"{self.case.code.strip()} gave {value:.1000}, expected {source_of(expected):.1000}"
        return self._result("failed", seconds, message, value=value)

    def _decide_checks(self, values: list[Any], seconds: float) -> CaseResult:
        for check in self.checks:
            try:
                failure = check.failure(values)
            except Exception as error:
                return self._result(
                    "error", seconds, f"{type(error).__name__}: {error}", exception=type(error).__name__
                )
            if failure is not None:
                return self._result("failed", seconds, failure[:2000])
        return self._result("passed", seconds)

    def _decide_doctest(self, answer: dict[str, Any], seconds: float) -> CaseResult:
        error, printed = answer.get("error"), str(answer.get("printed", ""))
        name = str(error["type"]) if error else None
        if self.case.expected is None:
            return self._raised(error, seconds) if error else self._result("passed", seconds)
        directives = doctests.options(self.case.code)
        failure = doctests.judge(self.case.expected, printed, error, directives)
        outcome: Outcome = "passed" if failure is None else "error" if error else "failed"
        return self._result(outcome, seconds, failure or "", exception=name)

    def _raised(self, error: dict[str, Any], seconds: float) -> CaseResult:
        failed = error["assertion"] and (self.case.kind == "statement" or self.decided_within)
        message = str(error["text"]) if failed and error["text"] else error_text(error)
        return self._result("failed" if failed else "error", seconds, message, exception=str(error["type"]))

    def _result(
        self,
        outcome: Outcome,
        seconds: float,
        message: str = "",
        value: str | None = None,
        exception: str | None = None,
    ) -> CaseResult:
        return CaseResult(
            name=self.name, outcome=outcome, seconds=seconds, message=message, value=value, exception=exception
        )


class _Observed:
    """A value as the worker sent it."""

    def __init__(self, sent: dict[str, Any]) -> None:
        self.plain = "data" in sent
        try:
            self.data = decode(sent["data"]) if self.plain else None
        except ValueError as error:
            raise _MalformedError from error
        self.source = source_of(self.data) if self.plain else str(sent["shown"])


def ask(case: Case) -> Question:
    """Make a question of a case; one that cannot be asked has a `problem` and no steps."""
    try:
        match case.kind:
            case "statement":
                parts = take_apart(case.code)
                return Question(case, parts.steps, decided_within=parts.asserts_inside, checks=parts.checks)
            case "doctest":
                doctests.options(case.code)
                return Question(case, [("single", case.code)])
        return _ask_call(case)
    except (SyntaxError, ValueError, RecursionError) as error:
        return Question(case, problem=f"the case is not valid: {error}")


def canary() -> Question:
    """A statement that must fail."""
    left, right = secrets.token_hex(4), secrets.token_hex(4)
    code = f"seen = {left!r}\nassert seen == {right!r}"
    return Question(Case(name=secrets.token_hex(8), kind="statement", code=code), [("exec", code)], decided_within=True)


def error_of(error: dict[str, Any]) -> str:
    """The text of an exception that a worker described, whatever it sent."""
    try:
        return error_text(error)
    except KeyError:
        return "it does not say why"


def _ask_call(case: Case) -> Question:
    code = _expression(case.code)
    if case.expected is None:
        return Question(case, [("eval", code)])
    expected = _expression(case.expected)
    try:
        value = literal(expected)
    except NotLiteralError:
        return Question(case, [("eval", code), ("eval", expected)])
    room = max(ROOM, 2 * len(source_of(value)))
    return Question(case, [("eval", code)], room, expected=value, expects_literal=True)


def _expression(source: str) -> str:
    ast.parse(source.strip(), mode="eval")
    return source.strip()


def _same(actual: Any, expected: Any) -> bool:
    try:
        return same(actual, expected)
    except Exception:
        return False  # such as a signalling NaN, which does not even compare
