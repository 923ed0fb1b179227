"""What was tried in a run, what failed and why: the team's short-term memory, small enough to be told to a model."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict

from motet.agents.candidate import Candidate, Origin, VoidProposal
from motet.agents.evidence import Report
from motet.tools.diagnosis.printable import one_line

MOST = 8
"""How many attempts a run keeps."""
CHARACTERS = 240
"""How long each text of one may be."""


def _short(text: object) -> object:
    if not isinstance(text, str):
        return text
    line = one_line(text)
    return line if len(line) <= CHARACTERS else f"{line[: CHARACTERS - 1]}…"


Line = Annotated[str, BeforeValidator(_short)]
"""One line without characters that do more than show, cut where it is too long: it quotes models and test runs."""


class Attempt(BaseModel):
    """One proposal, and what came of it."""

    model_config = ConfigDict(frozen=True)

    index: int
    """The proposal's place in their order."""
    kind: Origin
    outcome: Literal["passed", "failed", "does_not_load", "void", "unanswered", "untested"]
    """`passed`: no trusted test speaks against it. `void`: an answer without code that could be used. `unanswered`: the
    call failed. `untested`: the sandbox failed."""
    test: str | None = None
    """The first trusted test that failed."""
    problem: Line = ""
    """What it said; or why the code does not load, or why no code came."""
    why: Line = ""
    """Where in the code it went wrong, from the diagnosis, where there is one."""

    @classmethod
    def of_report(cls, report: Report, kind: Origin) -> Self:
        """What running a candidate showed."""
        failures = report.failures()
        test, problem = None, ""
        if report.infrastructure:
            outcome, problem = "untested", report.infrastructure
        elif report.loads.outcome != "passed":
            outcome, problem = "does_not_load", report.loads.message
        elif failures or report.tampering:
            outcome = "failed"
            test = failures[0].name if failures else None
            problem = report.tampering or failures[0].message or failures[0].outcome
        else:
            outcome = "passed"
        # The first line of a diagnosis says what failed, which has just been said.
        found = report.diagnosis.text().splitlines()[1:3] if report.diagnosis else []
        return cls.model_validate(
            {
                "index": report.candidate,
                "kind": kind,
                "outcome": outcome,
                "test": test,
                "problem": problem,
                "why": " ".join(found),
            }
        )

    @classmethod
    def of_void(cls, void: VoidProposal) -> Self:
        """A proposal that brought no candidate."""
        outcome = "unanswered" if void.failed else "void"
        return cls(index=void.index, kind=void.origin, outcome=outcome, problem=void.problem)

    @property
    def failure(self) -> tuple[str, str | None, str, str]:
        """How it failed; the same for others that failed in the same way."""
        return self.outcome, self.test, self.problem, self.why


def remember(old: Sequence[Attempt], new: Sequence[Attempt]) -> list[Attempt]:
    """The reducer of a state's `attempts`: the last few, in the order of the proposals."""
    by_index = {one.index: one for one in [*old, *new]}
    return [by_index[index] for index in sorted(by_index)[-MOST:]]


def attempts_in(update: Mapping[str, Any], candidates: Sequence[Candidate]) -> list[Attempt]:
    """What an update of a coder or a tester tells of attempts.

    Args:
        update: Its `reports` and `void` are read.
        candidates: Those that the reports may be on.
    """
    kinds = {one.index: one.origin for one in candidates}
    reports: Mapping[int, Report] = update.get("reports") or {}
    voids: Sequence[VoidProposal] = update.get("void") or ()
    tested = [
        Attempt.of_report(report, kinds[index])
        for index, report in reports.items()
        if index in kinds and isinstance(report, Report)  # a repository team has reports of its own
    ]
    return [*map(Attempt.of_void, voids), *tested]
