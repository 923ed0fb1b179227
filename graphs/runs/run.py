"""A run as its record shows it."""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self, cast

from langgraph.types import Interrupt
from pydantic import BaseModel, ConfigDict

from motet.graphs.runs.lock import Owner
from motet.graphs.runs.request import RunRequest
from motet.graphs.verdict import TeamVerdict
from motet.models import Usage

RunStatus = Literal["running", "waiting", "interrupted", "failed", "finished", "unreadable"]
"""`running`: a process works on it. `waiting`: a human is asked something. `interrupted`: its process ended, and it can
be gone on with. `failed`: so can this one, but an error ended it. `finished`: it has its verdict. `unreadable`: its
record is damaged or another version's."""


class Question(BaseModel):
    """Something that a human is asked before the run goes on."""

    model_config = ConfigDict(frozen=True)

    id: str
    """For LangGraph's `Command(resume={id: answer})`."""
    value: Any
    """What is shown."""
    response_schema: dict[str, Any] | None = None
    """The JSON Schema of the answer."""

    @classmethod
    def of(cls, asked: Interrupt) -> Self:
        """Take what LangGraph was left with; it keeps the schema as plain data."""
        return cls(id=asked.id, value=asked.value, response_schema=cast("dict[str, Any] | None", asked.response_schema))


class Run(BaseModel):
    """Where a run stands."""

    model_config = ConfigDict(frozen=True)

    id: str
    status: RunStatus
    verdict: TeamVerdict | None = None
    """Of a finished run."""
    stopped: str | None = None
    """Why it ended early, if it did: a limit, or a model that no longer answered."""
    error: str | None = None
    """What ended a failed run, or why a record cannot be read."""
    next: tuple[str, ...] = ()
    """The nodes that come next, or are at work."""
    questions: tuple[Question, ...] = ()
    """What a waiting run waits for."""
    owner: Owner | None = None
    """The process that works on it."""
    usage: Usage = Usage()
    """What it has taken so far."""
    request: RunRequest | None = None
    """What was asked; nothing where that cannot be read."""
    created: datetime
    updated: datetime
    """When its last step ended."""
    folder: Path
    bytes: int
    """What the record takes on the disk."""

    @property
    def resumable(self) -> bool:
        """Whether there is something to go on with."""
        return self.status in ("waiting", "interrupted", "failed")
