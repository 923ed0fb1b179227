"""From a job to one run of the judge in the sandbox, and from its output to a report that nobody else can have made."""

import asyncio
import json
import secrets
from collections.abc import Generator, Sequence
from importlib.resources import files as resources
from typing import Any, NamedTuple

from motet.tools.sandbox import Execution, Files, Limits, MiB, Session

PACKAGE = "motet.tools.testing"
REPORT_BYTES = 16 * MiB
"""What a report may take; the judge ends workers that say more."""
RESERVED_SECONDS = 1.0
"""Time that the judge keeps for its report, at most a fifth of what the run has."""


class Request(NamedTuple):
    """One run of the judge."""

    argv: Sequence[str]
    files: Files
    stdin: bytes
    limits: Limits
    proof: str
    """Stands around the report. The judge gets it on standard input, and no worker can see it."""


class Answer(NamedTuple):
    """What came of it."""

    execution: Execution
    """Its stdout, which held the report, is left out."""
    report: dict[str, Any] | None
    """`None` if the judge did not come to its end."""


Exchange = Generator[Request, Execution, Any]
"""Asks for runs and is sent what happened: the same for blocking and for async callers."""


def request_for(
    job: dict[str, Any], modules: Sequence[str], *, files: Files, limits: Limits, judge: str = f"{PACKAGE}.judge"
) -> Request:
    """Wrap a job up with the modules that it needs in the sandbox; the last is its task.

    Modules of this package go by their short names, others by their full ones.
    """
    folder = resources(PACKAGE)
    names = [name if "." in name else f"{PACKAGE}.{name}" for name in modules]
    sources = {name: _source_of(name) for name in names}
    seconds = limits.wall_seconds - min(RESERVED_SECONDS, limits.wall_seconds / 5)
    settings = {"judge": judge, "task": names[-1], "modules": sources, "seconds": seconds}
    text = json.dumps({**job, **settings, "room": REPORT_BYTES // 4}).encode()
    proof = f"proof-{secrets.token_hex(32)}"
    # Twice: the sandbox keeps the head and the tail of what is written, half of this each.
    wide = limits.model_copy(update={"output_bytes": REPORT_BYTES, "kept_output_bytes": 2 * REPORT_BYTES})
    argv = ("python3", "-I", "-B", "-X", "utf8", "-c", folder.joinpath("boot.py").read_text("utf-8"))
    return Request(argv, files, b"%012d" % len(text) + text + proof.encode(), wide, proof)


def _source_of(module: str) -> str:
    package, _, name = module.rpartition(".")
    return resources(package).joinpath(f"{name}.py").read_text("utf-8")


def answer_to(request: Request, execution: Execution) -> Answer:
    """Read the report, if it is the judge's."""
    head, _, rest = execution.stdout.partition("\n")
    text, _, tail = rest.rstrip("\n").rpartition("\n")
    bare = execution.model_copy(update={"stdout": ""})
    if not secrets.compare_digest(head.encode(), request.proof.encode()) or tail != request.proof:
        return Answer(bare, None)
    return Answer(bare, json.loads(text))


def drive(session: Session, exchange: Exchange) -> Any:
    """Run what the exchange asks for, and give back its result."""
    step = _advance(exchange, None)
    while step.request is not None:
        request = step.request
        done = session.run(request.argv, files=request.files, stdin=request.stdin, limits=request.limits)
        step = _advance(exchange, done)
    return step.result


async def adrive(session: Session, exchange: Exchange) -> Any:
    """As `drive`, without blocking the event loop: the exchange reads files and long reports, so it has a thread."""
    step = await asyncio.to_thread(_advance, exchange, None)
    while step.request is not None:
        request = step.request
        done = await session.arun(request.argv, files=request.files, stdin=request.stdin, limits=request.limits)
        step = await asyncio.to_thread(_advance, exchange, done)
    return step.result


class _Step(NamedTuple):
    """What an exchange said: what it wants run next, or its result."""

    request: Request | None
    result: Any = None


def _advance(exchange: Exchange, execution: Execution | None) -> _Step:
    """Go on to the next request. The end is a value here, because no future can carry a `StopIteration`."""
    try:
        return _Step(exchange.send(execution) if execution else next(exchange))
    except StopIteration as end:
        return _Step(None, end.value)
