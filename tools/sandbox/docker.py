"""Runs code in Docker containers: no network, no root, nothing of the host, a fresh container for each session.

A container costs a third of a second and a run in one that is ready some milliseconds, so containers wait in a pool
with a supervisor inside (`supervisor.py`), and a session's runs are requests to that.
"""

import os
import signal
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from motet.tools.sandbox.docker_engine import connect
from motet.tools.sandbox.docker_machine import Machine, MachineGoneError, Shape
from motet.tools.sandbox.docker_owner import remove_orphans
from motet.tools.sandbox.docker_pool import Pool
from motet.tools.sandbox.folders import NO_FOLDERS, Folders, checked_folders
from motet.tools.sandbox.image import build_image, image_exists, image_name
from motet.tools.sandbox.protocol import (
    DEFAULT_LIMITS,
    Capabilities,
    Execution,
    Files,
    Limits,
    NoSandboxError,
    SandboxError,
    Session,
    Verdict,
)
from motet.tools.sandbox.rlimits import rlimits_for
from motet.tools.sandbox.session import BlockingSession
from motet.tools.sandbox.subprocesses import Finished
from motet.tools.sandbox.verdicts import execution_of, verdict_of

KIND = "docker"
GRACE_SECONDS = 3.0
"""How much longer than its time a run may take to be reported before its container is ended from outside."""
CLEAN_SECONDS = 3.0
"""How long a container may take to be clean for the next run before a fresh one is cheaper."""

CAUSES: Mapping[Verdict, str] = {
    "out_of_memory": "Memory ran out for everything in the sandbox.",
    "failed": "The code brought its own sandbox to an end.",
}


class DockerSandbox:
    """Gives out containers of a Docker Engine. Nothing is asked of the engine before the first session.

    Args:
        image: The image that runs find; any with Python 3.10 or later on its PATH. By default motet's own, which
            `motet sandbox build` makes and which has pytest, coverage and ruff.
        pool_size: How many containers wait ready.
        limits: What runs will mostly be given. Memory, processes and room for files are fixed when a container is made;
            the first run of a session that asks for others waits for a container of its own.
        cpus: Processors that a container may use at once.
        runtime: Another runtime that the engine knows, such as gVisor's `runsc`.
        folders: Folders of the host that runs find, read-only, by their path inside, which is below /mnt. The engine
            must be on this machine.

    Raises:
        SandboxError: A folder may not be shown.
    """

    kind = KIND

    def __init__(
        self,
        *,
        image: str | None = None,
        pool_size: int = 2,
        limits: Limits = DEFAULT_LIMITS,
        cpus: float = 1.0,
        runtime: str | None = None,
        folders: Folders = NO_FOLDERS,
    ) -> None:
        self._image = image
        self._pool_size = pool_size
        self._shape = Shape.of(limits)
        self._cpus = cpus
        self._runtime = runtime
        self._folders = checked_folders(folders)
        self._lock = threading.Lock()
        self._pool: Pool | None = None
        self._end: weakref.finalize[..., Any] | None = None
        self._capabilities: Capabilities | None = None

    @property
    def capabilities(self) -> Capabilities:
        """See `Sandbox.capabilities`."""
        from motet.tools.sandbox.probe import probe

        if self._capabilities is None:
            self._capabilities = probe(lambda: DockerSession(self._open(), isolated=False))
        return self._capabilities

    def prepare(self, progress: Callable[[str], None] | None = None) -> None:
        """Build motet's own image if it is missing.

        Raises:
            NoSandboxError: No engine answers, or an image that is not motet's own is missing.
            SandboxError: The image could not be built.
        """
        if not image_exists(self._image):
            if self._image is not None:
                raise NoSandboxError(f"The engine has no image {self._image}; pull or build it.")
            build_image(progress)

    def session(self) -> Session:
        """See `Sandbox.session`."""
        return DockerSession(self._open(), isolated=self.capabilities.isolated)

    def close(self) -> None:
        """See `Sandbox.close`. A session that is taken afterwards opens it again."""
        with self._lock:
            if self._end is not None:
                self._end()
            self._pool = self._end = None

    def _open(self) -> Pool:
        with self._lock:
            if self._pool is None:
                image = self._image or image_name()
                if not image_exists(image):
                    how = "pull or build it" if self._image else "run `motet sandbox build`"
                    raise NoSandboxError(f"The Docker Engine answers but has no image {image}; {how}.")
                client = connect()
                remove_orphans(client)
                cpus, runtime, folders = self._cpus, self._runtime, self._folders
                self._pool = Pool(
                    lambda shape: Machine.start(client, image, shape, cpus=cpus, runtime=runtime, folders=folders),
                    self._shape,
                    self._pool_size,
                )
                # Also at exit and when nobody holds the sandbox any more.
                self._end = weakref.finalize(self, _end, self._pool, client.close, os.getpid())
                self._pool.warm()
            return self._pool


