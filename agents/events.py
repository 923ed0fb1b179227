"""What the voices tell while they work: every custom event of a team's stream, typed.

An event is a plain dictionary, since LangGraph's `stream_mode="custom"` carries whatever a node writes. It says who
tells it (`role`), what happened (`event`), and, where it is about one candidate, which (`index`): voices may sing at
once. Each type here describes one kind. `graphs/events.py` adds the last one, and puts them together.
"""

from typing import Any, Literal

from typing_extensions import TypedDict  # pydantic reads this one in every Python

from motet.agents.assignment import Assignment
from motet.agents.candidate import Candidate, VoidProposal
from motet.agents.contract import Contract
from motet.agents.decision import Decision
from motet.agents.evidence import Report, Review
from motet.agents.plan import Plan
from motet.agents.recollection import Recollection
from motet.memory import Admission


class Told(TypedDict):
    """What all events have."""

    role: str
    """Who tells it: the node's name."""


class ContractEvent(Told):
    """The task was read."""

    event: Literal["contract"]
    contract: Contract


class PlanEvent(Told):
    """A plan was written."""

    event: Literal["plan"]
    plan: Plan


class NoPlanEvent(Told):
    """A plan was asked for and none came; the team works without."""

    event: Literal["no_plan"]
    problem: str


class RecalledEvent(Told):
    """The memory was searched, and what came to mind was run."""

    event: Literal["recalled"]
    recalled: list[Recollection]


class NoMemoryEvent(Told):
    """The memory could not be opened, searched or written; the run goes on without."""

    event: Literal["no_memory"]
    problem: str


class LearnedEvent(Told):
    """What was verified was put forward for the memory."""

    event: Literal["learned"]
    admission: Admission


class WritingEvent(Told):
    """The coder begins."""

    event: Literal["writing"]
    index: int
    assignment: Assignment


class ToolEvent(Told):
    """A coder that is an agent has used a tool."""

    event: Literal["tool"]
    index: int
    tool: str
    arguments: dict[str, Any]
    result: str
    """Shortened."""


class CandidateEvent(Told):
    """A candidate is there."""

    event: Literal["candidate"]
    index: int
    candidate: Candidate


class VoidEvent(Told):
    """No candidate came of an assignment."""

    event: Literal["void"]
    index: int
    answer: VoidProposal


class StoppedEvent(Told):
    """The budget ended a role's work, and with it the run."""

    event: Literal["stopped"]
    index: int
    problem: str


class ChoosingEvent(Told):
    """The tester asks a model for inputs."""

    event: Literal["choosing"]
    count: int
    """How many at most."""


class InputsEvent(Told):
    """The inputs are chosen on which candidates are compared."""

    event: Literal["inputs"]
    inputs: list[str]


class TestingEvent(Told):
    """A candidate begins to run."""

    event: Literal["testing"]
    index: int


class SandboxFailedEvent(Told):
    """The sandbox failed on a candidate; it is run again in a new session, a few times."""

    event: Literal["sandbox_failed"]
    index: int
    problem: str


class ReportEvent(Told):
    """A candidate has run."""

    event: Literal["report"]
    index: int
    report: Report


class NoCommentEvent(Told):
    """A comment was asked for and none came."""

    event: Literal["no_comment"]
    index: int
    problem: str


class ReviewEvent(Told):
    """A candidate was reviewed."""

    event: Literal["review"]
    index: int
    review: Review


class DecisionEvent(Told):
    """A human has answered."""

    event: Literal["decision"]
    decision: Decision


RoleEvent = (
    ContractEvent
    | PlanEvent
    | NoPlanEvent
    | RecalledEvent
    | NoMemoryEvent
    | LearnedEvent
    | WritingEvent
    | ToolEvent
    | CandidateEvent
    | VoidEvent
    | StoppedEvent
    | ChoosingEvent
    | InputsEvent
    | TestingEvent
    | SandboxFailedEvent
    | ReportEvent
    | NoCommentEvent
    | ReviewEvent
    | DecisionEvent
)
"""Whatever a role tells."""
