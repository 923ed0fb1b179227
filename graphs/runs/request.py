"""What was asked of a run: all that is needed to go on with it in another process."""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from motet.agents import Approvable
from motet.graphs.policy import Policy
from motet.graphs.repo import RepoInput, RepoPolicy
from motet.graphs.state import TeamInput
from motet.models import BudgetLimits, Prices

WORK = "work"
"""The folder of a run in which a repository is worked on."""


def _version() -> str:
    return version("motet")


def _now() -> datetime:
    return datetime.now(UTC)


class RepositoryRequest(BaseModel):
    """The repository that an issue is about, and how it is tested."""

    model_config = ConfigDict(frozen=True)

    path: str
    """Its folder, as an absolute path."""
    test_command: str | None = None
    python: str | None = None
    """The interpreter of its virtual environment, as an absolute path."""
    image: str | None = None
    apply: bool = False
    """Whether the patch is to go into the user's tree."""
    branch: str | None = None
    """The branch that it is to be committed on."""


class RunRequest(BaseModel):
    """A task and the parts that work on it."""

    model_config = ConfigDict(frozen=True)

    task: str
    """The task, or the issue."""
    repository: RepositoryRequest | None = None
    """Where the issue is to be resolved; nothing for a task that stands alone."""
    tests: str | None = None
    """The user's own tests, whole."""
    entry_point: str | None = None
    model: str = "local"
    """The spec, for `motet.models.resolve_model`; only a name where the run was given a chat model as an object."""
    sandbox: str = "auto"
    """The spec, for `motet.tools.sandbox.resolve_sandbox`."""
    policy: Policy | RepoPolicy
    """The numbers themselves: a later version's idea of `small` must not change a run that is under way."""
    limits: BudgetLimits = BudgetLimits()
    prices: Prices = Prices({})
    """What the models cost."""
    memory: str = "off"
    """The spec of the memory of solved tasks, for `motet.memory.resolve_memory`; `off` for none."""
    coverage: bool = False
    """Whether to measure what the tests reach."""
    seed: int = 0
    approve: tuple[Approvable, ...] = ()
    """What a human is asked about on the way."""
    out: str | None = None
    """The file that the code is to be written to as well, as an absolute path."""
    motet: str = Field(default_factory=_version)
    """The version that began the run."""
    created: datetime = Field(default_factory=_now)

    def given(self, folder: Path) -> TeamInput | RepoInput:
        """What the team is given at the start.

        Args:
            folder: The run's own, for what it has to lay out.
        """
        if self.repository is not None:
            return {
                "issue": self.task,
                "repository": self.repository.path,
                "test": self.tests,
                "test_command": self.repository.test_command,
                "python": self.repository.python,
                "image": self.repository.image,
                "workspace": str(folder / WORK),
            }
        return self.input

    @property
    def input(self) -> TeamInput:
        """What a team for a task that stands alone is given at the start."""
        given: TeamInput = {"task": self.task, "entry_point": self.entry_point}
        if self.tests is not None:
            given["tests"] = self.tests
        return given
