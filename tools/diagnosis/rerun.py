"""Runs a failing test once more in a sandbox, to see where the code went and with what values.

What comes out was said in the process of the code under test, so nothing is believed: it is read strictly, cut to size,
and only says *where*. What a test expected and whether it passed stays what was decided outside of that process, and
expected literals do not go in.
"""

from collections.abc import Sequence
from typing import Any

from motet.tools.diagnosis.diagnosis import Diagnosis
from motet.tools.diagnosis.sightings import Sightings
from motet.tools.sandbox import Files, Limits, Session
from motet.tools.sandbox.protocol import DEFAULT_LIMITS
from motet.tools.testing import Case, CaseResult, questions
from motet.tools.testing.canaries import Canaries
from motet.tools.testing.pytest_files import text_of
from motet.tools.testing.request import Exchange, adrive, answer_to, drive, request_for

HERE = "motet.tools.diagnosis"
CASE_MODULES = ("encoding", "describing", "comparing", "worker", "judge", "case_worker")
PYTEST_MODULES = (*CASE_MODULES, "integrity", "pytest_worker")
OURS = (f"{HERE}.snapshots", f"{HERE}.watching")
BUSY_SECONDS = 1.0
"""A test that did not end within its time is looked at after this."""
LOADING_SECONDS = 9.0
VALUE_ROOM = 16 * 1024
"""Characters of source that a value may take: it is to be shown, and has been compared."""


def diagnose_case(
    session: Session,
    code: str,
    result: CaseResult,
    cases: Sequence[Case],
    *,
    limits: Limits = DEFAULT_LIMITS,
    case_seconds: float = 3.0,
) -> Diagnosis:
    """Find out why a case failed.

    Args:
        session: Where it runs once more.
        code: The code under test.
        result: What `run_cases` said of the case.
        cases: The cases that were run; a doctest may need those before it.
        limits: For the run.
        case_seconds: How long the case may take.
    """
    return drive(session, _of_case(code, result, cases, limits, case_seconds))


async def adiagnose_case(
    session: Session,
    code: str,
    result: CaseResult,
    cases: Sequence[Case],
    *,
    limits: Limits = DEFAULT_LIMITS,
    case_seconds: float = 3.0,
) -> Diagnosis:
    """As `diagnose_case`, without blocking the event loop."""
    return await adrive(session, _of_case(code, result, cases, limits, case_seconds))


def diagnose_test(
    session: Session,
    code: str,
    result: CaseResult,
    tests: Files,
    *,
    limits: Limits = DEFAULT_LIMITS,
    test_seconds: float = 5.0,
) -> Diagnosis:
    """Find out why a test of a pytest file failed.

    Args:
        session: Where it runs once more.
        code: The code under test, which the tests import as `solution`.
        result: What `run_pytest` said of the test.
        tests: The test files.
        limits: For the run.
        test_seconds: How long the test may take.
    """
    return drive(session, _of_test(code, result, tests, limits, test_seconds))


async def adiagnose_test(
    session: Session,
    code: str,
    result: CaseResult,
    tests: Files,
    *,
    limits: Limits = DEFAULT_LIMITS,
    test_seconds: float = 5.0,
) -> Diagnosis:
    """As `diagnose_test`, without blocking the event loop."""
    return await adrive(session, _of_test(code, result, tests, limits, test_seconds))


def _of_case(code: str, result: CaseResult, cases: Sequence[Case], limits: Limits, seconds: float) -> Exchange:
    place = next((number for number, case in enumerate(cases) if case.name == result.name), None)
    if place is None:
        raise ValueError(f"There is no case {result.name!r} among those given.")
    case = cases[place]
    question = questions.ask(case)
    if question.problem:
        return Diagnosis(kind="wrong_value", test=case.name, call=case.code, message=result.message)
    is_doctest = case.kind == "doctest"
    before = [questions.ask(one).steps for one in cases[:place] if is_doctest and one.kind == "doctest"]
    job = {
        "code": code,
        "before": [step for steps in before for step in steps],
        "steps": question.steps,
        "value_room": min(question.room, VALUE_ROOM),
        "load_seconds": LOADING_SECONDS,
        "test_seconds": BUSY_SECONDS if result.outcome == "timeout" else seconds,
    }
    sightings = yield from _look(job, (*CASE_MODULES, *OURS, f"{HERE}.case_rerun"), code, limits)
    if case.kind == "statement" and sightings.undecided():
        question = question.asked_within()
        job["steps"] = question.steps
        sightings = yield from _look(job, (*CASE_MODULES, *OURS, f"{HERE}.case_rerun"), code, limits)
    return sightings.of_case(question, result)


def _of_test(code: str, result: CaseResult, tests: Files, limits: Limits, seconds: float) -> Exchange:
    path = result.name.partition("::")[0]
    job = {
        "code": code,
        "tests": {name: _hex(content) for name, content in tests.items()},
        "batches": [],
        "with_unittest": Canaries(tests).with_unittest,
        "test": result.name,
        "load_seconds": LOADING_SECONDS,
        "test_seconds": BUSY_SECONDS if result.outcome == "timeout" else seconds,
    }
    sightings = yield from _look(job, (*PYTEST_MODULES, *OURS, f"{HERE}.pytest_rerun"), code, limits)
    return sightings.of_test(result, text_of(tests.get(path, "")))


def _look(job: dict[str, Any], modules: Sequence[str], code: str, limits: Limits) -> Exchange:
    request = request_for(job, modules, files={"solution.py": code}, limits=limits, judge=f"{HERE}.watching")
    answer = answer_to(request, (yield request))
    return Sightings(code, answer.report)


def _hex(content: str | bytes) -> str:
    return (content.encode() if isinstance(content, str) else content).hex()
