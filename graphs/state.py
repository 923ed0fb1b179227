"""The team's state: typed on every key, so that checkpoints come back as what they were."""

import operator
from typing import Annotated, NotRequired, TypeVar

from pydantic import BaseModel, ConfigDict, with_config
from typing_extensions import TypedDict

from motet.agents import Attempt, Candidate, Contract, Decision, Plan, Recollection, Report, Review, VoidProposal
from motet.agents.attempt import remember
from motet.graphs.verdict import Evidence, TeamVerdict
from motet.models import CallRecord, Usage, union

Value = TypeVar("Value")


class TeamUsage(BaseModel):
    """What a run took."""

    model_config = ConfigDict(frozen=True)

    tokens: int
    """Input and output of all calls."""
    calls: int
    seconds: float
    """Time that the team was at work; waiting for a human, or lying still before a resume, is none."""
    cost: float | None
    """US dollars; None if a model that was asked has no price."""
    by_role: dict[str, Usage]
    by_model: dict[str, Usage]
    stopped: str | None
    """What ended the run early, if something did: a limit of the budget, or a model that no longer answers."""


_DESCRIBED = with_config(ConfigDict(use_attribute_docstrings=True))
"""The JSON schemas by which servers, forms and tools show a team carry what is said under each key."""


@_DESCRIBED
class TeamInput(TypedDict):
    """What a team is given."""

    task: str
    """The programming task, in words or as a function with a docstring and no body."""
    entry_point: NotRequired[str | None]
    """The name that the tests call, where the task's words leave it open."""
    tests: NotRequired[str | None]
    """The user's own tests: asserts, doctests, or a pytest file that imports `solution`."""


@_DESCRIBED
class TeamOutput(TypedDict):
    """What a team gives back."""

    verdict: TeamVerdict
    code: str
    """The best solution so far; empty if no answer could be read as code."""
    evidence: Evidence
    usage: TeamUsage
    decisions: NotRequired[list[Decision]]
    """What humans were shown and what they answered, in order; empty where nobody was asked."""


def latest(old: Value, new: Value) -> Value:
    """Take the newer value, also where several nodes write in one step."""
    return new


def longest(old: float, new: float) -> float:
    """Take the longer time: nodes that work at once count once."""
    return max(old, new)  # LangGraph reads a reducer's signature, and `max` itself shows none


class TeamState(TypedDict, total=False):
    """Everything that a run knows. Nothing in it is free text from one role to another."""

    task: str
    entry_point: str | None
    tests: str | None
    contract: Annotated[Contract, latest]
    plan: Plan
    recalled: Annotated[list[Recollection], latest]
    """What came to mind from the memory, and what became of it."""
    candidates: Annotated[list[Candidate], operator.add]
    """In the order in which they were written; a candidate's `index` names it for good."""
    void: Annotated[list[VoidProposal], operator.add]
    inputs: list[str]
    """Calls on which all candidates are compared."""
    reports: Annotated[dict[int, Report], operator.or_]
    """What running showed, by candidate."""
    attempts: Annotated[list[Attempt], remember]
    """The short-term memory: the last proposals and what came of them, in a few words each."""
    reviews: Annotated[dict[int, Review], operator.or_]
    """By candidate."""
    calls: Annotated[list[CallRecord], union]
    """Every call to a model, so that what was spent is known after a resume as well."""
    stopped: Annotated[str, latest]
    """Why the run ends early, if it does: a limit of the budget, or a model that no longer answers."""
    run: Annotated[str, latest]
    """Names the run, so that its nodes find the ledger that they share."""
    seconds: Annotated[float, longest]
    """How long the team has been at work. Each node adds its time to what it read."""
    verdict: TeamVerdict
    code: str
    evidence: Evidence
    usage: TeamUsage
    decisions: Annotated[list[Decision], operator.add]
    """What humans were shown and what they answered."""
