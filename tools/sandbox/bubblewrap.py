"""The embedded kind, for Linux without Docker: each run in fresh namespaces made by bubblewrap.

It needs no service, no image and no root, and costs some milliseconds a run. A caller that is root gives root up first:
the walls are built by, and of, an unprivileged process.
"""

import io
import os
import tarfile
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext

from motet.tools.sandbox.bubblewrap_setup import Setup, set_up
from motet.tools.sandbox.folders import NO_FOLDERS, Folders, checked_folders
from motet.tools.sandbox.probe import probe
from motet.tools.sandbox.protocol import DEFAULT_LIMITS, Capabilities, Execution, Files, Limits, SandboxError, Session
from motet.tools.sandbox.rlimits import rlimits_for
from motet.tools.sandbox.session import BlockingSession
from motet.tools.sandbox.subprocesses import Finished, HostProcesses
from motet.tools.sandbox.verdicts import execution_of, verdict_of

KIND = "bubblewrap"

STARTER = """
[ "$1" = 0 ] || tar -xf - <&3 || exit 1
ulimit -p "$2" 2>/dev/null || ulimit -u "$2" || exit 1
shift 2
echo >&4
exec "$@" 3<&- 4>&-
"""
"""Runs before the command, inside: unpacks the files, limits the processes, says that it did, becomes the command.

Processes are counted for each user in each user namespace, so a limit set here counts this run's alone, whatever else
the user runs; set outside, it would count all of those. Dash and busybox call that limit `-p`, bash calls it `-u`.
"""

INITS = 1
"""Bubblewrap's own process 1, which the limit inside counts too."""
HELPERS = 3
"""That, bubblewrap itself and the supervisor, which a control group counts."""


class BubblewrapSandbox:
    """Runs code in new user, pid, network, ipc, uts and cgroup namespaces, on a read-only part of this system.

    Sessions share nothing but the process that starts their commands.

    Args:
        folders: Folders of the host that runs find, read-only, by their path inside, which is below /mnt.

    Raises:
        SandboxError: A folder may not be shown.
    """

    kind = KIND

    def __init__(self, *, folders: Folders = NO_FOLDERS) -> None:
        self._folders = checked_folders(folders)
        self._lock = threading.Lock()
        self._setup: Setup | None = None
        self._capabilities: Capabilities | None = None
        self._sessions: set[BubblewrapSession] = set()

    @property
    def capabilities(self) -> Capabilities:
        """See `Sandbox.capabilities`."""
        with self._lock:
            if self._capabilities is None:
                self._setup = self._setup or set_up(_attempt, self._folders)
                setup = self._setup
                self._capabilities = probe(lambda: BubblewrapSession(setup, isolated=False))
            return self._capabilities

    def session(self) -> Session:
        """See `Sandbox.session`."""
        isolated = self.capabilities.isolated
        with self._lock:
            if self._setup is None:
                self._setup = set_up(_attempt, self._folders)
            session = BubblewrapSession(self._setup, isolated=isolated, on_close=self._sessions.discard)
            self._sessions.add(session)
        return session

    def close(self) -> None:
        """See `Sandbox.close`."""
        for session in list(self._sessions):
            session.close()
        with self._lock:
            if self._setup is not None:
                self._setup.launcher.close()
                self._setup = None


