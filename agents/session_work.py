"""Work in a session of a sandbox, done again in a new one where the sandbox itself fails."""

import asyncio
from collections.abc import Awaitable, Callable

from motet.agents.candidate import Candidate
from motet.agents.evidence import Report
from motet.tools.sandbox import NoSandboxError, Sandbox, SandboxError, Session
from motet.tools.testing import CaseResult


async def examine_stubbornly(
    sandbox: Sandbox,
    candidate: Candidate,
    work: Callable[[Session], Awaitable[Report]],
    *,
    tries: int,
    on_failure: Callable[[str], None],
) -> Report:
    """Run a candidate, in a new session each time that the sandbox fails.

    Args:
        sandbox: Gives out the sessions.
        candidate: What is run.
        work: Runs it in a session.
        tries: How many sessions to take at most.
        on_failure: Is told of each failure.

    Returns:
        What running showed; with `infrastructure` set if the sandbox failed every time.

    Raises:
        NoSandboxError: It does not work on this machine at all.
    """
    report = None
    problem = ""
    for _ in range(tries):
        try:
            async with await asyncio.to_thread(sandbox.session) as session:
                report = await work(session)
        except NoSandboxError:
            raise
        except SandboxError as error:
            problem = str(error)
        else:
            if report.infrastructure is None:
                return report
            problem = report.infrastructure
        on_failure(problem)
    return report or untestable(candidate, problem, sandbox=sandbox.kind)


def untestable(candidate: Candidate, problem: str, *, sandbox: str) -> Report:
    """The report on a candidate that could not be run; it tells nothing about the candidate."""
    loads = CaseResult(name="loads", outcome="not_run", message="it could not be run")
    return Report(candidate=candidate.index, loads=loads, sandbox=sandbox, isolated=False, infrastructure=problem)
