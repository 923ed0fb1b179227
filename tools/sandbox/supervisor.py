"""Process 1 of a Docker sandbox: runs one command after the other and says how each ended.

It is given to `python3` as text, with the modules it imports, so that any image with a Python will do. It speaks over
the container's own streams: a length of four bytes and as much JSON, in both directions. Bytes travel as Latin-1 inside
the JSON.

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
import shutil
import signal
import struct
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

from motet.tools.sandbox.seccomp import confine
from motet.tools.sandbox.supervised import Run

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
        # HOME as in the other kinds; compiled modules would only have to be removed again.
        self._environment = {**os.environ, "HOME": area, "PYTHONDONTWRITEBYTECODE": "1"}
        self._oom_counter = open_oom_counter()
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
        oom_kills = count_oom_kills(self._oom_counter)
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
            "killed_for_memory": None if oom_kills is None else count_oom_kills(self._oom_counter) != oom_kills,
        }

    def _become(self, request: Mapping[str, Any], streams: tuple[int, int, int]) -> NoReturn:
        """In the child: apply the limits and become the command. Nothing hostile lives yet."""
        program = ""
        try:
            program = request["argv"][0]
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


def open_oom_counter() -> int | None:
    """Open the counter of what was killed for memory, once: a command might take the right to open files away."""
    for path in OOM_COUNTERS:
        with suppress(OSError):
            return os.open(path, os.O_RDONLY)
    return None


def count_oom_kills(counter: int | None) -> int | None:
    """How many processes of this container were killed for memory; `None` where the system does not tell."""
    for line in os.pread(counter, CHUNK, 0).splitlines() if counter is not None else ():
        name, _, value = line.partition(b" ")
        if name == b"oom_kill":
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


def main() -> None:
    """Serve with the folders that the arguments name."""
    # Where the kernel does not take it, the engine's own filter remains; `Capabilities.seccomp` tells.
    confine()
    Supervisor(sys.argv[1], tuple(sys.argv[2:])).serve()
