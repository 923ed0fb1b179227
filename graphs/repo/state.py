"""The repository team's state: typed on every key, so that checkpoints come back as what they were."""

import operator
from typing import Annotated, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from motet.agents import VoidProposal
from motet.agents.repo import (
    Baseline,
    ChangePlan,
    PatchCandidate,
    PatchReport,
    PatchReview,
    Reproduction,
)
from motet.graphs.repo.verdict import PatchEvidence
from motet.graphs.state import TeamUsage, latest, longest
from motet.graphs.verdict import TeamVerdict
from motet.models import CallRecord, union

_DESCRIBED = with_config(ConfigDict(use_attribute_docstrings=True))


@_DESCRIBED
class RepoInput(TypedDict):
    """What a repository team is given."""

    issue: str
    """What is wrong, or what is wanted, in somebody's words."""
    repository: str
    """The folder of the repository, or of code without git. It is read and never written."""
    test: NotRequired[str | None]
    """A test of your own that fails as long as the fault is there: a pytest file, or statements that raise."""
    test_command: NotRequired[str | None]
    """How the repository is tested, where it is not by pytest or unittest."""
    python: NotRequired[str | None]
    """The interpreter of a virtual environment with what the repository needs; it is bound read-only, and never run
    outside of the sandbox. A `.venv` in the repository is found by itself."""
    image: NotRequired[str | None]
    """A Docker image with all that the repository needs, in place of motet's own."""
    workspace: NotRequired[str | None]
    """Where to work; a folder under the user's cache if left out. It is made, and removed when the run has ended."""


@_DESCRIBED
class RepoOutput(TypedDict):
    """What a repository team gives back."""

    verdict: TeamVerdict
    patch: str
    """The best patch so far, for `git apply`; empty if there is none."""
    evidence: PatchEvidence
    plan: ChangePlan
    usage: TeamUsage


class RepoState(TypedDict, total=False):
    """Everything that a run knows."""

    issue: str
    repository: str
    test: str | None
    test_command: str | None
    python: str | None
    image: str | None
    workspace: str | None
    commit: str
    """The snapshot that all work begins with, in the workspace's own git."""
    notes: list[str]
    """What is worth knowing of the repository."""
    plan: ChangePlan
    proposed: list[Reproduction]
    """Tests of the fault that have not been tried yet."""
    baseline: Baseline
    candidates: Annotated[list[PatchCandidate], operator.add]
    void: Annotated[list[VoidProposal], operator.add]
    reports: Annotated[dict[int, PatchReport], operator.or_]
    reviews: Annotated[dict[int, PatchReview], operator.or_]
    passing: list[str] | None
    """Tests of the whole suite that pass without a change."""
    calls: Annotated[list[CallRecord], union]
    stopped: Annotated[str, latest]
    run: Annotated[str, latest]
    seconds: Annotated[float, longest]
    verdict: TeamVerdict
    patch: str
    evidence: PatchEvidence
    usage: TeamUsage
