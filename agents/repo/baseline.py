"""What a repository's tests say before anything is changed."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from motet.agents.repo.reproduction import Reproduction
from motet.tools.suite import SuiteSetup


class Reached(BaseModel):
    """A function that tests run through."""

    model_config = ConfigDict(frozen=True)

    path: str
    symbol: str
    start_line: int
    end_line: int
    tests: tuple[int, ...]
    """Those that passed before, by their places in `Baseline.passing`; at most a few hundred."""
    passing: int
    """How many they are in all."""
    shows: tuple[int, ...] = ()
    """The reproductions that run through it, by their places in `Baseline.reproductions`."""


class Baseline(BaseModel):
    """The state of the tests before the change, and the reproductions that show the fault."""

    model_config = ConfigDict(frozen=True)

    setup: SuiteSetup
    sandbox: str
    isolated: bool
    files: tuple[str, ...] = ()
    """The test files that were run: those that a change in the plan's files can affect."""
    passing: tuple[str, ...] = ()
    """What passed, and may not fail afterwards."""
    failing: tuple[str, ...] = ()
    """What failed before as well, and is held against nobody."""
    flaky: tuple[str, ...] = ()
    """What differed between two runs; it counts for nothing."""
    seconds: Mapping[str, float] = {}
    """How long each passing test took."""
    reproductions: tuple[Reproduction, ...] = ()
    """Those that fail before the change, the most trusted first."""
    reached: tuple[Reached, ...] = ()
    """Functions that the reproductions run through, or, without any, the tests that were run."""
    notes: tuple[str, ...] = ()
    """What could not be done, in words."""
    infrastructure: str | None = None
    """Why nothing could be run, if so."""

    @property
    def given(self) -> tuple[Reproduction, ...]:
        """Those that may veto."""
        return tuple(one for one in self.reproductions if one.trust == "given")
