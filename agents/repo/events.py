"""What the voices tell while they work on a repository: the events of the stream that `motet.agents.events` has not."""

from typing import Literal

from motet.agents.events import (
    NoCommentEvent,
    NoPlanEvent,
    SandboxFailedEvent,
    StoppedEvent,
    TestingEvent,
    Told,
    ToolEvent,
    VoidEvent,
)
from motet.agents.repo.baseline import Baseline
from motet.agents.repo.change_plan import ChangePlan
from motet.agents.repo.patch_assignment import PatchAssignment
from motet.agents.repo.patch_candidate import PatchCandidate
from motet.agents.repo.patch_report import PatchReport
from motet.agents.repo.patch_review import PatchReview
from motet.tools.suite import SuiteSetup


class ReadingEvent(Told):
    """The planner takes its snapshot and searches the index."""

    event: Literal["reading"]
    repository: str


class LocatedEvent(Told):
    """It is known where the change probably goes, and how the repository is tested."""

    event: Literal["located"]
    plan: ChangePlan
    setup: SuiteSetup
    notes: list[str]


class ReproducingEvent(Told):
    """A model is asked for a test of the fault."""

    event: Literal["reproducing"]
    count: int


class NoReproductionEvent(Told):
    """A test of the fault was asked for and none came."""

    event: Literal["no_reproduction"]
    problem: str


class BaselineBeginsEvent(Told):
    """The tests begin to run without a change."""

    event: Literal["baseline_begins"]
    files: list[str]


class BaselineEvent(Told):
    """It is known what passes and fails before the change; the plan is in the order that this suggests."""

    event: Literal["baseline"]
    baseline: Baseline
    plan: ChangePlan


class PatchingEvent(Told):
    """The coder begins."""

    event: Literal["patching"]
    index: int
    assignment: PatchAssignment


class PatchEvent(Told):
    """A patch is there."""

    event: Literal["patch"]
    index: int
    candidate: PatchCandidate


class PatchReportEvent(Told):
    """A patch has run; again with `whole` when the whole suite has."""

    event: Literal["patch_report"]
    index: int
    report: PatchReport


class WholeSuiteEvent(Told):
    """The whole suite begins to run, without and with the best patch."""

    event: Literal["whole_suite"]
    index: int
    files: int


class PatchReviewEvent(Told):
    """A patch was reviewed."""

    event: Literal["patch_review"]
    index: int
    review: PatchReview


RepoRoleEvent = (
    ReadingEvent
    | LocatedEvent
    | NoPlanEvent
    | ReproducingEvent
    | NoReproductionEvent
    | BaselineBeginsEvent
    | BaselineEvent
    | PatchingEvent
    | ToolEvent
    | PatchEvent
    | VoidEvent
    | StoppedEvent
    | TestingEvent
    | SandboxFailedEvent
    | PatchReportEvent
    | WholeSuiteEvent
    | NoCommentEvent
    | PatchReviewEvent
)
"""Whatever a role tells in a repository."""
