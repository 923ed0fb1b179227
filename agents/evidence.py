"""What machines found out about candidates. Only this moves the team's state; opinions never do."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.tools.checks import CheckKind, Coverage, SecurityFinding
from motet.tools.diagnosis import Diagnosis
from motet.tools.testing import CaseResult

Trust = Literal["given", "example", "guess"]
"""How far a test is trusted: given by the user > an example in the task > made up. Only the first two may veto."""

UNTOLD = ("timeout", "not_run")
"""Outcomes of an observation that say nothing about what the code does."""

ACCIDENTS = frozenset(
    {
        "ArithmeticError",
        "AttributeError",
        "IndexError",
        "KeyError",
        "NameError",
        "OverflowError",
        "RecursionError",
        "StopIteration",
        "TypeError",
        "UnboundLocalError",
        "ZeroDivisionError",
    }
)
"""Exceptions that code rarely raises on purpose."""


class Finding(BaseModel):
    """One fact about a candidate, or a remark."""

    model_config = ConfigDict(frozen=True)

    kind: CheckKind | Literal["failing_test", "secret", "tampering", "comment", "not_reviewed", "rule"]
    """`rule`: a rule of your own, found broken by a role of your own."""
    message: str
    line: int | None = None
    """The line of the candidate that it is about."""
    column: int | None = None
    """From 1, where it is known."""
    name: str | None = None
    """What does not exist, as `math.cbrt2`."""
    suggestions: tuple[str, ...] = ()
    """Real names that may have been meant."""
    blocks: bool = False
    """Whether the candidate may not be delivered as verified; only machine facts may."""

    @property
    def text(self) -> str:
        """The message, with the line where there is one."""
        return self.message if self.line is None else f"line {self.line}: {self.message}"


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
    static: tuple[Finding, ...] = ()
    """What static checks found before it ran."""
    inspected: bool = False
    """Whether those checks were made; only then does an empty `static` speak for the code."""
    tampering: str | None = None
    """What the candidate did to its own test run, if it did."""
    infrastructure: str | None = None
    """What went wrong with the sandbox, if it did; the results then tell nothing."""

    diagnosis: Diagnosis | None = None
    """Why the first trusted test fails, or why the code does not load, where the tester was to find out."""

    @property
    def trusted(self) -> tuple[CaseResult, ...]:
        """Results that may veto."""
        return self.given + self.examples

    def passed(self, *, set_aside: frozenset[str] = frozenset()) -> frozenset[str]:
        """Names of trusted tests that it passed."""
        return frozenset(
            result.name for result in self.trusted if result.outcome == "passed" and result.name not in set_aside
        )

    def diagnosed(self, *, set_aside: frozenset[str] = frozenset()) -> Diagnosis | None:
        """The diagnosis, if it is about a failure that counts."""
        return self.diagnosis if self.diagnosis and self.diagnosis.test not in set_aside else None

    def failures(self, *, set_aside: frozenset[str] = frozenset()) -> tuple[CaseResult, ...]:
        """Trusted tests that it did not pass."""
        return tuple(result for result in self.trusted if result.outcome != "passed" and result.name not in set_aside)

    def behaves_like(self, other: "Report") -> bool:
        """Whether both did the same on every shared input: gave the same value, or raised the same exception.

        An input on which one of them ran out of time tells nothing: one in a few hundred of the made-up inputs keeps
        correct code busy for ever.
        """
        if len(self.observations) != len(other.observations):
            return False
        return all(
            mine.outcome in UNTOLD or theirs.outcome in UNTOLD or _told(mine) == _told(theirs)
            for mine, theirs in zip(self.observations, other.observations, strict=True)
        )

    def contradiction(self, other: "Report") -> str | None:
        """Where what the other did speaks against this one, in words; nothing where it never does.

        Made-up inputs may lie outside of what the task allows. So where this one gives a value, an accident of the
        other (a `TypeError`, an `IndexError`) is no contradiction; another value is, and so is an error that the other
        raises on purpose, and a value where this one fails.
        """
        if len(self.observations) != len(other.observations):
            return "they were not compared on the same inputs"
        for mine, theirs in zip(self.observations, other.observations, strict=True):
            untold = mine.outcome in UNTOLD or theirs.outcome in UNTOLD or theirs.exception in ACCIDENTS
            if not untold and _told(mine) != _told(theirs):
                here, there = mine.value or mine.exception, theirs.value or theirs.exception
                return f"{mine.name} gives {here} here and {there} there"
        return None


def _told(result: CaseResult) -> tuple[str | None, str | None]:
    return result.value, result.exception


class Review(BaseModel):
    """The reviewer's word on one candidate."""

    model_config = ConfigDict(frozen=True)

    candidate: int
    findings: tuple[Finding, ...] = ()
    security: tuple[SecurityFinding, ...] | None = None
    """What bandit found, the worst first; `None` where it did not look. It never blocks."""
    coverage: Coverage | None = None
    """What the tests reach, where that was asked for."""

    @property
    def blocks(self) -> bool:
        """Whether a finding blocks."""
        return any(finding.blocks for finding in self.findings)
