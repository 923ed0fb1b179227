"""What machines found out about candidates. Only this moves the team's state; opinions never do."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.tools.testing import CaseResult

Trust = Literal["given", "example", "guess"]
"""How far a test is trusted: given by the user > an example in the task > made up. Only the first two may veto."""


class Report(BaseModel):
    """What running one candidate showed."""

    model_config = ConfigDict(frozen=True)

    candidate: int
    """The candidate's index."""
    loads: CaseResult
    """Whether the module loads and has what is to be called."""
    given: tuple[CaseResult, ...] = ()
    """Results of the user's own tests."""
    examples: tuple[CaseResult, ...] = ()
    """Results of the task's examples."""
    observations: tuple[CaseResult, ...] = ()
    """What it gave on inputs whose right answer nobody knows; for comparison between candidates."""
    sandbox: str
    """The kind of sandbox that ran it."""
    isolated: bool
    """Whether that sandbox keeps code away from the host; if not, nothing here can verify anything."""
    tampering: str | None = None
    """What the candidate did to its own test run, if it did."""
    infrastructure: str | None = None
    """What went wrong with the sandbox, if it did; the results then tell nothing."""

    @property
    def trusted(self) -> tuple[CaseResult, ...]:
        """Results that may veto."""
        return self.given + self.examples

    def passed(self, *, set_aside: frozenset[str] = frozenset()) -> frozenset[str]:
        """Names of trusted tests that it passed."""
        return frozenset(
            result.name for result in self.trusted if result.outcome == "passed" and result.name not in set_aside
        )

    def failures(self, *, set_aside: frozenset[str] = frozenset()) -> tuple[CaseResult, ...]:
        """Trusted tests that it did not pass."""
        return tuple(
            result for result in self.trusted if result.outcome != "passed" and result.name not in set_aside
        )

    @property
    def behaviour(self) -> tuple[str, ...]:
        """What it did on the shared inputs: the value or the exception's type for each, to be compared with others'."""
        return tuple(
            f"{result.exception or result.outcome}!" if result.value is None else result.value
            for result in self.observations
        )


class Finding(BaseModel):
    """One remark of the reviewer."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["failing_test", "lint", "unknown_import", "secret", "tampering", "comment"]
    message: str
    line: int | None = None
    """The line of the candidate that it is about."""
    blocks: bool = False
    """Whether the candidate may not be delivered as verified; only machine facts may."""


class Review(BaseModel):
    """The reviewer's word on one candidate."""

    model_config = ConfigDict(frozen=True)

    candidate: int
    findings: tuple[Finding, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether a finding blocks."""
        return any(finding.blocks for finding in self.findings)
