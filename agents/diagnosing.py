"""From a candidate's report to a diagnosis of its first failure that counts."""

from motet.agents.candidate import Candidate
from motet.agents.cases import example_cases
from motet.agents.contract import Contract
from motet.agents.evidence import Report
from motet.tools.diagnosis import Diagnosis, adiagnose_case, adiagnose_test
from motet.tools.sandbox import Session
from motet.tools.testing import Case, UserTests


def loading_case(contract: Contract) -> Case:
    """Whether the module loads and has what is to be called."""
    return Case(name="loads", kind="statement", code=contract.defines or "pass")


async def diagnose(
    session: Session, candidate: Candidate, contract: Contract, report: Report, given: UserTests | None
) -> Diagnosis | None:
    """Find out why the first of the trusted tests fails, by running it once more; `None` where nothing is to be found.

    A sandbox that fails and a candidate that meddles with its tests have no diagnosis: nothing that they say counts.
    """
    if report.infrastructure or report.tampering:
        return None
    if report.loads.outcome != "passed" and contract.kind != "program":
        return await adiagnose_case(session, candidate.code, report.loads, [loading_case(contract)])
    failure = next(iter(report.failures()), None)
    if failure is None:
        return None
    if failure in report.given and given is not None:
        if given.kind == "pytest":
            return await adiagnose_test(session, candidate.code, failure, given.files)
        return await adiagnose_case(session, candidate.code, failure, given.cases)
    return await adiagnose_case(session, candidate.code, failure, example_cases(contract))
