"""Asks cases of a module of code in a sandbox, and decides on the host what came back."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from motet.tools.sandbox import Limits, Session
from motet.tools.sandbox.protocol import DEFAULT_LIMITS
from motet.tools.testing import endings, questions
from motet.tools.testing.protocol import Case, CaseResult, TestRun
from motet.tools.testing.request import Answer, Exchange, adrive, answer_to, drive, request_for

MODULES = ("encoding", "describing", "comparing", "worker", "judge", "case_worker")
LOADING = 3
"""How many times the time for a case the code may take to load: libraries are slow to import."""
CANARY = "a statement that must fail was reported as passed"


def run_cases(
    session: Session,
    code: str,
    cases: Sequence[Case],
    *,
    limits: Limits = DEFAULT_LIMITS,
    case_seconds: float = 3.0,
) -> TestRun:
    """Load code as the module `solution` and ask it cases, one after the other, in one process.

    A case that ends the process or hangs is an `error` or a `timeout`; the cases behind it are asked in a new process.
    Values of `call` cases, and the sides of top-level asserts, come out of the sandbox as plain data and are compared
    here: literals that are expected never go in. Only where a value is not plain data is it compared where it lives, in
    a second run; code that hunts for the harness in its own process could lie there, as in asserts within loops or
    functions and in statements that just must not raise.

    Args:
        session: Where it runs.
        code: The code under test. Its `if __name__ == "__main__"` part does not run.
        cases: The questions, with unique names.
        limits: For the whole run; of the output limits only those for stderr count.
        case_seconds: How long one case may take; loading the code may take three times as long.
    """
    return drive(session, _exchange(code, cases, limits, case_seconds))


async def arun_cases(
    session: Session,
    code: str,
    cases: Sequence[Case],
    *,
    limits: Limits = DEFAULT_LIMITS,
    case_seconds: float = 3.0,
) -> TestRun:
    """As `run_cases`, without blocking the event loop."""
    return await adrive(session, _exchange(code, cases, limits, case_seconds))


def _exchange(code: str, cases: Sequence[Case], limits: Limits, case_seconds: float) -> Exchange:
    asked = {case.name: questions.ask(case) for case in cases}
    if len(asked) != len(cases):
        raise ValueError("Two cases have the same name; give each its own, results are told apart by it.")
    results: dict[str, CaseResult] = {}
    answer, tampering = yield from _round(code, asked, limits, case_seconds, results)
    again = {name: asked[name].asked_within() for name, result in results.items() if result is questions.UNDECIDED}
    if again and tampering is None:
        answer, tampering = yield from _round(code, again, limits, case_seconds, results)
    ordered = [results[case.name] for case in cases]
    if tampering is not None:
        return TestRun(results=endings.void(ordered, tampering), execution=answer.execution, tampering=tampering)
    return TestRun(results=tuple(ordered), execution=answer.execution)


def _round(
    code: str,
    asked: Mapping[str, questions.Question],
    limits: Limits,
    case_seconds: float,
    results: dict[str, CaseResult],
) -> Exchange:
    """One run of the judge: enters a result for each question, and returns what tampering it showed."""
    sent = [question for question in asked.values() if not question.problem]
    canaries: list[questions.Question] = []
    if any(question.decided_within for question in sent):
        # The last finds what the cases have led to; the other one is where nobody expects it.
        canaries = [questions.canary(), questions.canary()]
        sent.insert(secrets.randbelow(len(sent) + 1), canaries[0])
        sent.append(canaries[1])
    job = {
        "code": code,
        "cases": [question.task() for question in sent],
        "case_seconds": case_seconds,
        "load_seconds": case_seconds * LOADING,
    }
    request = request_for(job, MODULES, files={"solution.py": code}, limits=limits)
    answer = answer_to(request, (yield request))
    heard = _hear(answer, sent)
    for name, question in asked.items():
        results[name] = heard.get(name) or question.invalid()
    tampered = any(heard[canary.name].outcome == "passed" for canary in canaries)
    return answer, CANARY if tampered else None


def _hear(answer: Answer, asked: Sequence[questions.Question]) -> dict[str, CaseResult]:
    """A result for each question that was asked, whatever has become of it."""
    if answer.report is None:
        outcome, message = endings.of_run(answer.execution)
        return {question.name: CaseResult(name=question.name, outcome=outcome, message=message) for question in asked}
    heard: dict[str, CaseResult] = {}
    rest: tuple[Any, str] = ("not_run", "the time for the whole run was used up before it")
    for run in answer.report["batches"][0]:
        for kind, item, seconds, payload in run["events"]:
            if kind == "done" and 0 <= item < len(asked):
                question = asked[item]
                heard.setdefault(question.name, question.decide(endings.payload_of(payload), seconds))
            elif kind == "note":
                rest = "error", f"the code does not load: {questions.error_of(endings.payload_of(payload))}"
        if isinstance(during := run["during"], int) and 0 <= during < len(asked):
            outcome, message = endings.of_worker(run, "running the case")
            result = CaseResult(name=asked[during].name, outcome=outcome, message=message, seconds=run["seconds"])
            heard.setdefault(asked[during].name, result)
        elif not run["loaded"] and rest[0] == "not_run":
            rest = endings.of_worker(run, "loading the code")
        elif run["loaded"] and run["ending"] == "exit":
            rest = "not_run", "the process ended before it"
    for question in asked:
        heard.setdefault(question.name, CaseResult(name=question.name, outcome=rest[0], message=rest[1]))
    return heard
