"""From how a host process ended to a verdict."""

import signal

from motet.tools.sandbox.protocol import Verdict
from motet.tools.sandbox.subprocesses import Finished


def verdict_of(done: Finished) -> Verdict:
    """Name the limit that ended a run, or whether it succeeded."""
    if done.stopped_by is not None:
        return done.stopped_by
    if done.returncode in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
        return "timeout"
    if "MemoryError" in done.stderr[-2000:] or done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL):
        # Nobody but the kernel's memory killer sends SIGKILL here: our own kills set `stopped_by`.
        return "out_of_memory"
    return "ok" if done.returncode == 0 else "failed"
