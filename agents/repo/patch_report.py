"""What running a patch showed."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from motet.tools.diagnosis import Diagnosis
from motet.tools.suite import TestResult


class PatchReport(BaseModel):
    """The tester's word on one patch."""

    model_config = ConfigDict(frozen=True)

    candidate: int
    reproductions: Mapping[str, TestResult] = {}
    """How each reproduction went afterwards, by its path."""
    given: tuple[str, ...] = ()
    """The paths of those that may veto."""
    regressions: tuple[TestResult, ...] = ()
    """Tests that passed before and do not pass now."""
    kept: int = 0
    """Tests that passed before and pass now."""
    unknown: int = 0
    """Tests that passed before and did not come to their turn."""
    mended: tuple[str, ...] = ()
    """The repository's own tests that failed before and pass now."""
    covered: tuple[int, int] | None = None
    """Of the lines that the patch adds or changes and that hold a statement: how many ran, and how many there are."""
    uncovered: tuple[str, ...] = ()
    """The others, as `path:line`; the first few."""
    whole: bool = False
    """Whether the repository's whole suite came to its end with it."""
    concluded: bool = False
    """Whether the whole suite was tried, so that it need not be again."""
    diagnosis: Diagnosis | None = None
    """Why the first test fails."""
    failure: str = ""
    """What it says, for a repair."""
    sandbox: str = ""
    isolated: bool = False
    infrastructure: str | None = None
    """Why it could not be run, if so."""
    notes: tuple[str, ...] = ()

    @property
    def vetoed(self) -> tuple[str, ...]:
        """Reproductions that may veto and do not pass."""
        return tuple(path for path in self.given if not self._passes(path))

    @property
    def reproduced(self) -> int:
        """How many of the reproductions pass, whatever their trust."""
        return sum(self._passes(path) for path in self.reproductions)

    @property
    def passes(self) -> bool:
        """Whether nothing that may veto speaks against it."""
        return self.infrastructure is None and not self.vetoed and not self.regressions

    def _passes(self, path: str) -> bool:
        result = self.reproductions.get(path)
        return result is not None and result.outcome == "passed"
