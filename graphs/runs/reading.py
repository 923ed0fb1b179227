"""Reads a run's record without working on it, and says where the run stands."""

import os
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast, get_type_hints

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import StateSnapshot
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from motet.agents import Approvable
from motet.graphs.checkpointing import know_team_types
from motet.graphs.policy import Policy
from motet.graphs.repo import RepoPolicy, RepoState, create_repo_team
from motet.graphs.repo.team import RepoTeam
from motet.graphs.runs.errors import RunUnreadableError
from motet.graphs.runs.files import CHECKPOINTS, REQUEST, bytes_in
from motet.graphs.runs.lock import owner_of
from motet.graphs.runs.request import RunRequest
from motet.graphs.runs.run import Question, Run
from motet.graphs.runs.steps import update_of
from motet.graphs.state import TeamState
from motet.graphs.team import Team, create_team
from motet.models import ScriptedChatModel, Usage, union


def config_of(run_id: str) -> RunnableConfig:
    """Where LangGraph finds a run."""
    return {"configurable": {"thread_id": run_id}}


def read_request(folder: Path) -> RunRequest:
    """Read what was asked.

    Raises:
        RunUnreadableError: It is damaged, or written by a version that this one does not understand.
    """
    try:
        return RunRequest.model_validate_json((folder / REQUEST).read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RunUnreadableError(
            f"The record of run {folder.name} cannot be read: {folder / REQUEST}: {where}: {first['msg']}. "
            "It is damaged, or another version of motet wrote it."
        ) from error
    except OSError as error:
        raise RunUnreadableError(f"The record of run {folder.name} cannot be read: {error}.") from error


def read_history(folder: Path, request: RunRequest, *, whole: bool) -> list[StateSnapshot]:
    """Read where a run stands, without disturbing whoever works on it.

    Args:
        folder: The run's.
        request: What was asked.
        whole: Every step, the newest first; else the newest alone.

    Returns:
        Nothing where nothing was recorded yet.

    Raises:
        RunUnreadableError: The checkpoints are damaged.
    """
    config = config_of(folder.name)
    # SQLite shares memory through files beside the database; where none can be made, nobody writes either.
    mode = "mode=ro" if os.access(folder, os.W_OK) else "immutable=1"
    address = f"{(folder / CHECKPOINTS).as_uri()}?{mode}"
    with _translated(folder), closing(sqlite3.connect(address, uri=True, check_same_thread=False)) as connection:
        reader = _reader(request.policy, request.approve, request.memory)
        team = reader.copy({"checkpointer": know_team_types(SqliteSaver(connection), reader.builder)})
        snapshots = list(team.get_state_history(config)) if whole else [team.get_state(config)]
        return [one for one in snapshots if one.created_at]


@lru_cache(maxsize=16)
def _reader(policy: Policy | RepoPolicy, approve: tuple[Approvable, ...], memory: str) -> Team | RepoTeam:
    """A team that can read checkpoints. Which model it has does not matter: nobody is asked anything."""
    if isinstance(policy, RepoPolicy):
        return create_repo_team(model=ScriptedChatModel(), policy=policy)
    return create_team(model=ScriptedChatModel(), policy=policy, approve=approve, memory=memory)


def describe(folder: Path) -> Run:
    """Say where a run stands."""
    created = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    # Looked at before the checkpoints: a run that ends in between is then called running, and not interrupted.
    owner = owner_of(folder)
    known: dict[str, Any] = {
        "id": folder.name,
        "folder": folder,
        "bytes": bytes_in(folder),
        "owner": owner,
        "created": created,
    }
    try:
        request = read_request(folder)
        known |= {"request": request, "created": request.created}
        history = read_history(folder, request, whole=False)
    except RunUnreadableError as error:
        return Run(status="unreadable", error=str(error), updated=created, **known)
    if not history:
        return Run(status="running" if owner else "interrupted", updated=request.created, **known)
    snapshot = history[0]
    state = cast(TeamState, snapshot.values)
    error = next((task.error for task in snapshot.tasks if task.error), None)
    finished = not snapshot.next and "verdict" in state
    if owner:
        status = "running"
    elif finished:
        status = "finished"
    elif snapshot.interrupts:
        status = "waiting"
    else:
        status = "failed" if error else "interrupted"
    calls = state.get("calls", [])
    for task in snapshot.tasks:
        # A branch that is done while its neighbours are not.
        calls = union(calls, update_of(task).get("calls", []))
    return Run(
        status=status,
        verdict=state["verdict"] if finished else None,
        stopped=state.get("stopped") or None,
        error=str(error) if error and status == "failed" else None,
        next=snapshot.next,
        questions=tuple(Question.of(one) for one in snapshot.interrupts),
        usage=Usage.of(calls),
        updated=datetime.fromisoformat(snapshot.created_at or request.created.isoformat()),
        **known,
    )


def check_types(run_id: str, request: RunRequest, state: Mapping[str, Any]) -> None:
    """See that every value of a state is what its key says.

    LangGraph builds what it can out of values that an older version wrote, without a word where a field is missing.

    Raises:
        RunUnreadableError: One is not.
    """
    adapters = _adapters(TeamState if request.repository is None else RepoState)
    for key in state.keys() & adapters.keys():
        value, adapter = state[key], adapters[key]
        try:
            adapter.validate_python(adapter.dump_python(value, warnings="error"))
        except (ValidationError, PydanticSerializationError, AttributeError) as error:
            raise RunUnreadableError(
                f"Run {run_id} was written by motet {request.motet}, and its {key} cannot be read by this version: "
                f"{' '.join(str(error).split())[:200]}. Go on with the version that began it, or solve the task again."
            ) from error


@cache
def _adapters(schema: type) -> Mapping[str, TypeAdapter[Any]]:
    return {key: TypeAdapter(hint) for key, hint in get_type_hints(schema, include_extras=True).items()}


@contextmanager
def _translated(folder: Path) -> Generator[None]:
    """Say in words why a run's database cannot be read."""
    try:
        yield
    except sqlite3.Error as error:
        raise RunUnreadableError(
            f"The record of run {folder.name} is damaged: {folder / CHECKPOINTS}: {error}. Solve its task again."
        ) from error
