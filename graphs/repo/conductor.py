"""What comes next, decided by evidence alone: another function, another draw, a repair, the last checks, or the end."""

from collections.abc import Sequence
from typing import NamedTuple

from motet.agents.repo import PatchAssignment, PatchCandidate, PatchReport, Target
from motet.agents.repo.focus import focused
from motet.agents.repo.issue_text import failure_text
from motet.graphs.repo.policy import RepoPolicy
from motet.graphs.repo.selection import best_patch
from motet.graphs.repo.state import RepoState

AGREEING = 2
"""Patches that mean the same, where nothing shows the fault: then the search ends."""


class Stage(NamedTuple):
    """What a run is at."""

    base: PatchCandidate | None
    """The patch that has mended some of several faults, on which the others are mended."""
    left: tuple[int, ...]
    """The reproductions that do not pass yet, by their places in the baseline."""
    drawn: int
    """How many patches were asked for at this stage, repairs left out."""


def leader(state: RepoState) -> PatchCandidate | None:
    """The best patch so far."""
    return best_patch(state.get("candidates", []), state.get("reports", {}), reviews=state.get("reviews", {}))


def untested(state: RepoState) -> list[PatchCandidate]:
    """Patches that have not been run yet."""
    return [one for one in state.get("candidates", []) if one.index not in state.get("reports", {})]


def next_patches(state: RepoState, policy: RepoPolicy) -> Sequence[PatchAssignment]:
    """What to ask the coder for at the beginning and after a test; nothing when the best patch is to be looked at."""
    if state.get("stopped") or _sandbox_fails(state):
        return ()
    best = leader(state)
    report = state.get("reports", {}).get(best.index) if best else None
    if best is not None and report is not None and _settles(state, best, report):
        return ()
    stage = stage_of(state, policy)
    if stage.drawn < policy.candidates or _nobody_answered(state):
        # Where all calls failed, one goes out alone, and the run ends with its error or goes on.
        size = 1 if _nobody_answered(state) else min(policy.batch, policy.candidates - stage.drawn)
        more = list(filter(None, (_draw(state, policy, stage, number) for number in range(size))))
        return tuple(one.model_copy(update={"siblings": len(more) - 1}) for one in more)
    if best is None or report is None or report.passes:
        return ()
    return _repair(state, policy, best, report.failure or "It does not resolve the issue.")


def after_patch_review(state: RepoState, policy: RepoPolicy) -> Sequence[PatchAssignment]:
    """What to ask for after a review: a repair of what it blocks, or another draw where nothing is repaired."""
    best = leader(state)
    review = state.get("reviews", {}).get(best.index) if best else None
    if best is None or review is None or not review.blocks or state.get("stopped"):
        return ()
    facts = "\n".join(one.text for one in review.remarks if one.blocks)
    if policy.repair_rounds:
        return _repair(state, policy, best, facts)
    stage = stage_of(state, policy)
    return tuple(filter(None, (_draw(state, policy, stage, 0),))) if stage.drawn < policy.candidates else ()


def needs_suite(state: RepoState) -> bool:
    """Whether the whole suite is still to be run on the best patch."""
    best = leader(state)
    report = state.get("reports", {}).get(best.index) if best else None
    return report is not None and report.passes and not report.concluded


def needs_review(state: RepoState) -> bool:
    """Whether the best patch has not been reviewed yet."""
    best = leader(state)
    report = state.get("reports", {}).get(best.index) if best else None
    return best is not None and report is not None and report.passes and best.index not in state.get("reviews", {})


def _settles(state: RepoState, best: PatchCandidate, report: PatchReport) -> bool:
    """Whether no further patch is worth asking for."""
    review = state.get("reviews", {}).get(best.index)
    if not report.passes or (review is not None and review.blocks):
        return False
    baseline = state.get("baseline")
    if baseline is not None and baseline.given:
        return True
    if baseline is not None and baseline.reproductions:
        return report.reproduced == len(baseline.reproductions)
    alike = [one for one in state.get("candidates", []) if one.likeness == best.likeness]
    return len(alike) >= AGREEING or bool(report.mended)


