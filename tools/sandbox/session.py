"""What every kind of session shares: it runs blocking, in a thread for async callers, and cleans up on the way out."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import PurePosixPath
from types import TracebackType
from typing import Self

from motet.tools.sandbox.protocol import DEFAULT_LIMITS, NO_FILES, Execution, Files, Limits, SandboxError

KILL_AGAIN_SECONDS = 0.05
"""How often a cancelled run is killed until it is gone."""


class BlockingSession(ABC):
    """A `Session` from a blocking `_execute` and a `_kill` that ends it from another thread."""

    def __init__(self) -> None:
        self._closed = False

    @abstractmethod
    def _execute(self, argv: Sequence[str], files: Files, stdin: bytes, limits: Limits) -> Execution:
        """Run the command; `files` has been checked."""

    @abstractmethod
    def _kill(self) -> None:
        """End the command that is running, if one is."""

    @abstractmethod
    def _release(self) -> None:
        """Give the machine back; called once."""

    def run(
        self, argv: Sequence[str], *, files: Files = NO_FILES, stdin: bytes = b"", limits: Limits = DEFAULT_LIMITS
    ) -> Execution:
        """See `Session.run`."""
        if self._closed:
            raise SandboxError("This sandbox session is closed; take a new one with `sandbox.session()`.")
        check_paths(files)
        try:
            return self._execute(argv, files, stdin, limits)
        except BaseException:
            self._kill()
            raise

    async def arun(
        self, argv: Sequence[str], *, files: Files = NO_FILES, stdin: bytes = b"", limits: Limits = DEFAULT_LIMITS
    ) -> Execution:
        """See `Session.arun`."""
        work = asyncio.create_task(asyncio.to_thread(self.run, argv, files=files, stdin=stdin, limits=limits))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # A thread cannot be cancelled, but its command can be killed; it then returns at once. Again and again,
            # because the thread may not have come to starting it yet.
            while not work.done():
                self._kill()
                await asyncio.wait([work], timeout=KILL_AGAIN_SECONDS)
            raise

    def close(self) -> None:
        """See `Session.close`."""
        if not self._closed:
            self._closed = True
            self._kill()
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)


def check_paths(files: Files) -> None:
    """Refuse paths that would land outside the working directory.

    Raises:
        SandboxError: Naming the path.
    """
    for path in files:
        parts = PurePosixPath(path)
        if not path or "\0" in path or parts.is_absolute() or ".." in parts.parts or str(parts) == ".":
            raise SandboxError(f"The path {path!r} is not inside the sandbox's working directory; give a relative one.")
