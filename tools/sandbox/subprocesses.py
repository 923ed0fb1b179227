"""Runs a host process under a deadline and an output cap: what the kinds without an engine are made of."""

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from motet.tools.sandbox.output import CappedOutput
from motet.tools.sandbox.protocol import Limits, Verdict

EXIT_POLL_SECONDS = 0.005
"""How soon an exit is noticed on systems that cannot wait for a process and for streams at once (no pidfd)."""


class Finished(NamedTuple):
    """A host process that has ended, with everything it started in its process group."""

    returncode: int
    stopped_by: Verdict | None
    """The limit that ended it from outside, if one did."""
    stdout: str
    stderr: str
    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int


class HostProcess:
    """One run at a time, in a process group of its own; `kill` may come from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        """Kill the process group that is running, if one is."""
        with self._lock:
            if self._process is not None:
                _kill_group(self._process)

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdin: bytes,
        limits: Limits,
        pass_fds: Sequence[int] = (),
        preexec: Callable[[], None] | None = None,
    ) -> Finished:
        """Run to the end or to the first limit.

        Raises:
            OSError: The program could not be started.
        """
        started = time.monotonic()
        process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
            preexec_fn=preexec,  # noqa: PLW1509 - only system calls happen in it
        )
        with self._lock:
            self._process = process
        try:
            stdout, stderr, stopped_by = _pump(process, stdin, limits, started + limits.wall_seconds)
        finally:
            # Also where it ended by itself: what it left running in its group ends with it.
            _kill_group(process)
            _, status, usage = os.wait4(process.pid, 0)
            with self._lock:
                self._process = None
            process.returncode = os.waitstatus_to_exitcode(status)
            for stream in (process.stdin, process.stdout, process.stderr):
                assert stream is not None
                stream.close()
        return Finished(
            returncode=process.returncode,
            stopped_by=stopped_by,
            stdout=stdout.text(),
            stderr=stderr.text(),
            seconds=time.monotonic() - started,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_memory_bytes=usage.ru_maxrss * 1024,
        )


def _pump(
    process: subprocess.Popen[bytes], stdin: bytes, limits: Limits, deadline: float
) -> tuple[CappedOutput, CappedOutput, Verdict | None]:
    """Feed stdin and collect output until the process has exited or a limit is reached.

    The exit counts, not the end of the streams: a child that was left in the background may hold them open.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    stdout, stderr = CappedOutput(limits.kept_output_bytes), CappedOutput(limits.kept_output_bytes)
    outputs = {process.stdout.fileno(): stdout, process.stderr.fileno(): stderr}
    unsent = memoryview(stdin)
    with selectors.DefaultSelector() as selector, _exit_notice(process) as notice:
        if notice is not None:
            selector.register(notice, selectors.EVENT_READ)
        for descriptor in (*outputs, process.stdin.fileno()):
            os.set_blocking(descriptor, False)
        for descriptor in outputs:
            selector.register(descriptor, selectors.EVENT_READ)
        selector.register(process.stdin, selectors.EVENT_WRITE)
        while True:
            exited = _has_exited(process)
            # A process that has exited is drained of what it wrote, without waiting for more.
            wait = 0.0 if exited else max(0.0, deadline - time.monotonic())
            ready = selector.select(wait if notice is not None else min(wait, EXIT_POLL_SECONDS))
            for key, _ in ready:
                if key.fileobj is process.stdin:
                    unsent = _send(key.fd, unsent)
                    if not unsent:
                        selector.unregister(process.stdin)
                        process.stdin.close()
                elif key.fd in outputs:
                    chunk = _read(key.fd)
                    outputs[key.fd].write(chunk)
                    if not chunk:
                        selector.unregister(key.fd)
            if max(stdout.total_bytes, stderr.total_bytes) > limits.output_bytes:
                return stdout, stderr, "output_limit"
            if exited and not any(key.fd in outputs for key, _ in ready):
                return stdout, stderr, None
            if time.monotonic() >= deadline and not exited:
                return stdout, stderr, "timeout"


@contextmanager
def _exit_notice(process: subprocess.Popen[bytes]) -> Iterator[int | None]:
    """A descriptor that becomes readable when the process exits, where the system has such a thing."""
    if not hasattr(os, "pidfd_open"):
        yield None
        return
    descriptor = os.pidfd_open(process.pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _has_exited(process: subprocess.Popen[bytes]) -> bool:
    """Look without reaping, so that `wait4` can still tell what the process used."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _send(descriptor: int, unsent: memoryview) -> memoryview:
    try:
        return unsent[os.write(descriptor, unsent[:65536]) :]
    except BlockingIOError:
        return unsent
    except BrokenPipeError:
        return unsent[:0]


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except BlockingIOError:
        return b""


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