def stage_of(state: RepoState, policy: RepoPolicy) -> Stage:
    """Where a run stands. What mends one of several faults and breaks nothing is what the others are mended on."""
    drawn = [one for one in (*state.get("candidates", []), *state.get("void", [])) if one.origin != "repair"]
    baseline = state.get("baseline")
    every = tuple(range(len(baseline.reproductions))) if baseline else ()
    best = leader(state)
    report = state.get("reports", {}).get(best.index) if best else None
    has_begun = report is not None and report.infrastructure is None and report.reproduced and report.vetoed
    can = policy.edit == "function" and has_begun and not (report and report.regressions)
    if not can or best is None or report is None or baseline is None:
        return Stage(None, every, len(drawn))
    left = tuple(at for at in every if baseline.reproductions[at].path in report.vetoed)
    # Counted from the first patch that came so far, so that others that come no further begin no stage anew.
    reports = state.get("reports", {}).items()
    begun = min(index for index, one in reports if len(one.vetoed) <= len(report.vetoed) and not one.infrastructure)
    return Stage(best, left, sum(one.index > begun for one in drawn))


def _nobody_answered(state: RepoState) -> bool:
    """Whether patches were asked for and each call failed."""
    void = state.get("void", [])
    return bool(void) and not state.get("candidates") and all(one.failed for one in void)


def _next_index(state: RepoState) -> int:
    return len(state.get("candidates", [])) + len(state.get("void", []))


def _draw(state: RepoState, policy: RepoPolicy, stage: Stage, further: int) -> PatchAssignment | None:
    """The stage's next assignment but so many.

    Each function is tried half as often as the one that is likelier: the first, the second, the first, the third, the
    first, ... The first time it is as the model likes best, then by chance.
    """
    index, number = _next_index(state) + further, stage.drawn + further
    first = index == 0
    if policy.edit != "function":
        return PatchAssignment(
            index=index,
            kind="first" if first else "sample",
            temperature=policy.temperature if number else 0.0,
            max_tokens=policy.max_answer_tokens,
            reason="no patch passes yet" if number else "",
        )
    targets = _targets(state, policy, stage)
    if not targets:
        return None
    place = min(_zeros(number + 1), len(targets) - 1)
    turn = sum(min(_zeros(one + 1), len(targets) - 1) == place for one in range(number))
    target = targets[place]
    return PatchAssignment(
        index=index,
        kind="first" if first else "sample",
        target=target,
        temperature=policy.temperature if turn else 0.0,
        wording="repo_function_variant" if turn % 2 else "repo_function",
        max_tokens=policy.max_answer_tokens,
        repairs=stage.base,
        failure=_shown_by(state, stage, target),
        reason=target.reason,
    )


def _zeros(number: int) -> int:
    """At the end of a number as it is written in binary."""
    return (number & -number).bit_length() - 1


def _targets(state: RepoState, policy: RepoPolicy, stage: Stage) -> list[Target]:
    plan, baseline = state["plan"], state.get("baseline")
    if stage.base is not None and baseline is not None:
        # What ran for the faults that are mended does not speak for a function any more.
        left = set(stage.left)
        reached = [
            one.model_copy(update={"shows": tuple(at for at in one.shows if at in left)}) for one in baseline.reached
        ]
        plan = focused(plan, reached)
    functions = [one for one in plan.targets if one.kind == "function" and one.symbol and one.path.endswith(".py")]
    return functions[: policy.targets]


def _shown_by(state: RepoState, stage: Stage, target: Target) -> str:
    """What a fault shows that runs through a function, where there are several faults."""
    baseline = state.get("baseline")
    if baseline is None or len(baseline.reproductions) < 2:
        return ""
    through = (one.shows for one in baseline.reached if (one.path, one.symbol) == (target.path, target.symbol))
    shows = [at for places in through for at in places if at in stage.left]
    return failure_text(baseline, next(iter((*shows, *stage.left)), None))


def _repair(state: RepoState, policy: RepoPolicy, best: PatchCandidate, failure: str) -> tuple[PatchAssignment, ...]:
    done = [one for one in (*state.get("candidates", []), *state.get("void", [])) if one.origin == "repair"]
    if len(done) >= policy.repair_rounds:
        return ()
    return (
        PatchAssignment(
            index=_next_index(state),
            kind="repair",
            target=best.target,
            temperature=policy.temperature if done else 0.0,
            max_tokens=policy.max_answer_tokens,
            repairs=best,
            failure=failure,
            reason=failure,
        ),
    )


def _sandbox_fails(state: RepoState) -> bool:
    baseline = state.get("baseline")
    reports = state.get("reports", {}).values()
    lost = bool(reports) and all(report.infrastructure for report in reports)
    return lost or bool(baseline and baseline.infrastructure)
