"""The door to the checks of a change: what it brings that was not there before, found without running any of it."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

from motet.tools.checks.change_data import broken_data
from motet.tools.checks.change_findings import ChangeChecks, ChangedFile, ChangeFinding
from motet.tools.checks.change_plan import outside_plan
from motet.tools.checks.change_python import PythonJob
from motet.tools.checks.change_reading import read_python
from motet.tools.checks.change_secrets import new_secrets
from motet.tools.checks.change_tests import changed_tests
from motet.tools.sandbox import Execution, Limits, MiB, Session

LIMITS = Limits(
    wall_seconds=180,
    cpu_seconds=60,
    memory_bytes=1024 * MiB,
    output_bytes=16 * MiB,
    kept_output_bytes=32 * MiB,
)
"""Ten files of 2,000 lines take ten seconds, and more where many runs share the machine."""
NO_CONFIG: Mapping[str, str] = MappingProxyType({})


def check_change(
    session: Session,
    change: Sequence[ChangedFile],
    *,
    is_test: Callable[[str], bool],
    planned: Collection[str] | None = None,
    provided: Collection[str] = (),
    ruff_config: Mapping[str, str] = NO_CONFIG,
    limits: Limits = LIMITS,
) -> ChangeChecks:
    """Look for what a change makes worse. What was there before does not count, wherever it stands now.

    Args:
        session: Where the Python files are checked, in one run; with the repository's environment if there is one.
        change: The files that differ.
        is_test: Which paths belong to the tests. Existing ones must stay as they are; new ones are welcome.
        planned: The files and folders that were to be changed; without it, any may be.
        provided: Modules that can be imported, by their top-level name: the repository's own, scripts that lie beside
            each other included, and those of its environment. They are not looked into.
        ruff_config: The texts of the repository's own configuration of ruff, by path, from before the change.
        limits: For the one run.
    """
    change = [file for file in change if file.before != file.after]
    job = PythonJob(change, provided=provided, ruff_config=ruff_config)
    argv, stdin = job.request()
    done = session.run(argv, files=job.laid_out(), stdin=stdin, limits=limits) if job.files else None
    return _all(change, job, done, is_test, planned)


async def acheck_change(
    session: Session,
    change: Sequence[ChangedFile],
    *,
    is_test: Callable[[str], bool],
    planned: Collection[str] | None = None,
    provided: Collection[str] = (),
    ruff_config: Mapping[str, str] = NO_CONFIG,
    limits: Limits = LIMITS,
) -> ChangeChecks:
    """As `check_change`, without blocking the event loop."""
    change = [file for file in change if file.before != file.after]
    job = await asyncio.to_thread(PythonJob, change, provided=provided, ruff_config=ruff_config)
    argv, stdin = await asyncio.to_thread(job.request)
    done = await session.arun(argv, files=job.laid_out(), stdin=stdin, limits=limits) if job.files else None
    return await asyncio.to_thread(_all, change, job, done, is_test, planned)


def _all(
    change: Sequence[ChangedFile],
    job: PythonJob,
    done: Execution | None,
    is_test: Callable[[str], bool],
    planned: Collection[str] | None,
) -> ChangeChecks:
    found, problems = read_python(done, job, is_test) if done else ([], job.problems)
    tests = list(changed_tests(change, is_test))
    touched = {finding.path for finding in tests}
    found += [*tests, *broken_data(change), *new_secrets(change), *outside_plan(change, planned, is_test, touched)]
    found.sort(key=_order)
    return ChangeChecks(findings=tuple(dict.fromkeys(found)), problems=tuple(dict.fromkeys(problems)))


def _order(finding: ChangeFinding) -> tuple[bool, str, int]:
    return not finding.blocks, finding.path, finding.line or 0
