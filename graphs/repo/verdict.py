"""From evidence to a verdict on a patch, by rules that can be read here."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from motet.agents.repo import Baseline, PatchCandidate, PatchReport, PatchReview, Remark
from motet.agents.repo.reproduction import Trust
from motet.graphs.repo.selection import agreement
from motet.graphs.verdict import TeamVerdict

PROOFS = 2
"""Tests by a model that must agree where nobody has given one."""


NO_PLACE = (
    "No patch was asked for: the issue leads to no Python function. Name one in it, or take a policy that edits files."
)


class ReproductionEvidence(BaseModel):
    """A test of the fault, before and after the patch."""

    model_config = ConfigDict(frozen=True)

    path: str
    """Where it lay when it was run."""
    text: str
    trust: Trust
    source: str
    before: str
    """What it failed with."""
    passes: bool
    """Whether it passes with the patch."""
    after: str = ""
    """What it says now, if it does not."""


class PatchEvidence(BaseModel):
    """What stands behind a verdict on a patch."""

    model_config = ConfigDict(frozen=True)

    files: tuple[str, ...] = ()
    """What the patch touches."""
    sandbox: str = ""
    isolated: bool = False
    reproductions: tuple[ReproductionEvidence, ...] = ()
    kept: int = 0
    """Tests of the repository that passed before and pass with the patch."""
    regressions: tuple[str, ...] = ()
    """Tests that passed before and do not pass with it, each with what it says."""
    unknown: int = 0
    """Tests that passed before and did not come to their turn."""
    mended: tuple[str, ...] = ()
    """Tests of the repository that failed before and pass now."""
    failing_before: tuple[str, ...] = ()
    """Tests that failed before already and do not pass now either."""
    flaky: tuple[str, ...] = ()
    """Tests that differ from run to run and count for nothing."""
    whole_suite: bool = False
    """Whether the whole suite came to its end with the patch."""
    covered: tuple[int, int] | None = None
    """Of the changed lines that hold a statement: how many ran, and how many there are."""
    uncovered: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    """The review."""
    reviewed: bool = False
    candidates: int = 0
    """Patches that were tried."""
    agreeing: int = 0
    """How many of them mean the same as this one, itself included."""
    notes: tuple[str, ...] = ()
    reason: str = ""
    """Why the verdict is what it is, in one sentence."""


def judge_patch(
    best: PatchCandidate | None,
    candidates: Sequence[PatchCandidate],
    *,
    baseline: Baseline | None,
    report: PatchReport | None,
    review: PatchReview | None,
    notes: Sequence[str] = (),
    tried: bool = True,
) -> tuple[TeamVerdict, PatchEvidence]:
    """Weigh the evidence for the best patch.

    Args:
        best: The patch.
        candidates: All there are.
        baseline: What the tests said before.
        report: What running the patch showed.
        review: What the reviewer said.
        notes: What is worth knowing besides.
        tried: Whether any patch was asked for.
    """
    evidence = _evidence(best, candidates, baseline=baseline, report=report, review=review, notes=notes)
    verdict, reason = _rule(best, baseline, report, review)
    reason = reason if tried or not _lacks_place(best, baseline) else NO_PLACE
    return verdict, evidence.model_copy(update={"reason": reason})


def _kept(count: int) -> str:
    if not count:
        return "no other test was there to run"
    return "1 test that passed before still passes" if count == 1 else f"{count} tests that passed before still pass"


def _lacks_place(best: PatchCandidate | None, baseline: Baseline | None) -> bool:
    return best is None and baseline is not None and baseline.infrastructure is None


def _rule(
    best: PatchCandidate | None, baseline: Baseline | None, report: PatchReport | None, review: PatchReview | None
) -> tuple[TeamVerdict, str]:
    against = _against(best, baseline, report, review)
    if against is not None or report is None or baseline is None:
        return "unverified", against or "Nothing was run."
    written = [one for one in baseline.reproductions if one.trust == "written"]
    mended = sum(
        one.path in report.reproductions and report.reproductions[one.path].outcome == "passed" for one in written
    )
    weakness = _weakness(report, review)
    passes = (
        "1 test that passed before still passes"
        if report.kept == 1
        else f"{report.kept} tests that passed before still pass"
    )
    kept = passes if report.kept else "no other test was there to run"
    if baseline.given:
        shown = f"The fault was shown by {baseline.given[0].source} and is gone; {kept}"
        return ("plausible", f"{shown}, but {weakness}.") if weakness else ("verified", f"{shown}.")
    if mended >= PROOFS and mended == len(written) and not weakness:
        return "verified", f"{mended} tests written apart from each other showed the fault, and pass; {kept}."
    if mended:
        return "plausible", f"A test that a model wrote showed the fault, and passes; {kept}."
    if report.mended:
        return "plausible", f"{len(report.mended)} of the repository's failing tests pass now; {kept}."
    if report.kept:
        return "plausible", f"Nothing could show the fault; {kept}."
    return "unverified", "Nothing could show the fault, and no test was there to run."


def _against(
    best: PatchCandidate | None, baseline: Baseline | None, report: PatchReport | None, review: PatchReview | None
) -> str | None:
    """What speaks against the patch."""
    if best is None and baseline is not None and baseline.infrastructure:
        return f"The sandbox failed: {baseline.infrastructure}"
    if best is None:
        return "No answer was a patch that could be applied."
    if report is None or baseline is None:
        return "Nothing was run."
    if report.infrastructure:
        return f"The sandbox failed: {report.infrastructure}"
    if report.vetoed:
        return f"The fault is still there: {_first(report)}"
    if report.regressions:
        return f"It breaks {report.regressions[0].id}: {report.regressions[0].message}"
    blocking = next((one for one in review.remarks if one.blocks), None) if review else None
    return f"The review blocks it: {blocking.text}" if blocking else None


def _weakness(report: PatchReport, review: PatchReview | None) -> str | None:
    """Why nothing is proved, whatever passes."""
    if not report.isolated:
        return "it ran on the bare host, and what ran there verifies nothing"
    if review is None:
        return "nobody has reviewed it"
    if review.problems:
        return f"the review is not whole: {review.problems[0].rstrip('.')}"
    return None


def _first(report: PatchReport) -> str:
    result = report.reproductions.get(report.vetoed[0])
    return (result.message or result.outcome) if result else "its test did not run"


def _evidence(
    best: PatchCandidate | None,
    candidates: Sequence[PatchCandidate],
    *,
    baseline: Baseline | None,
    report: PatchReport | None,
    review: PatchReview | None,
    notes: Sequence[str],
) -> PatchEvidence:
    told = [*notes, *(baseline.notes if baseline else ()), *(report.notes if report else ())]
    told += review.problems if review else ()
    mended = set(report.mended) if report else set()
    shown = []
    for one in baseline.reproductions if baseline else ():
        after = report.reproductions.get(one.path) if report else None
        passes = after is not None and after.outcome == "passed"
        said = "" if passes else (after.message or after.outcome) if after else "it did not run"
        shown.append(
            ReproductionEvidence(
                path=one.path,
                text=one.text,
                trust=one.trust,
                source=one.source,
                before=one.failure,
                passes=passes,
                after=said,
            )
        )
    return PatchEvidence(
        files=best.files if best else (),
        sandbox=report.sandbox if report else baseline.sandbox if baseline else "",
        isolated=report.isolated if report else bool(baseline and baseline.isolated),
        reproductions=tuple(shown),
        kept=report.kept if report else 0,
        regressions=tuple(f"{one.id}: {one.message}" for one in report.regressions) if report else (),
        unknown=report.unknown if report else 0,
        failing_before=tuple(one for one in baseline.failing if one not in mended) if baseline else (),
        mended=report.mended if report else (),
        flaky=baseline.flaky if baseline else (),
        whole_suite=report.whole if report else False,
        covered=report.covered if report else None,
        uncovered=report.uncovered if report else (),
        remarks=review.remarks if review else (),
        reviewed=review is not None,
        candidates=len(candidates),
        agreeing=agreement(best, candidates) if best else 0,
        notes=tuple(dict.fromkeys(told)),
    )
