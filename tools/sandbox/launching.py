"""The caller's side of the launcher: starts it, hands it commands, ends it."""

import json
import os
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from motet.tools.sandbox.protocol import SandboxError

SCRIPT = Path(__file__).with_name("launcher.py")


class Launcher:
    """A launcher process, started at the first command and started again should it die.

    Args:
        drop_to: The user and group that commands run as, for a caller that is root.
        stage_root: A folder that the new user can reach; commands find `stage` there instead of what is in it.
        stage: Host paths by the name under `stage_root` where commands find them, whoever may read them outside.
    """

    def __init__(
        self, *, drop_to: int | None = None, stage_root: Path | None = None, stage: Mapping[str, Path] | None = None
    ) -> None:
        self._settings = json.dumps(
            {
                "drop_to": drop_to,
                "stage_root": str(stage_root),
                "stage": {name: str(path) for name, path in (stage or {}).items()},
            }
        )
        self._lock = threading.Lock()
        self._channel: socket.socket | None = None
        self._end: weakref.finalize[..., Any] | None = None

    def prepare(self, groups: Sequence[int]) -> socket.socket:
        """Have a supervisor ready that runs one command after the other.

        Args:
            groups: Files open for writing, through which it joins control groups.

        Returns:
            Its socket. What `send` sends over it starts a command, whose answer comes over it. Shutting down its
            writing half kills the command and ends the supervisor; then comes the socket's end.

        Raises:
            SandboxError: The launcher could not be started or prepared.
        """
        control, theirs = socket.socketpair()
        handed = [theirs.fileno(), *groups]
        try:
            with theirs, self._lock:
                if self._channel is None:
                    self._channel = self._open()
                try:
                    socket.send_fds(self._channel, [b"+"], handed)
                except OSError:
                    # Somebody ended it; one new attempt.
                    self._shut()
                    self._channel = self._open()
                    socket.send_fds(self._channel, [b"+"], handed)
        except BaseException:
            control.close()
            raise
        return control

    def close(self) -> None:
        """End the launcher and every run it supervises."""
        with self._lock:
            self._shut()

    def _open(self) -> socket.socket:
        channel, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(SCRIPT), str(theirs.fileno()), self._settings],
                cwd="/",
                env={"LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        # Also at exit and when nobody holds the launcher any more.
        self._end = weakref.finalize(self, _end, process, channel, os.getpid())
        line = _read_line(channel)
        answer = json.loads(line) if line else {"error": f"{sys.executable} ended before it was ready"}
        if "error" in answer:
            self._shut()
            raise SandboxError(f"Could not prepare the process that starts sandboxed commands: {answer['error']}")
        return channel

    def _shut(self) -> None:
        if self._end is not None:
            self._end()
        self._channel = self._end = None


def send(control: socket.socket, message: Mapping[str, Any], descriptors: Sequence[int]) -> None:
    """Send a request, with descriptors beside it; `launcher.become_command` has what it holds."""
    line = json.dumps(message).encode() + b"\n"
    sent = socket.send_fds(control, [line], list(descriptors))
    control.sendall(line[sent:])


def _read_line(channel: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        more = channel.recv(4096)
        if not more:
            return b""
        line += more
    return line


def _end(process: subprocess.Popen[bytes], channel: socket.socket, owner: int) -> None:
    if os.getpid() == owner:  # A fork of the caller must not end what is not its own.
        with suppress(OSError):
            channel.shutdown(socket.SHUT_RDWR)
        channel.close()
        process.wait()
