"""One command inside a Docker sandbox, until everything that it started is dead. Process 1 there watches it."""

import os
import selectors
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from motet.tools.sandbox.output import CappedOutput

CHUNK = 65536


class Run:
    """A command that runs, and everything that it starts."""

    def __init__(self, pid: int, stdin: int, outputs: tuple[int, int], request: Mapping[str, Any]) -> None:
        self.outputs = (CappedOutput(request["kept_output_bytes"]), CappedOutput(request["kept_output_bytes"]))
        self.returncode: int | None = None
        self.cpu_seconds = 0.0
        self.peak_memory_bytes = 0
        self._pid = pid
        self._stdin = stdin
        self._sinks = dict(zip(outputs, self.outputs, strict=True))
        self._unsent = memoryview(request["stdin"].encode("latin-1"))
        self._most = request["output_bytes"]
        self._open = {stdin, *outputs}
        for descriptor in self._open:
            os.set_blocking(descriptor, False)

    def watch(self, requests: int, woken: int, deadline: float) -> str | None:
        """Stay with it to its end or to the first limit, and leave nothing of it alive.

        Returns:
            The limit that ended it, if one did.
        """
        stopped_by = None
        with selectors.DefaultSelector() as selector:
            for descriptor in (requests, woken, *self._sinks):
                selector.register(descriptor, selectors.EVENT_READ)
            selector.register(self._stdin, selectors.EVENT_WRITE)
            while self.returncode is None and stopped_by is None:
                for key, _ in selector.select(max(0.0, deadline - time.monotonic())):
                    if key.fd == requests:
                        # Nothing is asked for during a run: this is the end of the caller.
                        raise SystemExit
                    if key.fd == woken:
                        os.read(woken, CHUNK)
                    elif self._move(key.fd):
                        selector.unregister(key.fd)
                        os.close(key.fd)
                        self._open.remove(key.fd)
                self._reap(os.WNOHANG)
                if self._flooded():
                    stopped_by = "output_limit"
                elif time.monotonic() >= deadline and self.returncode is None:
                    stopped_by = "timeout"
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        self._reap(0)
        for descriptor in self._open:
            # Nobody is left to write: what is in the pipes now is all there is.
            while descriptor in self._sinks and self._take(descriptor):
                pass
            os.close(descriptor)
        return stopped_by or ("output_limit" if self._flooded() else None)

    def _reap(self, options: int) -> None:
        """Bury who has died, orphans too, and sum up what they used; without `WNOHANG` wait until all have."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, options)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.cpu_seconds += usage.ru_utime + usage.ru_stime
            self.peak_memory_bytes = max(self.peak_memory_bytes, usage.ru_maxrss * 1024)
            if pid == self._pid:
                self.returncode = os.waitstatus_to_exitcode(status)

    def _move(self, descriptor: int) -> bool:
        """Move some bytes; whether that stream has come to its end."""
        return self._take(descriptor) == b"" if descriptor in self._sinks else self._feed()

    def _feed(self) -> bool:
        """Send some of stdin; whether that was all, or nobody reads it."""
        try:
            self._unsent = self._unsent[os.write(self._stdin, self._unsent[:CHUNK]) :]
        except BlockingIOError:
            return False
        except BrokenPipeError:
            return True
        return not self._unsent

    def _take(self, descriptor: int) -> bytes | None:
        try:
            chunk = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return None
        self._sinks[descriptor].write(chunk)
        return chunk

    def _flooded(self) -> bool:
        return max(output.total_bytes for output in self.outputs) > self._most
