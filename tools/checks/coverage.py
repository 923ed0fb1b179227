"""How much of the code its tests reach: lines and branches, measured by coverage.py in the sandbox."""

import json
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from motet.tools.checks.inside import request
from motet.tools.sandbox import Execution, Files, Limits, MiB, Session
from motet.tools.sandbox.protocol import NO_FILES
from motet.tools.testing import Case

LIMITS = Limits(wall_seconds=30, cpu_seconds=30, output_bytes=4 * MiB, kept_output_bytes=8 * MiB)
CASE_SECONDS = 3.0


class Coverage(BaseModel):
    """What of one module its tests reached."""

    model_config = ConfigDict(frozen=True)

    percent: float
    """Of lines and branches together, as coverage.py counts them."""
    lines: int
    """Lines with statements."""
    lines_reached: int
    missing_lines: tuple[int, ...]
    branches: int
    """Ways out of lines that decide."""
    branches_reached: int
    missing_branches: tuple[tuple[int, int], ...]
    """From which line to which other nobody went; a negative number is the end of the function that begins there."""


class NoCoverageError(Exception):
    """Nothing was measured; the message says why."""


def cover(
    session: Session, code: str, *, cases: Sequence[Case] = (), tests: Files = NO_FILES, program: bool = False
) -> Coverage:
    """Run a module's tests once more and measure what they reach, whether they pass or not.

    The code runs in the process that measures, so code that wants to can spoil the figures. They show what the tests
    leave out; nothing is proved by them.

    Args:
        session: Where it runs.
        code: The module.
        cases: Tests that are asked of it one by one.
        tests: Pytest files.
        program: Start it as a program instead, with nothing to read.

    Raises:
        NoCoverageError: The code ended the process, used up the time, or does not compile.
    """
    argv, stdin = _request(code, cases, tests, program)
    files = {"solution.py": code.encode("utf-8", "replace")}
    return _read(session.run(argv, files=files, stdin=stdin, limits=LIMITS))


async def acover(
    session: Session, code: str, *, cases: Sequence[Case] = (), tests: Files = NO_FILES, program: bool = False
) -> Coverage:
    """As `cover`, without blocking the event loop."""
    argv, stdin = _request(code, cases, tests, program)
    files = {"solution.py": code.encode("utf-8", "replace")}
    return _read(await session.arun(argv, files=files, stdin=stdin, limits=LIMITS))


def _request(code: str, cases: Sequence[Case], tests: Files, program: bool) -> tuple[list[str], bytes]:
    contents = {name: text.encode() if isinstance(text, str) else text for name, text in tests.items()}
    job = {
        "code": code,
        "cases": [case.code for case in cases],
        "tests": {name: content.hex() for name, content in contents.items()},
        "program": program,
        "seconds": CASE_SECONDS,
    }
    return request(job, ("covering",))


def _read(done: Execution) -> Coverage:
    try:
        report = json.loads(done.stdout)
    except ValueError:
        raise NoCoverageError(f"The code ended the run that measures coverage ({done.verdict}).") from None
    if not report.get("file"):
        raise NoCoverageError(f"Nothing was measured: {report.get('problem') or 'the code has no lines'}")
    found, sums = report["file"], report["file"]["summary"]
    return Coverage(
        percent=round(sums["percent_covered"], 1),
        lines=sums["num_statements"],
        lines_reached=sums["covered_lines"],
        missing_lines=tuple(found["missing_lines"]),
        branches=sums["num_branches"],
        branches_reached=sums["covered_branches"],
        missing_branches=tuple((start, end) for start, end in found["missing_branches"]),
    )
