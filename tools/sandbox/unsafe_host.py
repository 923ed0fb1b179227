"""No sandbox at all: code runs as the user, on the host. Nobody gets it without asking for `unsafe-host` by name.

Every `Execution` from here has `isolated=False`, and nothing that it shows counts as verified. Limits that the system
can set on a process are set; they stop accidents, not intent.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from motet.tools.sandbox.launching import Launcher
from motet.tools.sandbox.protocol import Capabilities, Execution, Files, Limits, Session
from motet.tools.sandbox.rlimits import FRUGAL, rlimits_for
from motet.tools.sandbox.session import BlockingSession
from motet.tools.sandbox.subprocesses import Finished, HostProcesses
from motet.tools.sandbox.verdicts import execution_of, verdict_of

KIND = "unsafe-host"


class UnsafeHostSandbox:
    """Runs code on the bare host, for development of motet itself and for machines where nothing else works."""

    kind = KIND

    def __init__(self) -> None:
        self._launcher = Launcher()
        self._sessions: set[UnsafeHostSession] = set()

    @property
    def capabilities(self) -> Capabilities:
        """None of them: nothing here is promised."""
        return Capabilities(
            network_off=False,
            filesystem_read_only=False,
            non_root=False,
            private_processes=False,
            seccomp=False,
            memory_limit=False,
            process_limit=False,
        )

    def session(self) -> Session:
        """See `Sandbox.session`."""
        session = UnsafeHostSession(self._launcher, self._sessions.discard)
        self._sessions.add(session)
        return session

    def close(self) -> None:
        """See `Sandbox.close`."""
        for session in list(self._sessions):
            session.close()
        self._launcher.close()


class UnsafeHostSession(BlockingSession):
    """A temporary folder in which commands run as the user."""

    def __init__(self, launcher: Launcher, on_close: Callable[["UnsafeHostSession"], None]) -> None:
        super().__init__()
        self._on_close = on_close
        self._launcher = launcher
        self._processes: HostProcesses | None = None
        self._running: HostProcesses | None = None
        self._root = Path(tempfile.mkdtemp(prefix="motet-unsafe-"))

    def _execute(self, argv: Sequence[str], files: Files, stdin: bytes, limits: Limits) -> Execution:
        self._processes = self._running = processes = self._processes or HostProcesses(self._launcher)
        work = Path(tempfile.mkdtemp(dir=self._root))
        try:
            write_files(work, files)
            path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
            env = {"PATH": path, "HOME": str(work), "TMPDIR": str(work), **FRUGAL}
            done = processes.run(
                argv,
                cwd=work,
                env=env,
                stdin=stdin,
                limits=limits,
                rlimits=rlimits_for(limits, memory_is_grouped=False),
            )
        except OSError as error:
            # As a shell says it, and as the kinds with a shell inside do.
            return _execution(Finished(127, None, "", f"{argv[0]}: {error}\n", 0.0, 0.0, 0), limits)
        finally:
            self._running = None
            if self._closed or processes.killed:
                processes.close()
                self._processes = None
            shutil.rmtree(work, ignore_errors=True)
        return _execution(done, limits)

    def _kill(self) -> None:
        if (running := self._running) is not None:
            running.kill()

    def _release(self) -> None:
        # A run that still goes on has been killed, and cleans up itself.
        if self._running is None and (processes := self._processes) is not None:
            processes.close()
        shutil.rmtree(self._root, ignore_errors=True)
        self._on_close(self)


def write_files(root: Path, files: Files) -> None:
    """Lay files out under a folder that exists."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)


def _execution(done: Finished, limits: Limits) -> Execution:
    verdict = verdict_of(done, limits, killed_for_memory=None)
    return execution_of(done, verdict, sandbox=KIND, isolated=False)
