"""A worker: a fork of the judge in which the code under test is loaded, and the pipe on which it is heard."""

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Send = Callable[..., None]
"""`send(kind, item=None, payload=None)`: tell the judge; the payload is text."""

PR_SET_DUMPABLE = 4


def set_dumpable(dumpable: bool) -> None:
    """Let other processes of the same user look into this one, or not: its memory, its descriptors."""
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, int(dumpable), 0, 0, 0):
        sys.exit(f"the judge could not close itself to other processes: {os.strerror(ctypes.get_errno())}")


class Worker:
    """The judge's end of a worker."""

    def __init__(self, pid: int, pipe: int, token: bytes) -> None:
        self._pid = pid
        self.pipe = pipe
        self._token = token
        self._status: int | None = None

    def understand(self, line: bytes) -> list[Any] | None:
        """Read one line as an event; `None` where it is not one, as when code wrote into a pipe that it found."""
        if not line.startswith(self._token):
            return None
        try:
            kind, item, payload = json.loads(line[len(self._token) :])
        except (ValueError, TypeError, RecursionError):
            return None
        well_formed = type(kind) is str and type(item) in (int, str, type(None)) and type(payload) in (str, type(None))
        return [kind, item, payload] if well_formed else None

    def has_ended(self) -> bool:
        """Whether the process is gone, without waiting."""
        if self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._status = status
        return self._status is not None

    def end(self) -> int:
        """Kill it with everything in its group, and give its exit code back."""
        for kill in (os.killpg, os.kill):
            with suppress(ProcessLookupError, PermissionError):
                if kill is os.killpg or self._status is None:
                    kill(self._pid, signal.SIGKILL)
        if self._status is None:
            self._status = os.waitpid(self._pid, 0)[1]
        os.close(self.pipe)
        return os.waitstatus_to_exitcode(self._status)


def start(serve: Callable[[Send], None]) -> Worker:
    """Fork a worker that serves."""
    token = os.urandom(16).hex().encode()
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write_end)
        return Worker(pid, read_end, token)
    leave = os._exit
    try:
        os.close(read_end)
        _settle()
        serve(_sender(write_end, token))
    except BaseException:
        leave(70)
    leave(0)
    raise AssertionError("unreachable")


def _settle() -> None:
    """Cut every tie to the judge but the pipe: its input and output, its session, its rank with the memory killer."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    set_dumpable(True)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")


def _sender(pipe: int, token: bytes) -> Send:
    """The worker's voice. It holds the functions that it needs, taken before the code under test was loaded."""
    write, getpid, leave, dumps = os.write, os.getpid, os._exit, json.dumps
    me = getpid()

    def send(kind: str, item: int | str | None = None, payload: str | None = None) -> None:
        if getpid() != me:
            leave(70)  # a fork that the code under test made has come back here
        data = token + dumps([kind, item, payload]).encode() + b"\n"
        while data:
            data = data[write(pipe, data) :]

    return send
