"""One process at a time works on a run. The kernel keeps the lock, so a killed process cannot leave it behind."""

import os
import platform
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from motet.graphs.runs.errors import RunBusyError
from motet.tools.files import write_whole

LOCK, OWNER = "lock", "owner.json"
PATIENCE = 1.0
"""Seconds to wait for a lock: whoever only looks whether a run is busy holds it for some microseconds."""


class Owner(BaseModel):
    """The process that works on a run."""

    model_config = ConfigDict(frozen=True)

    pid: int | None = None
    """Unknown in the moment in which it takes the run."""
    host: str = ""
    since: datetime | None = None

    def __str__(self) -> str:
        if self.pid is None or self.since is None:
            return "another process"
        where = "" if self.host == platform.node() else f" on {self.host}"
        return f"process {self.pid}{where}, since {self.since.astimezone():%Y-%m-%d %H:%M:%S}"


@contextmanager
def claim(folder: Path, run_id: str) -> Generator[None]:
    """Hold a run as long as the block lasts.

    Raises:
        RunBusyError: Another process holds it; the message says which.
    """
    lock = _lock(folder)
    try:
        lock.acquire(timeout=PATIENCE, poll_interval=0.02)
    except Timeout:
        raise RunBusyError(
            f"Run {run_id} is being worked on by {_read(folder)}. Wait for that, or end it: what is finished is kept."
        ) from None
    try:
        me = Owner(pid=os.getpid(), host=platform.node(), since=datetime.now(UTC))
        write_whole(folder / OWNER, me.model_dump_json(), private=True)
        yield
    finally:
        with suppress(OSError):
            (folder / OWNER).unlink(missing_ok=True)
        lock.release()


def owner_of(folder: Path) -> Owner | None:
    """Who works on a run at this moment; nobody if the lock is free, whatever a killed process has left there."""
    lock = _lock(folder)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return _read(folder)
    except OSError:
        # A folder that cannot be written cannot be worked on either.
        return None
    lock.release()
    return None


def _lock(folder: Path) -> FileLock:
    # Each with a lock of its own, so that two threads of one process are two as well.
    return FileLock(folder / LOCK, mode=0o600, is_singleton=False, thread_local=False)


def _read(folder: Path) -> Owner:
    try:
        return Owner.model_validate_json((folder / OWNER).read_bytes())
    except (OSError, ValidationError):
        return Owner()
