"""Runs that are recorded: looked at while they last and afterwards, and gone on with after a crash."""

from motet.graphs.runs.errors import RunBusyError, RunError, RunStoreError, RunUnreadableError, UnknownRunError
from motet.graphs.runs.lock import Owner
from motet.graphs.runs.request import RunRequest
from motet.graphs.runs.run import Question, Run, RunStatus
from motet.graphs.runs.steps import Step
from motet.graphs.runs.store import OpenRun, RunStore
from motet.graphs.runs.team import lift_stop, team_for

__all__ = [
    "OpenRun",
    "Owner",
    "Question",
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
    "lift_stop",
    "team_for",
]
