"""Runs one test in the sandbox for its diagnosis: a worker runs it and says what it sees, and this watches over it.

The judge of `motet.tools.testing` decides; here nothing is decided. So whatever the code under test says through the
worker can only make the diagnosis a worse one.
"""

import faulthandler
import os
import select
import signal
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from motet.tools.testing.judge import Proof, write_report
from motet.tools.testing.worker import Send, Worker, set_dumpable, start

GRACE_SECONDS = 2.5
"""What the worker has, beyond the test's time, to describe what it saw."""
SAID_BYTES = 256 * 1024


Limit = Callable[[float, Callable[[Any], None]], None]
"""`limit(seconds, then)`: call `then` with the frame that is busy after so many seconds, from now on."""


class Task(Protocol):
    """What the worker does: the module `case_rerun` or `pytest_rerun`."""

    def prepare(self, job: dict[str, Any]) -> object:
        """Get ready before the worker starts."""
        ...

    def serve(self, job: dict[str, Any], send: Send, limit: Limit) -> None:
        """Run the test, in the worker."""
        ...


def main(job: dict[str, Any], task: Task) -> None:
    """Do the job and print what was seen."""
    set_dumpable(False)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    proof = Proof()
    task.prepare(job)
    with tempfile.TemporaryFile() as stuck:
        worker = start(partial(_serve, task, job, stuck.fileno()))
        events = _listen(worker, job, stuck.fileno())
        code = worker.end()
        stuck.seek(0)
        words = stuck.read(SAID_BYTES // 8).decode("utf-8", "replace")
    write_report(proof, {"events": events, "stuck": words, "code": code})


def _serve(task: Task, job: dict[str, Any], stuck: int, send: Send) -> None:
    def limit(seconds: float, then: Callable[[Any], None]) -> None:
        """Have the frame looked at that runs after so many seconds; the process ends with that."""

        def look(_: int, frame: Any) -> None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            then(frame)
            send("end")
            os._exit(0)

        signal.signal(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        # A signal waits for the end of a call into C, such as `sum(range(10**12))`; this does not, but sees no values.
        faulthandler.dump_traceback_later(seconds + GRACE_SECONDS / 2, file=stuck)

    task.serve(job, send, limit)
    signal.setitimer(signal.ITIMER_REAL, 0)
    faulthandler.cancel_dump_traceback_later()
    send("end")


def _listen(worker: Worker, job: dict[str, Any], stuck: int) -> list[list[Any]]:
    events: list[list[Any]] = []
    deadline = time.monotonic() + job["load_seconds"] + GRACE_SECONDS
    size, rest = 0, b""
    while time.monotonic() < deadline and size < SAID_BYTES:
        gone = worker.has_ended()
        if select.select([worker.pipe], [], [], 0 if gone else 0.02)[0]:
            chunk = os.read(worker.pipe, 65536)
            size += len(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            understood = [event for line in lines if (event := worker.understand(line)) is not None]
            events += understood
            if any(kind == "loaded" for kind, _, _ in understood):
                deadline = time.monotonic() + job["test_seconds"] + GRACE_SECONDS
            if any(kind == "end" for kind, _, _ in understood) or (not chunk and gone):
                break
        elif gone or os.fstat(stuck).st_size:
            break
    return events
