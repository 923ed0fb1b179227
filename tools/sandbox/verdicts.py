"""From how a host process ended to a verdict, and to what a session gives back."""

import signal

from motet.tools.sandbox.protocol import Execution, Limits, Verdict
from motet.tools.sandbox.subprocesses import Finished


def verdict_of(done: Finished, limits: Limits, *, killed_for_memory: bool | None) -> Verdict:
    """Name the limit that ended a run, or whether it succeeded.

    Args:
        done: How it ended.
        limits: What it was allowed.
        killed_for_memory: Whether the kernel killed one of its processes at the memory limit; `None` where nothing
            tells, and the peak must do.
    """
    if done.stopped_by is not None:
        return done.stopped_by
    if killed_for_memory or _died_of_memory_error(done):
        return "out_of_memory"
    killed = done.returncode == -signal.SIGKILL
    if done.returncode == -signal.SIGXCPU or (killed and done.cpu_seconds >= limits.cpu_seconds):
        return "timeout"
    if killed and killed_for_memory is None and done.peak_memory_bytes >= 0.9 * limits.memory_bytes:
        return "out_of_memory"
    return "ok" if done.returncode == 0 else "failed"


def execution_of(done: Finished, verdict: Verdict, *, sandbox: str, isolated: bool) -> Execution:
    """What a session gives back for a process that ended."""
    return Execution(
        verdict=verdict,
        exit_code=done.returncode,
        stdout=done.stdout,
        stderr=done.stderr,
        seconds=done.seconds,
        cpu_seconds=done.cpu_seconds,
        peak_memory_bytes=done.peak_memory_bytes,
        sandbox=sandbox,
        isolated=isolated,
    )


def _died_of_memory_error(done: Finished) -> bool:
    """Whether Python ended with an uncaught `MemoryError`, or with the system's refusal of memory.

    Code can print this line and exit with 1 as well. It then gets another name for the same defeat, and nothing else.
    """
    last = done.stderr.rstrip().rpartition("\n")[2]
    return done.returncode == 1 and (last.partition(":")[0] == "MemoryError" or last.startswith("OSError: [Errno 12]"))
