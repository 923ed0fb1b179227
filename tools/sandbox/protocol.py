"""Where untrusted code runs. Everything that motet executes goes through a `Sandbox`.

The whole design is on this page: a `Sandbox` gives out `Session`s, a session runs commands on files under `Limits`, and
each run is an `Execution` whose `verdict` says how it ended. Every kind of sandbox is one file beside this one.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Literal, Protocol, Self, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

KiB = 1024
MiB = 1024 * KiB

Files = Mapping[str, str | bytes]
"""Content by relative POSIX path, such as `{"pkg/mod.py": "x = 1"}`. The run's working directory is their root."""

Verdict = Literal["ok", "failed", "timeout", "out_of_memory", "output_limit", "infrastructure"]
"""How a run ended. `infrastructure` says that the sandbox itself failed: it tells nothing about the code."""


class Limits(BaseModel):
    """What one run may use. Reaching a limit ends the run with the verdict that names it."""

    model_config = ConfigDict(frozen=True)

    wall_seconds: float = Field(default=10.0, gt=0)
    """Time on the clock. At its end every process of the run is killed."""
    cpu_seconds: float = Field(default=10.0, gt=0)
    """Processor time of one process of the run; using it up is a `timeout`."""
    memory_bytes: int = Field(default=512 * MiB, ge=16 * MiB)
    """Memory; swap is never given."""
    processes: int = Field(default=64, ge=1)
    """Processes and threads alive at once."""
    file_bytes: int = Field(default=64 * MiB, ge=0)
    """The largest file that may be written, and the room for all files together."""
    open_files: int = Field(default=256, ge=16)
    """File descriptors open at once in one process."""
    output_bytes: int = Field(default=8 * MiB, ge=1)
    """What may be written to stdout and stderr, each; one byte more ends the run with `output_limit`."""
    kept_output_bytes: int = Field(default=64 * KiB, ge=2)
    """How much of each stream is kept: the first half and the last half, with a note of what was left out between."""


NO_FILES: Files = MappingProxyType({})
DEFAULT_LIMITS = Limits()


class Execution(BaseModel):
    """What happened when a command ran."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    """How it ended; `ok` means that it exited with 0."""
    exit_code: int | None
    """The exit status, negative for the signal that killed it; `None` where it never ran."""
    stdout: str
    """Standard output as UTF-8, undecodable bytes replaced, shortened to `Limits.kept_output_bytes`."""
    stderr: str
    """Standard error, in the same way. For `infrastructure`, what went wrong with the sandbox."""
    seconds: float
    """Time on the clock."""
    cpu_seconds: float | None
    """Processor time of all its processes; `None` where this kind cannot tell."""
    peak_memory_bytes: int | None
    """The most memory that a process of the run held; `None` where this kind cannot tell."""
    sandbox: str
    """The kind that ran it, such as `docker`."""
    isolated: bool
    """Whether the code was kept away from the host. Evidence from a run that was not counts for nothing."""


class Capabilities(BaseModel):
    """What a sandbox enforces here, found by attempts from inside it and not by reading its documentation."""

    model_config = ConfigDict(frozen=True)

    network_off: bool
    """Code could not open a connection and saw no interface but loopback."""
    filesystem_read_only: bool
    """Code could not write outside its work area and `/tmp`."""
    non_root: bool
    """Code ran without the host's root and without any capability."""
    private_processes: bool
    """Code saw no process but its own run's."""
    seccomp: bool
    """A system call filter was in force."""
    memory_limit: bool
    """An allocation above `Limits.memory_bytes` failed or was killed."""
    process_limit: bool
    """A fork bomb was stopped at `Limits.processes`."""

    @property
    def isolated(self) -> bool:
        """Whether all that evidence relies on was enforced: no network, no host files or root, private processes."""
        return self.network_off and self.filesystem_read_only and self.non_root and self.private_processes


class SandboxError(Exception):
    """The sandbox cannot do what was asked of it. The message says what to do."""


class UnknownSandboxError(SandboxError):
    """No kind of sandbox has this name."""


class NoSandboxError(SandboxError):
    """No sandbox of the wanted kind works on this machine."""


@runtime_checkable
class Session(Protocol):
    """One task's machine. Each run finds its own files and nothing that an earlier run left behind.

    Use it as a context manager, sync or async; one run at a time.
    """

    def run(
        self, argv: Sequence[str], *, files: Files = NO_FILES, stdin: bytes = b"", limits: Limits = DEFAULT_LIMITS
    ) -> Execution:
        """Run a command and wait for its end.

        Args:
            argv: The program and its arguments; no shell is involved. `python3` is always there, with pytest, coverage,
                ruff and bandit.
            files: Laid out in the working directory before the run.
            stdin: What the command reads on standard input.
            limits: What it may use.

        Raises:
            SandboxError: `files` has a path that is absolute or leads outside, or the session is closed. Whatever the
                command does is no exception but an `Execution`.
        """
        ...

    async def arun(
        self, argv: Sequence[str], *, files: Files = NO_FILES, stdin: bytes = b"", limits: Limits = DEFAULT_LIMITS
    ) -> Execution:
        """As `run`, without blocking the event loop. Cancelling it kills the command."""
        ...

    def close(self) -> None:
        """End everything that still runs and give the machine back. May be called twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class Sandbox(Protocol):
    """Gives out sessions. Safe to share between threads and event loops."""

    kind: str
    """`docker`, `bubblewrap` or `unsafe-host`."""

    @property
    def capabilities(self) -> Capabilities:
        """What it enforces here; found at the first call by real attempts.

        Raises:
            NoSandboxError: This kind does not work on this machine.
        """
        ...

    def session(self) -> Session:
        """Take a fresh machine.

        Raises:
            NoSandboxError: This kind does not work on this machine.
        """
        ...

    def close(self) -> None:
        """End all sessions and leave nothing behind. May be called twice; also happens when the process ends."""
        ...
