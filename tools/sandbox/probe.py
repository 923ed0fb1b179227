"""Finds out what a sandbox enforces, by trying from inside to do what it should prevent."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from importlib import resources

from motet.tools.sandbox.protocol import DEFAULT_LIMITS, Capabilities, NoSandboxError, Session

SCRIPT = "probe_inside.py"


def probe(session_factory: Callable[[], Session]) -> Capabilities:
    """Try everything in one run; works with every kind.

    Args:
        session_factory: Gives a session of the sandbox in question.

    Raises:
        NoSandboxError: The attempts could not be made, so that nothing is known; the message has what was said instead.
    """
    script = resources.files("motet.tools.sandbox").joinpath(SCRIPT).read_text(encoding="utf-8")
    limits = DEFAULT_LIMITS
    told = {"processes": limits.processes, "memory_bytes": limits.memory_bytes, "outside": _self_outside()}
    with session_factory() as session:
        execution = session.run(["python3", "-I", SCRIPT, json.dumps(told)], files={SCRIPT: script}, limits=limits)
    try:
        return Capabilities.model_validate_json(execution.stdout)
    except ValueError as error:
        said = execution.stderr.strip() or execution.stdout.strip() or "nothing"
        raise NoSandboxError(
            f"The {execution.sandbox} sandbox could not be tried out: the attempt ended with "
            f"{execution.verdict} (exit code {execution.exit_code}) and said: {said[-2000:]}"
        ) from error


def _self_outside() -> list[str] | None:
    """This process as /proc shows it, name and start time: who sees it inside sees the host's processes."""
    with suppress(OSError), open(f"/proc/{os.getpid()}/stat", encoding="utf-8", errors="replace") as stat:
        name, rest = stat.read().split("(", 1)[1].rsplit(")", 1)
        return [name, rest.split()[19]]
    return None
