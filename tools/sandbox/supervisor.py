"""Process 1 of a Docker sandbox: runs one command after the other and says how each ended. It knows nothing of motet.

It is given to `python3` as text, so that any image with a Python will do, and it speaks over the container's own
streams: a length of four bytes and as much JSON, in both directions. Bytes travel as Latin-1 inside the JSON.

The code it runs has the same user id. That it can neither end, stop, read nor imitate its supervisor rests on two
facts. The kernel lets no process inside a pid namespace send SIGKILL or SIGSTOP to process 1, nor any other signal that
has no handler there. And a process that is not dumpable cannot be traced, nor its `/proc/1/fd` opened, by anybody
without a capability.

Being process 1 also makes the end of a run certain: `kill(-1)` from here reaches everything inside at once. At the end
of its input the supervisor exits, and the container with it.
"""

import ctypes
import fcntl
import json
import os
import resource
import selectors
import shutil
import signal
import struct
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

from motet.tools.sandbox.output import CappedOutput

PR_SET_DUMPABLE = 4
CHUNK = 65536
NICENESS = 5
"""Commands yield to their supervisor, so that a busy crowd of them does not delay its own end."""
OOM_COUNTERS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
"""Where the kernel counts what it killed for memory: control groups version 2, and version 1."""
SYSV_LISTS = ("/proc/sysvipc/msg", "/proc/sysvipc/sem", "/proc/sysvipc/shm")


class Supervisor:
    """The loop, and what one command must not change for the next.

    Args:
        area: The folder that is given to commands, emptied after each.
        shared: Other folders they may write to, emptied as well.
    """

    def __init__(self, area: str, shared: tuple[str, ...]) -> None:
        self._work = os.path.join(area, "work")
        self._writable = (area, *shared)
        # Away from 0, 1 and 2, which become the command's, and closed at exec.
        self._requests = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 10)
        self._replies = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 10)
        self._woken, self._wake = os.pipe()
        for descriptor in (self._woken, self._wake):
            os.set_blocking(descriptor, False)
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        self._environment = {**os.environ, "HOME": self._work}
        self._condition = condition()

    def serve(self) -> None:
        """Run what is asked for until nobody asks any more, or until this machine is no longer as it was."""
        while True:
            self._clean()
            if condition() != self._condition:
                raise SystemExit("A command has changed what the next one would find; this machine is used up.")
            self._say({"ready": True})
            request = self._hear()
            try:
                self._lay_out(request["files"])
            except OSError as error:
                self._say({"error": str(error)})
            else:
                self._say(self._run(request))

    def _run(self, request: Mapping[str, Any]) -> dict[str, Any]:
        oom_kills = count_oom_kills()
        started = time.monotonic()
        pipes = [os.pipe() for _ in range(3)]
        pid = os.fork()
        if pid == 0:
            self._become(request, (pipes[0][0], pipes[1][1], pipes[2][1]))
        for descriptor in (pipes[0][0], pipes[1][1], pipes[2][1]):
            os.close(descriptor)
        run = Run(pid, pipes[0][1], (pipes[1][0], pipes[2][0]), request)
        stopped_by = run.watch(self._requests, self._woken, started + request["wall_seconds"])
        return {
            "stopped_by": stopped_by,
            "returncode": run.returncode,
            "stdout": run.outputs[0].text(),
            "stderr": run.outputs[1].text(),
            "seconds": time.monotonic() - started,
            "cpu_seconds": run.cpu_seconds,
            "peak_memory_bytes": run.peak_memory_bytes,
            "killed_for_memory": None if oom_kills is None else count_oom_kills() != oom_kills,
        }

    def _become(self, request: Mapping[str, Any], streams: tuple[int, int, int]) -> NoReturn:
        """In the child: apply the limits and become the command. Nothing hostile lives yet."""
        program = request["argv"][0]
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            os.setsid()
            for number, descriptor in enumerate(streams):
                os.dup2(descriptor, number)
            os.nice(NICENESS)
            die_first()
            for name, (soft, hard) in request["rlimits"].items():
                set_limit(getattr(resource, name), soft, hard)
            os.chdir(self._work)
            os.execvpe(program, request["argv"], self._environment)  # noqa: S606 - the caller's argv, no shell
        except BaseException as error:
            os.write(2, f"{program}: {error}\n".encode(errors="replace"))
        finally:
            os._exit(127)

    def _lay_out(self, files: Mapping[str, str]) -> None:
        os.mkdir(self._work)
        for path, content in files.items():
            target = os.path.join(self._work, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(content.encode("latin-1"))

    def _clean(self) -> None:
        """Empty every folder that a command can write to. What resists ends this machine with an error."""
        for folder in self._writable:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path)
                    else:
                        os.unlink(entry.path)

    def _say(self, message: Mapping[str, Any]) -> None:
        data = json.dumps(message).encode()
        unsent = memoryview(struct.pack("!I", len(data)) + data)
        while unsent:
            unsent = unsent[os.write(self._replies, unsent) :]

    def _hear(self) -> dict[str, Any]:
        (length,) = struct.unpack("!I", self._read(4))
        return json.loads(self._read(length))

    def _read(self, length: int) -> bytes:
        data = bytearray()
        while len(data) < length:
            chunk = os.read(self._requests, min(length - len(data), 1 << 20))
            if not chunk:
                raise SystemExit
            data += chunk
        return bytes(data)


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


def condition() -> tuple[object, ...]:
    """What a process of the same user can change on this one or leave in the kernel, for no emptied folder to undo."""
    names = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    limits = tuple(resource.getrlimit(getattr(resource, name)) for name in names)
    schedule = (os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0), tuple(os.sched_getaffinity(0)))
    left = tuple(count_lines(path) for path in SYSV_LISTS)
    return limits, schedule, left


def count_lines(path: str) -> int:
    """The number of lines of a file, none where it does not exist."""
    with suppress(OSError), open(path, "rb") as lines:
        return sum(1 for _ in lines)
    return 0


def count_oom_kills() -> int | None:
    """How many processes of this container were killed for memory; `None` where the system does not tell."""
    for path in OOM_COUNTERS:
        with suppress(OSError), open(path, encoding="ascii") as counters:
            for line in counters:
                name, _, value = line.partition(" ")
                if name == "oom_kill":
                    return int(value)
    return None


def die_first() -> None:
    """Have the kernel choose this process and its children, never the supervisor, where memory runs out."""
    # Its own file in /proc opens only for a dumpable process; exec makes it one anyway.
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
        score.write("1000")


def set_limit(which: int, soft: int, hard: int) -> None:
    """Lower a limit; one that is lower already stays."""
    _, ceiling = resource.getrlimit(which)
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(which, (soft, hard))


if __name__ == "__main__":
    Supervisor(sys.argv[1], tuple(sys.argv[2:])).serve()
