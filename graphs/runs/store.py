"""The record of runs: one folder each, with what was asked, the checkpoints, and the lock of whoever works on it."""

import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite import SqliteSaver

from motet.graphs.repo import RepoInput
from motet.graphs.runs.errors import RunError, RunStoreError, UnknownRunError
from motet.graphs.runs.files import CHECKPOINTS, REQUEST, VARIABLE, bytes_in, runs_folder
from motet.graphs.runs.lock import claim
from motet.graphs.runs.reading import check_types, config_of, describe, read_history, read_request
from motet.graphs.runs.request import RunRequest
from motet.graphs.runs.run import Run
from motet.graphs.runs.steps import Step, steps_of
from motet.graphs.state import TeamInput, TeamState
from motet.tools.files import write_whole

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""What ids are made of: nothing that looks like another."""
ID_LENGTH = 6
KEEP = 200
"""Runs that are kept. One takes some hundred kilobytes, so they take tens of megabytes together."""
STALE = 3600
"""Seconds after which half-made or half-removed records of crashed processes are swept."""


@dataclass(frozen=True, kw_only=True)
class OpenRun:
    """A run that this process works on."""

    id: str
    request: RunRequest
    checkpointer: BaseCheckpointSaver[str]
    """For `create_team(checkpointer=...)`."""
    config: RunnableConfig
    """For the team's `invoke`, `stream` and their async twins; give `durability="sync"` with it."""
    input: TeamInput | RepoInput | None
    """What to give the team: the task at the start of a run, and None to go on with it."""


