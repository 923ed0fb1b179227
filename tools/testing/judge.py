"""Judges code in the sandbox. It never loads that code itself: workers that it forks do, and it watches over them.

A worker that dies or hangs costs the one case that it was at; the next worker goes on behind it. The report on
all of them goes to standard output with a proof that stands on standard input behind the job. It is read before the
first worker starts, into memory that no fork takes along, so that nothing is left in the pipe for those who may find
its end. The judge cannot be traced, nor its descriptors opened, by processes of the same user.

What a worker says about itself is only as good as the worker: code that hunts for the harness within its own process
can find the pipe and speak for it. That is why values are compared on the host wherever they can be.
"""

import json
import mmap
import os
import select
import signal
import stat
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, NoReturn, Protocol

from motet.tools.testing.worker import Send, Worker, set_dumpable, start

Event = list[Any]
POLL_SECONDS = 0.02
"""How soon a worker that died without a word is noticed."""


class Task(Protocol):
    """What workers do: the module `case_worker` or `pytest_worker`."""

    def prepare(self, job: dict[str, Any]) -> Sequence[Any]:
        """Get ready before the first worker; give back the batches, each of which has workers of its own."""
        ...

    def serve(self, job: dict[str, Any], batch: Any, skip: Sequence[Any], send: Send) -> None:
        """Do a batch, in a worker, but for the items that are to be skipped."""
        ...

    def clear(self, job: dict[str, Any]) -> list[str]:
        """Clean up behind the last worker; give back what has been tampered with."""
        ...


class Proof:
    """What shows the host that a report is ours."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)
        self._size = 0
        if hasattr(mmap, "MADV_DONTFORK"):  # elsewhere than on Linux it has to stay in the pipe until the end
            self._memory.madvise(mmap.MADV_DONTFORK)
            self.read()

    def read(self) -> None:
        """Read it from standard input, if that has not been done, straight to where it stays."""
        with memoryview(self._memory) as room:
            while count := os.readv(0, [room[self._size :]]):
                self._size += count

    def text(self) -> bytes:
        """The proof itself, for the time when no worker is left."""
        return self._memory[: self._size]


def main(job: dict[str, Any], task: Task) -> None:
    """Do the job and print the report."""
    if stat.S_ISREG(os.fstat(0).st_mode):
        sys.exit("the judge needs a pipe on standard input: the code under test could open a file again")
    set_dumpable(False)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever started us may have ignored it, and workers must be reaped
    proof = Proof()
    deadline = time.monotonic() + job["seconds"]
    room = job["room"]
    report = []
    for batch in task.prepare(job):
        runs = _run_batch(task, batch, job, deadline, room)
        room -= sum(run["size"] for run in runs)
        report.append(runs)
    write_report(proof, {"batches": report, "changed": task.clear(job)})


def write_report(proof: Proof, report: dict[str, Any]) -> NoReturn:
    """Print a report with the proof around it, and end."""
    text = json.dumps(report).encode()
    proof.read()
    _write(1, proof.text() + b"\n" + text + b"\n" + proof.text() + b"\n")
    os._exit(0)  # taking the interpreter down would cost more time than most cases


def _run_batch(task: Task, batch: Any, job: dict[str, Any], deadline: float, room: int) -> list[dict[str, Any]]:
    """Start one worker after the other until nothing of the batch is left to do, or no time to do it."""
    runs: list[dict[str, Any]] = []
    finished: list[Any] = []
    while time.monotonic() < deadline and room > 0:
        worker = start(partial(task.serve, job, batch, tuple(finished)))
        run = watch(worker, job, deadline, room)
        runs.append(run)
        room -= run["size"]
        finished += [event[1] for event in run["events"] if event[0] == "done"]
        if run["during"] is None or not run["loaded"]:
            break
        finished.append(run["during"])
    return runs


def watch(worker: Worker, job: dict[str, Any], deadline: float, room: int) -> dict[str, Any]:
    """Take down what a worker says, with our own clock, until it ends or must be ended."""
    run: dict[str, Any] = {"events": [], "during": None, "loaded": False, "ending": "exit", "code": None, "size": 0}
    since = time.monotonic()
    rest = b""
    while True:
        now = time.monotonic()
        limit = since + (job["case_seconds"] if run["loaded"] else job["load_seconds"])
        if now >= min(limit, deadline):
            run["ending"] = "timeout" if now >= limit else "deadline"
            break
        if run["size"] > room:
            run["ending"] = "flood"
            break
        gone = worker.has_ended()
        if not select.select([worker.pipe], [], [], 0 if gone else min(POLL_SECONDS, limit - now))[0]:
            if gone:
                break
            continue
        chunk = os.read(worker.pipe, 65536)
        run["size"] += len(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            since = _take(worker.understand(line), run, since)
        if run["ending"] == "end" or (not chunk and gone):
            break
        if not chunk:
            time.sleep(POLL_SECONDS)
    run["code"] = worker.end()
    run["seconds"] = time.monotonic() - since
    return run


def _take(event: Event | None, run: dict[str, Any], since: float) -> float:
    """Enter one event into the run; give back since when the worker is at what it does now."""
    if event is None:
        return since
    kind, item, payload = event
    now = time.monotonic()
    if kind == "start" and run["during"] is None:
        run["during"] = item
    elif kind == "done" and item is not None and run["during"] == item:
        run["during"] = None
    elif kind == "loaded":
        run["loaded"] = True
    elif kind == "end":
        run["ending"] = "end"
    elif kind != "note":
        return since
    run["events"].append([kind, item, now - since, payload])
    return now


def _write(descriptor: int, data: bytes) -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    while data:
        data = data[os.write(descriptor, data) :]
