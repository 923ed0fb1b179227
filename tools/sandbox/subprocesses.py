"""Runs a host process under limits: what the kinds without an engine are made of."""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from motet.tools.sandbox.launching import Launcher, send
from motet.tools.sandbox.protocol import Limits, Verdict
from motet.tools.sandbox.pump import Pump, await_end, stop


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


class HostProcesses:
    """Runs commands one after the other, in control groups that it has joined before; `kill` is for other threads.

    Args:
        launcher: What starts them.
        groups: Files open for writing, through which they join control groups.
    """

    def __init__(self, launcher: Launcher, groups: Sequence[int] = ()) -> None:
        self._control = launcher.prepare(groups)
        self.killed = False
        """Whether its last run was killed, for a limit or on request, so that there can be no other."""
        self._on_request = False

    def kill(self) -> None:
        """Kill what is running with all its descendants. No other command can be run afterwards."""
        self.killed = self._on_request = True
        stop(self._control)

    def close(self) -> None:
        """Kill what is running and wait until nothing is left of it."""
        self.kill()
        if self._control.fileno() >= 0:
            await_end(self._control)
            self._control.close()

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
    ) -> Finished:
        """Run to the end or to the first limit; one that was stopped was the last.

        Args:
            argv: The program and its arguments.
            cwd: Where it starts.
            env: Its whole environment.
            stdin: What it reads.
            limits: Its time on the clock and its output; the others are for the caller to arrange.
            rlimits: Soft and hard values by name, such as `RLIMIT_CPU`.
            descriptors: What it finds open as 3, 4 and so on.

        Raises:
            OSError: The program could not be started.
            SandboxError: The launcher failed.
        """
        request = {"argv": list(argv), "cwd": str(cwd), "env": dict(env), "rlimits": dict(rlimits)}
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
                # Where it was killed already, the answer says so.
                with suppress(BrokenPipeError):
                    send(self._control, request, (stdin_read, stdout_write, stderr_write, *descriptors))
            pump = Pump(self._control, streams, stdin, limits)
            try:
                stopped_by = pump.run(started + limits.wall_seconds)
            except BaseException:
                # Such as Ctrl-C. The caller cleans up after this, and can do so when the run is gone.
                self.close()
                raise
        self.killed = self.killed or stopped_by is not None
        answer = pump.answer(if_killed=self._on_request)
        return Finished(
            returncode=answer["returncode"],
            stopped_by="infrastructure" if self._on_request else stopped_by,
            stdout=pump.stdout.text(),
            stderr=pump.stderr.text(),
            seconds=time.monotonic() - started,
            cpu_seconds=answer["cpu_seconds"],
            peak_memory_bytes=answer["peak_memory_bytes"],
        )