class DockerSession(BlockingSession):
    """A container of one's own, taken at the first run; more only for runs under limits of another shape."""

    def __init__(self, pool: Pool, *, isolated: bool) -> None:
        super().__init__()
        self._pool = pool
        self._isolated = isolated
        self._lock = threading.Lock()
        self._machines: dict[Shape, Machine] = {}
        self._kills = 0

    def _execute(self, argv: Sequence[str], files: Files, stdin: bytes, limits: Limits) -> Execution:
        kills = self._kills
        machine = self._machine_for(Shape.of(limits))
        request = {
            "argv": list(argv),
            "files": {path: _text(content) for path, content in files.items()},
            "stdin": _text(stdin),
            "rlimits": rlimits_for(limits, memory_is_grouped=True),
            "wall_seconds": limits.wall_seconds,
            "output_bytes": limits.output_bytes,
            "kept_output_bytes": limits.kept_output_bytes,
        }
        started = time.monotonic()
        try:
            if self._kills != kills:
                raise MachineGoneError
            reply = machine.ask(request, limits.wall_seconds + GRACE_SECONDS)
        except (MachineGoneError, TimeoutError) as error:
            verdict: Verdict
            if self._kills != kills:
                verdict, why = "infrastructure", "The run was killed on request."
            elif isinstance(error, TimeoutError):
                verdict, why = "timeout", "The sandbox did not answer at the end of the run's time and was ended."
            else:
                verdict = machine.cause_of_death()
                why = CAUSES.get(verdict, f"The Docker Engine ended the sandbox, or was lost: {error}.")
            self._give_up(machine)
            return _lost(verdict, why, time.monotonic() - started, isolated=self._isolated)
        if "error" in reply:
            raise SandboxError(f"The run's files could not be laid out in the sandbox: {reply['error']}.")
        done = Finished(**{field: reply[field] for field in Finished._fields})
        verdict = verdict_of(done, limits, killed_for_memory=reply["killed_for_memory"])
        return execution_of(done, verdict, sandbox=KIND, isolated=self._isolated)

    def _machine_for(self, shape: Shape) -> Machine:
        """The machine of this session, if it is clean; else a fresh one."""
        machine = self._machines.get(shape)
        if machine is not None:
            try:
                machine.wait_ready(CLEAN_SECONDS)
            except (MachineGoneError, TimeoutError):
                self._give_up(machine)
            else:
                return machine
        with self._lock:
            machine = self._machines[shape] = self._pool.take(shape)
        return machine

    def _give_up(self, machine: Machine) -> None:
        """End a machine, once."""
        with self._lock:
            if self._machines.get(machine.shape) is machine:
                del self._machines[machine.shape]
                self._pool.discard(machine)

    def _kill(self) -> None:
        # Nothing inside can refuse this end, and the next run finds a fresh machine.
        self._kills += 1
        for machine in list(self._machines.values()):
            self._give_up(machine)

    def _release(self) -> None:
        pass


def _lost(verdict: Verdict, why: str, seconds: float, *, isolated: bool) -> Execution:
    """The result of a run whose machine did not live to report it."""
    return Execution(
        verdict=verdict,
        exit_code=None if verdict == "infrastructure" else -signal.SIGKILL,
        stdout="",
        stderr=why,
        seconds=seconds,
        cpu_seconds=None,
        peak_memory_bytes=None,
        sandbox=KIND,
        isolated=isolated,
    )


def _text(content: str | bytes) -> str:
    """Bytes as they travel to the supervisor."""
    return (content.encode() if isinstance(content, str) else content).decode("latin-1")


def _end(pool: Pool, close_client: Callable[[], None], owner: int) -> None:
    if os.getpid() == owner:  # A fork must not end what is not its own.
        pool.close()
        close_client()
