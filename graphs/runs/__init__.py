"""Runs that are recorded: looked at while they last and afterwards, and gone on with after a crash."""

from motet.graphs.runs.delivering import delivery_of, forget_delivery, keep_delivery
from motet.graphs.runs.errors import RunBusyError, RunError, RunStoreError, RunUnreadableError, UnknownRunError
from motet.graphs.runs.lock import Owner
from motet.graphs.runs.request import RepositoryRequest, RunRequest
from motet.graphs.runs.run import Question, Run, RunStatus
from motet.graphs.runs.steps import Step
from motet.graphs.runs.store import OpenRun, RunStore
from motet.graphs.runs.team import lift_stop, team_for

__all__ = [
    "OpenRun",
    "Owner",
    "Question",
    "RepositoryRequest",
    "Run",
    "RunBusyError",
    "RunError",
    "RunRequest",
    "RunStatus",
    "RunStore",
    "RunStoreError",
    "RunUnreadableError",
    "Step",
    "UnknownRunError",
    "delivery_of",
    "forget_delivery",
    "keep_delivery",
    "lift_stop",
    "team_for",
]
