"""Runs one candidate on everything that there is to hold it against."""

from typing import NamedTuple

from motet.agents.candidate import Candidate
from motet.agents.cases import example_cases
from motet.agents.contract import Contract
from motet.agents.diagnosing import diagnose, loading_case
from motet.agents.evidence import Report
from motet.agents.inspection import inspect_code
from motet.tools.diagnosis import Diagnosis, read_traceback
from motet.tools.sandbox import Execution, Session
from motet.tools.testing import Case, CaseResult, UserTests, arun_cases


class _Shown(NamedTuple):
    """What a candidate showed without the user's tests."""

    loads: CaseResult
    examples: tuple[CaseResult, ...]
    observations: tuple[CaseResult, ...]
    execution: Execution
    tampering: str | None = None
    diagnosis: Diagnosis | None = None
    """For a program: what it says itself."""


async def examine(
    session: Session,
    candidate: Candidate,
    contract: Contract,
    *,
    inputs: tuple[str, ...] = (),
    given: UserTests | None = None,
    diagnosed: bool = False,
) -> Report:
    """Check one candidate as it stands, then run it on the task's examples, on shared inputs and on the user's tests.

    With `diagnosed`, the first trusted test that fails is run once more to find out why.
    """
    static = await inspect_code(session, candidate.code)
    is_program = contract.kind == "program"
    shown = await (_run_program(session, candidate) if is_program else _call(session, candidate, contract, inputs))
    given_run = await given.arun(session, candidate.code) if given else None
    executions = [shown.execution, *([given_run.execution] if given_run else [])]
    broken = next((one for one in executions if one.verdict == "infrastructure"), None)
    report = Report(
        candidate=candidate.index,
        loads=shown.loads,
        given=given_run.results if given_run else (),
        examples=shown.examples,
        observations=shown.observations,
        sandbox=shown.execution.sandbox,
        isolated=all(one.isolated for one in executions),
        static=static,
        inspected=True,
        tampering=shown.tampering or (given_run.tampering if given_run else None),
        infrastructure=broken.stderr if broken else None,
    )
    if not diagnosed:
        return report
    found = shown.diagnosis or await diagnose(session, candidate, contract, report, given)
    return report.model_copy(update={"diagnosis": found})


async def _call(session: Session, candidate: Candidate, contract: Contract, inputs: tuple[str, ...]) -> _Shown:
    loads = loading_case(contract)
    examples = example_cases(contract)
    observed = [Case(name=call, kind="call", code=call) for call in inputs]
    run = await arun_cases(session, candidate.code, [loads, *examples, *observed])
    first, last = 1, len(examples) + 1
    return _Shown(run.results[0], run.results[first:last], run.results[last:], run.execution, run.tampering)


async def _run_program(session: Session, candidate: Candidate) -> _Shown:
    """Start a program with nothing to read; what it prints is compared with what others print."""
    done = await session.arun(["python3", "solution.py"], files={"solution.py": candidate.code})
    last_line = (done.stderr.strip().splitlines() or [""])[-1]
    asks_for_input = done.verdict == "failed" and last_line.startswith("EOFError")
    runs = done.verdict == "ok" or asks_for_input
    loads = CaseResult(name="loads", outcome="passed" if runs else "failed", message="" if runs else last_line)
    printed = CaseResult(name="output", outcome="passed", value=repr(done.stdout))
    diagnosis = None if runs else read_traceback(done.stderr)
    compared = (printed,) if done.verdict == "ok" and done.stdout.strip() else ()
    return _Shown(loads, (), compared, done, diagnosis=diagnosis)
