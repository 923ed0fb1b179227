"""Moves bytes between the caller and a run, and ends the run at its deadline or at its output cap."""

import json
import os
import selectors
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from io import FileIO
from typing import TypedDict

from motet.tools.sandbox.output import CappedOutput
from motet.tools.sandbox.protocol import Limits, SandboxError, Verdict

KILL_SECONDS = 20.0
"""How long a killed run may take to be gone; far more than any has needed."""
CHUNK = 65536


class Answer(TypedDict):
    """What the launcher says about a run that has ended."""

    returncode: int
    cpu_seconds: float
    peak_memory_bytes: int


class Pump:
    """The traffic of one run.

    Args:
        control: The run's socket; the answer on it is the run's end, whoever may still hold the streams.
        streams: The ends of the run's stdin, stdout and stderr that are ours, none of them blocking.
        stdin: What the run reads.
        limits: Its output cap.
    """

    def __init__(self, control: socket.socket, streams: Sequence[FileIO], stdin: bytes, limits: Limits) -> None:
        self.stdout = CappedOutput(limits.kept_output_bytes)
        self.stderr = CappedOutput(limits.kept_output_bytes)
        self._control = control
        self._stdin = streams[0]
        self._outputs = {streams[1].fileno(): self.stdout, streams[2].fileno(): self.stderr}
        self._unsent = memoryview(stdin)
        self._most = limits.output_bytes
        self._said = b""

    def run(self, deadline: float) -> Verdict | None:
        """Move bytes until the run has ended.

        Args:
            deadline: When it is killed, by `time.monotonic`.

        Returns:
            The limit that ended it, if one did.

        Raises:
            SandboxError: It was killed and would not go away.
        """
        stopped_by: Verdict | None = None
        with selectors.DefaultSelector() as selector:
            for descriptor in (self._control.fileno(), *self._outputs):
                selector.register(descriptor, selectors.EVENT_READ)
            selector.register(self._stdin, selectors.EVENT_WRITE)
            while not self._step(selector, max(0.0, deadline - time.monotonic())):
                if stopped_by is None and self._flooded():
                    stopped_by = "output_limit"
                elif time.monotonic() < deadline:
                    continue
                elif stopped_by is None:
                    stopped_by = "timeout"
                else:
                    raise SandboxError(f"A killed run was still there after {KILL_SECONDS} seconds.")
                stop(self._control)
                deadline = time.monotonic() + KILL_SECONDS
        for descriptor in self._outputs:
            # What it wrote last is still in the pipes.
            while self._take(descriptor):
                pass
        return stopped_by or ("output_limit" if self._flooded() else None)

    def answer(self, *, if_killed: bool) -> Answer:
        """What the launcher said at the end.

        Args:
            if_killed: Whether it may have said nothing, because the run was killed before it began.

        Raises:
            OSError: The program could not be started.
            SandboxError: The launcher itself came to an end.
        """
        lines = [json.loads(line) for line in self._said.splitlines()]
        if not lines and if_killed:
            return Answer(returncode=-signal.SIGKILL, cpu_seconds=0.0, peak_memory_bytes=0)
        if not lines:
            raise SandboxError("The process that starts sandboxed commands was ended from outside during a run.")
        if "error" in lines[0]:
            raise OSError(lines[0]["error"])
        return lines[-1]

    def _step(self, selector: selectors.BaseSelector, wait: float) -> bool:
        """Move what can be moved; whether the run has ended."""
        ended = False
        for key, _ in selector.select(wait):
            if key.fileobj is self._stdin:
                if self._feed():
                    selector.unregister(self._stdin)
                    self._stdin.close()
            elif key.fd in self._outputs:
                if self._take(key.fd) == b"":
                    selector.unregister(key.fd)
            else:
                said = self._control.recv(CHUNK)
                self._said += said
                # The answer's end, or that of a launcher that could not give one.
                ended = not said or (b'"returncode"' in self._said and self._said.endswith(b"\n"))
        return ended

    def _feed(self) -> bool:
        """Send some of stdin; whether that was all, or nobody reads it."""
        try:
            self._unsent = self._unsent[os.write(self._stdin.fileno(), self._unsent[:CHUNK]) :]
        except BlockingIOError:
            return False
        except BrokenPipeError:
            return True
        return not self._unsent

    def _take(self, descriptor: int) -> bytes | None:
        """Take some output: empty at the end of the stream, `None` where there is nothing now."""
        try:
            chunk = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return None
        self._outputs[descriptor].write(chunk)
        return chunk

    def _flooded(self) -> bool:
        return max(self.stdout.total_bytes, self.stderr.total_bytes) > self._most


def stop(control: socket.socket) -> None:
    """Ask the launcher to kill a run; nothing happens where it has ended."""
    with suppress(OSError):
        control.shutdown(socket.SHUT_WR)


def await_end(control: socket.socket) -> None:
    """Wait until a run that was told to stop is gone, whatever it still has to say."""
    with suppress(OSError):
        control.settimeout(KILL_SECONDS)
        while control.recv(CHUNK):
            pass