class BubblewrapSession(BlockingSession):
    """Every run gets new namespaces and new, empty folders; nothing is there between runs.

    Args:
        setup: How bubblewrap works here.
        isolated: What is said of every run.
        on_close: Told when the session has ended.
    """

    def __init__(
        self, setup: Setup, *, isolated: bool, on_close: Callable[["BubblewrapSession"], None] = lambda session: None
    ) -> None:
        super().__init__()
        self._setup = setup
        self._isolated = isolated
        self._on_close = on_close
        self._place: Place | None = Place(setup, DEFAULT_LIMITS)
        self._running: Place | None = None

    def _execute(self, argv: Sequence[str], files: Files, stdin: bytes, limits: Limits) -> Execution:
        laid_out = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        if (size := sum(map(len, laid_out.values()))) > limits.file_bytes:
            raise SandboxError(
                f"The run's files have {size} bytes, and Limits.file_bytes is {limits.file_bytes}; raise it."
            )
        self._running = place = self._place_for(limits)
        try:
            done, started, memory_kills = place.run(argv, laid_out, stdin, limits)
        finally:
            self._running = None
            if self._closed or place.processes.killed:
                place.close()
                self._place = None
        return self._execution(done, limits, started=started, memory_kills=memory_kills)

    def _execution(self, done: Finished, limits: Limits, *, started: bool, memory_kills: int | None) -> Execution:
        # Bubblewrap hands a signal on as a shell does. A program that exits with 128 and more is taken for killed.
        if 128 < done.returncode <= 128 + 64:
            done = done._replace(returncode=128 - done.returncode)
        verdict = verdict_of(done, limits, killed_for_memory=None if memory_kills is None else memory_kills > 0)
        if not started and verdict == "failed":
            verdict = "infrastructure"
        execution = execution_of(done, verdict, sandbox=KIND, isolated=self._isolated)
        return execution if started else execution.model_copy(update={"exit_code": None})

    def _place_for(self, limits: Limits) -> "Place":
        if self._place is None or not self._place.fits(limits):
            if self._place is not None:
                self._place.close()
            self._place = Place(self._setup, limits)
        return self._place

    def _kill(self) -> None:
        if (running := self._running) is not None:
            running.processes.kill()

    def _release(self) -> None:
        # A run that still goes on has been killed, and closes its place itself.
        if self._running is None and (place := self._place) is not None:
            place.close()
        self._on_close(self)


class Place:
    """Where runs will be: a control group, where one may be made, and in it a supervisor that waits for commands.

    To join a group takes the kernel some ten milliseconds in which nobody on the machine can fork, so a session does it
    once, and again only after a run that had to be killed or for one with other limits.
    """

    def __init__(self, setup: Setup, limits: Limits) -> None:
        self._walls = setup.walls
        self._limits = limits
        self._group = setup.groups.make() if setup.groups is not None else None
        try:
            if self._group is not None:
                self._group.limit(limits, helpers=HELPERS)
            with self._group.joining() if self._group is not None else nullcontext([]) as groups:
                self.processes = HostProcesses(setup.launcher, groups)
        except BaseException:
            if self._group is not None:
                self._group.remove()
            raise

    def fits(self, limits: Limits) -> bool:
        """Whether its group, which is made for certain limits, holds runs to these."""
        ours, theirs = self._limits, limits
        return (ours.memory_bytes, ours.processes) == (theirs.memory_bytes, theirs.processes)

    def run(
        self, argv: Sequence[str], files: Mapping[str, bytes], stdin: bytes, limits: Limits
    ) -> tuple[Finished, bool, int | None]:
        """Run a command here.

        Returns:
            How it ended, whether it came to run at all, and how many of its processes the kernel killed for memory;
            `None` where nothing tells that.
        """
        earlier_kills = self._group.memory_kills() if self._group is not None else 0
        with ExitStack() as stack:
            ready, say_ready = os.pipe()
            stack.callback(os.close, ready)
            stack.callback(os.close, say_ready)
            os.set_blocking(ready, False)
            contents = (_archive(files), self._walls.options(limits.file_bytes), self._walls.seccomp)
            archive, *others = (
                stack.enter_context(_memory_file(content)) for content in contents if content is not None
            )
            starter = ["/bin/sh", "-c", STARTER, "sh", str(len(files)), str(limits.processes + INITS), *argv]
            done = self.processes.run(
                self._walls.argv(starter),
                cwd="/",
                env={},
                stdin=stdin,
                limits=limits,
                rlimits=rlimits_for(limits, memory_is_grouped=self._group is not None),
                descriptors=(archive, say_ready, *others),
            )
            try:
                started = bool(os.read(ready, 1))
            except BlockingIOError:
                started = False
        return done, started, self._group.memory_kills() - earlier_kills if self._group is not None else None

    def close(self) -> None:
        """End what is here."""
        self.processes.close()
        if self._group is not None:
            self._group.remove()


def _attempt(setup: Setup) -> Execution:
    """The least that must work."""
    with BubblewrapSession(setup, isolated=False) as session:
        return session.run(["true"])


def _archive(content: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, data in content.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mtime = len(data), int(time.time())
            tar.addfile(entry, io.BytesIO(data))
    return archive.getvalue()


@contextmanager
def _memory_file(content: bytes) -> Generator[int]:
    """A descriptor from which the content can be read, and that is nowhere on disk."""
    with open(os.memfd_create("motet"), "r+b", buffering=0) as file:
        file.write(content)
        file.seek(0)
        yield file.fileno()
