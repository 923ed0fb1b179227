"""What comes next, decided by evidence alone: another function, another draw, a repair, the last checks, or the end."""

from collections.abc import Sequence

from motet.agents.repo import PatchAssignment, PatchCandidate, PatchReport, Target
from motet.graphs.repo.policy import RepoPolicy
from motet.graphs.repo.selection import best_patch
from motet.graphs.repo.state import RepoState

AGREEING = 2
"""Patches that mean the same, where nothing shows the fault: then the search ends."""


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
    asked = _asked(state)
    if asked < policy.candidates or _nobody_answered(state):
        # Where all calls failed, one goes out alone, and the run ends with its error or goes on.
        size = 1 if _nobody_answered(state) else min(policy.batch, policy.candidates - asked)
        more = list(filter(None, (_draw(state, policy, number) for number in range(asked, asked + size))))
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
    asked = _asked(state)
    if policy.repair_rounds:
        return _repair(state, policy, best, facts)
    return tuple(filter(None, (_draw(state, policy, asked),))) if asked < policy.candidates else ()


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


def _asked(state: RepoState) -> int:
    """How many patches were asked for, repairs left out."""
    drawn = [one for one in (*state.get("candidates", []), *state.get("void", [])) if one.origin != "repair"]
    return len(drawn)


def _nobody_answered(state: RepoState) -> bool:
    """Whether patches were asked for and each call failed."""
    void = state.get("void", [])
    return bool(void) and not state.get("candidates") and all(one.failed for one in void)


def _next_index(state: RepoState) -> int:
    return len(state.get("candidates", [])) + len(state.get("void", []))


def _draw(state: RepoState, policy: RepoPolicy, number: int) -> PatchAssignment | None:
    """The assignment with this number: each function once as the model likes best, then each again by chance."""
    index = _next_index(state) + number - _asked(state)
    if policy.edit != "function":
        return PatchAssignment(
            index=index,
            kind="sample" if number else "first",
            temperature=policy.temperature if number else 0.0,
            max_tokens=policy.max_answer_tokens,
            reason="no patch passes yet" if number else "",
        )
    targets = _targets(state, policy)
    if not targets:
        return None
    turn, place = divmod(number, len(targets))
    return PatchAssignment(
        index=index,
        kind="sample" if number else "first",
        target=targets[place],
        temperature=policy.temperature if turn else 0.0,
        wording="repo_function_variant" if turn % 2 else "repo_function",
        max_tokens=policy.max_answer_tokens,
        reason=targets[place].reason,
    )


def _targets(state: RepoState, policy: RepoPolicy) -> list[Target]:
    plan = state["plan"]
    functions = [one for one in plan.targets if one.kind == "function" and one.symbol and one.path.endswith(".py")]
    return functions[: policy.targets]


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
