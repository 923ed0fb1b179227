"""What was asked of a run: all that is needed to go on with it in another process."""

from datetime import UTC, datetime
from importlib.metadata import version

from pydantic import BaseModel, ConfigDict, Field

from motet.agents import Approvable
from motet.graphs.policy import Policy
from motet.graphs.state import TeamInput
from motet.models import BudgetLimits, Prices


def _version() -> str:
    return version("motet")


def _now() -> datetime:
    return datetime.now(UTC)


class RunRequest(BaseModel):
    """A task and the parts that work on it."""

    model_config = ConfigDict(frozen=True)

    task: str
    tests: str | None = None
    """The user's own tests, whole."""
    entry_point: str | None = None
    model: str = "local"
    """The spec, for `motet.models.resolve_model`; only a name where the run was given a chat model as an object."""
    sandbox: str = "auto"
    """The spec, for `motet.tools.sandbox.resolve_sandbox`."""
    policy: Policy
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

    @property
    def input(self) -> TeamInput:
        """What the team is given at the start."""
        given: TeamInput = {"task": self.task, "entry_point": self.entry_point}
        if self.tests is not None:
            given["tests"] = self.tests
        return given
