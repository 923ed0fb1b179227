"""Runs a host process under limits: what the kinds without an engine are made of."""

import os
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from motet.tools.sandbox.launching import Launcher
from motet.tools.sandbox.protocol import Limits, Verdict
from motet.tools.sandbox.pump import Pump, stop


class Finished(NamedTuple):
    """A host process that has ended, with everything that it started."""

    returncode: int
    """Its exit status, negative for the signal that killed it."""
    stopped_by: Verdict | None
    """The limit that ended it from outside, if one did; `infrastructure` if it was killed on request."""
    stdout: str
    stderr: str
    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int


class HostProcess:
    """One run at a time; `kill` may come from another thread."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._killed = False

    def kill(self) -> None:
        """Kill what is running, if anything is, with all its descendants."""
        with self._lock:
            if self._control is not None:
                self._killed = True
                stop(self._control)

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str | Path,
        env: Mapping[str, str],
        stdin: bytes,
        limits: Limits,
        rlimits: Mapping[str, tuple[int, int]],
        descriptors: Sequence[int] = (),
        groups: Sequence[int] = (),
    ) -> Finished:
        """Run to the end or to the first limit.

        Args:
            argv: The program and its arguments.
            cwd: Where it starts.
            env: Its whole environment.
            stdin: What it reads.
            limits: Its time on the clock and its output; the others are for the caller to arrange.
            rlimits: Soft and hard values by name, such as `RLIMIT_CPU`.
            descriptors: What it finds open as 3, 4 and so on.
            groups: Files open for writing, through which it joins control groups.

        Raises:
            OSError: The program could not be started.
            SandboxError: The launcher failed.
        """
        request = {
            "argv": list(argv),
            "cwd": str(cwd),
            "env": dict(env),
            "rlimits": dict(rlimits),
            "groups": len(groups),
        }
        started = time.monotonic()
        with ExitStack() as ours:
            with ExitStack() as theirs:
                stdin_read, stdin_write = os.pipe()
                stdout_read, stdout_write = os.pipe()
                stderr_read, stderr_write = os.pipe()
                for descriptor in (stdin_read, stdout_write, stderr_write):
                    theirs.callback(os.close, descriptor)
                streams = [
                    ours.enter_context(open(stdin_write, "wb", buffering=0)),
                    ours.enter_context(open(stdout_read, "rb", buffering=0)),
                    ours.enter_context(open(stderr_read, "rb", buffering=0)),
                ]
                for stream in streams:
                    os.set_blocking(stream.fileno(), False)
                handed = (stdin_read, stdout_write, stderr_write, *descriptors, *groups)
                control = ours.enter_context(self._launcher.start(request, handed))
            with self._lock:
                self._control, self._killed = control, False
            pump = Pump(control, streams, stdin, limits)
            try:
                stopped_by = pump.run(started + limits.wall_seconds)
            except BaseException:
                # Such as Ctrl-C. The caller cleans up after this, and can do so when the run is gone.
                pump.abandon()
                raise
            finally:
                with self._lock:
                    self._control = None
        answer = pump.answer()
        return Finished(
            returncode=answer["returncode"],
            stopped_by="infrastructure" if self._killed else stopped_by,
            stdout=pump.stdout.text(),
            stderr=pump.stderr.text(),
            seconds=time.monotonic() - started,
            cpu_seconds=answer["cpu_seconds"],
            peak_memory_bytes=answer["peak_memory_bytes"],
        )