class RunStore:
    """Keeps runs, so that they can be looked at, and gone on with after a crash.

    Example:
        ```python
        store = RunStore()
        run = store.create(RunRequest(task="Write add(a, b). add(2, 3) == 5.", policy=SMALL))
        with store.open(run.id) as it:
            team = create_team(policy=it.request.policy, checkpointer=it.checkpointer)
            result = team.invoke(it.input, it.config, durability="sync")
        ```

    Args:
        folder: Where; the user's own folder of runs if left out.
        keep: How many runs are kept: the oldest go when a new one comes, but never one that is being worked on or
            waits for a human.
    """

    def __init__(self, folder: Path | None = None, *, keep: int = KEEP) -> None:
        self.folder = folder or runs_folder()
        self.keep = keep

    def create(self, request: RunRequest) -> Run:
        """Begin a record.

        Raises:
            RunStoreError: The folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._make_room()
            while True:
                run_id = "".join(secrets.choice(LETTERS) for _ in range(ID_LENGTH))
                # Made under another name first, so that no run is ever seen without its request.
                draft = self.folder / f".{run_id}"
                draft.mkdir(mode=0o700)
                _write_request(draft, request)
                with closing(sqlite3.connect(draft / CHECKPOINTS)) as connection:
                    SqliteSaver(connection).setup()
                if not (self.folder / run_id).exists():
                    draft.rename(self.folder / run_id)
                    return describe(self.folder / run_id)
        except (OSError, sqlite3.Error) as error:
            raise RunStoreError(
                f"The run cannot be recorded in {self.folder}: {getattr(error, 'strerror', None) or error}. "
                f"Make room, or name another folder in {VARIABLE}."
            ) from error

    def get(self, name: str) -> Run:
        """Find a run by its id or the beginning of it.

        Raises:
            UnknownRunError: There is none, or more than one.
        """
        return describe(self._find(name))

    def __iter__(self) -> Iterator[Run]:
        """All runs, the newest first."""
        for folder in self._folders():
            with suppress(FileNotFoundError):  # removed meanwhile
                yield describe(folder)

    def state(self, name: str) -> TeamState:
        """Everything that a run knows so far; empty where nothing was recorded yet.

        Raises:
            UnknownRunError: There is no such run.
            RunUnreadableError: Its record cannot be read.
        """
        folder = self._find(name)
        request = read_request(folder)
        history = read_history(folder, request, whole=False)
        state = cast(TeamState, history[0].values if history else {})
        check_types(folder.name, request, state)
        return state

    def steps(self, name: str) -> list[Step]:
        """What the voices have done so far, step by step.

        Raises:
            UnknownRunError: There is no such run.
            RunUnreadableError: Its record cannot be read.
        """
        folder = self._find(name)
        return steps_of(read_history(folder, read_request(folder), whole=True))

    @contextmanager
    def open(self, name: str) -> Generator[OpenRun]:
        """Work on a run in this thread: nobody else can until the block ends.

        Raises:
            UnknownRunError: There is no such run.
            RunBusyError: Another process works on it; the message says which.
            RunUnreadableError: Its record cannot be read.
            RunStoreError: Its record cannot be written, now or later in the block.
        """
        folder = self._find(name)
        with (
            claim(folder, folder.name),
            _told_in_words(folder),
            closing(sqlite3.connect(folder / CHECKPOINTS, check_same_thread=False)) as connection,
        ):
            yield self._opened(folder, SqliteSaver(connection))

    @asynccontextmanager
    async def aopen(self, name: str) -> AsyncGenerator[OpenRun]:
        """Work on a run in this event loop; see `open`."""
        from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

        folder = self._find(name)
        with claim(folder, folder.name), _told_in_words(folder):
            async with AsyncSqliteSaver.from_conn_string(str(folder / CHECKPOINTS)) as saver:
                yield self._opened(folder, saver)

    def change(self, name: str, **changes: object) -> RunRequest:
        """Change what was asked of a run, such as its `limits`.

        Raises:
            UnknownRunError: There is no such run.
            RunBusyError: Another process works on it.
            RunUnreadableError: Its record cannot be read.
        """
        folder = self._find(name)
        with claim(folder, folder.name):
            request = read_request(folder).model_copy(update=changes)
            _write_request(folder, request)
        return request

    def remove(self, name: str) -> int:
        """Remove a run for good.

        Returns:
            The bytes that this freed.

        Raises:
            UnknownRunError: There is no such run.
            RunBusyError: A process works on it.
        """
        folder = self._find(name)
        with claim(folder, folder.name):
            # Whoever waits for the lock finds no run afterwards.
            gone = folder.rename(folder.with_name(f".{folder.name}"))
        freed = bytes_in(gone)
        shutil.rmtree(gone, ignore_errors=True)
        return freed

    def _opened(self, folder: Path, checkpointer: BaseCheckpointSaver[str]) -> OpenRun:
        request = read_request(folder)
        history = read_history(folder, request, whole=False)
        if history:
            check_types(folder.name, request, history[0].values)
        return OpenRun(
            id=folder.name,
            request=request,
            checkpointer=checkpointer,
            config=config_of(folder.name),
            input=None if history else request.given(folder),
        )

    def _find(self, name: str) -> Path:
        found = [one for one in self._folders() if one.name.startswith(name)] if name else []
        exact = [one for one in found if one.name == name]
        if len(exact or found) == 1:
            return (exact or found)[0]
        if found:
            raise UnknownRunError(
                f"{name!r} begins several runs: {', '.join(one.name for one in found)}. Give more of it."
            )
        raise UnknownRunError(f"There is no run {name!r} in {self.folder}. `motet runs` lists them.")

    def _folders(self) -> list[Path]:
        """Those of runs, the newest first. Whatever else lies there is left alone."""
        if not self.folder.is_dir():
            return []
        found = []
        for folder in self.folder.iterdir():
            if len(folder.name) == ID_LENGTH and set(folder.name) <= set(LETTERS):
                with suppress(OSError):
                    found.append(((folder / REQUEST).stat().st_mtime, folder))
        return [folder for _, folder in sorted(found, reverse=True)]

    def _make_room(self) -> None:
        for folder in self._folders()[max(0, self.keep - 1) :]:
            with suppress(OSError, RunError):
                if describe(folder).status not in ("running", "waiting"):
                    self.remove(folder.name)
        for folder in self.folder.glob(".?*"):
            if len(folder.name) == ID_LENGTH + 1 and time.time() - folder.stat().st_mtime > STALE:
                shutil.rmtree(folder, ignore_errors=True)


def _write_request(folder: Path, request: RunRequest) -> None:
    write_whole(folder / REQUEST, request.model_dump_json(indent=2), private=True)
    # By this the runs are listed in their order without reading them.
    begun = request.created.timestamp()
    os.utime(folder / REQUEST, (begun, begun))


@contextmanager
def _told_in_words(folder: Path) -> Generator[None]:
    """Say in words why a run's database cannot be written."""
    try:
        yield
    except sqlite3.Error as error:
        raise RunStoreError(
            f"Run {folder.name} cannot be recorded any more in {folder}: {error}. "
            f"What it had finished is kept: make room or give the right to write, then `motet resume {folder.name}`."
        ) from error
