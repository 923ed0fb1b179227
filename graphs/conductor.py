"""What comes next, decided by evidence alone: sample, repair, review or stop.

The order is the one that pays for small models: a first answer, a second that must agree with it, more only while
nobody passes or nobody agrees, and repairs at the very end, where the model is large enough to mend anything.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from motet.agents import Assignment, Attempt, Candidate, Report
from motet.agents.inspection import cause_of
from motet.agents.recount import worth_telling
from motet.graphs.answers import feedback, last_word, newest, vouches_for_examples
from motet.graphs.policy import Policy
from motet.graphs.progress import answers, futility, repairs, repetition, silence
from motet.graphs.selection import best, set_aside
from motet.graphs.state import TeamState
from motet.graphs.verdict import judge

QUARANTINE_AFTER = 3
"""How many candidates must have run before an example that none passes is taken for misread."""


class Standing(NamedTuple):
    """Where a run stands."""

    best: Candidate | None
    aside: frozenset[str]


def standing(state: TeamState) -> Standing:
    """Find the best candidate so far and the examples that count for nothing. What a human asked for goes first."""
    reports = state.get("reports", {})
    aside = frozenset[str]() if vouches_for_examples(state) else set_aside(reports, after=QUARANTINE_AFTER)
    candidates = newest(state.get("candidates", []), state.get("decisions", []))
    return Standing(best(candidates, reports, aside=aside, reviews=state.get("reviews", {})), aside)


def untested(state: TeamState) -> list[Candidate]:
    """Candidates that have not run yet."""
    return [one for one in state.get("candidates", []) if one.index not in state.get("reports", {})]


def first(state: TeamState, policy: Policy) -> Sequence[Assignment]:
    """What to ask the coder for at the beginning.

    Several at once where the policy says so, but one alone where it may prove itself by the user's tests, or where it
    has to find the name that all others go by.
    """
    contract = state["contract"]
    is_named = contract.entry_point is not None or contract.kind == "program"
    begin = next_index(state)  # after what the memory brought
    alone = Assignment(index=begin, kind="first", max_tokens=policy.max_answer_tokens)
    if state.get("tests") or not is_named:
        return (alone,)
    return (alone, *_samples(state, policy, range(begin + 1, begin + policy.batch), "answers go out together"))


def after_test(state: TeamState, policy: Policy) -> Sequence[Assignment]:
    """What to ask the coder for after a test; nothing when the best candidate is to be reviewed."""
    leader, aside = standing(state)
    reports = state.get("reports", {})
    if last_word(state) or state.get("stopped") or not sandbox_works(state):
        return ()
    if silence(state, policy):
        # Where nothing was answered at all, one more goes out by itself: if it fails too, its error is the run's.
        nothing = not state.get("candidates")
        return (Assignment(index=next_index(state), kind="first", max_tokens=policy.max_answer_tokens),) * nothing
    more = _next(state, policy)
    if leader is not None and leader.index in reports and _passes(reports[leader.index], aside):
        verdict, evidence = judge(
            leader,
            state.get("candidates", []),
            reports,
            contract=state["contract"],
            review=None,
            policy=policy,
            aside=aside,
        )
        # More answers add nothing to a proof that stands, to a leader that has company, and where nothing is compared.
        company = evidence.agreeing >= policy.verify_agreeing
        settled = verdict == "verified" or company or not reports[leader.index].observations
        if settled:
            return ()
        return _samples(state, policy, more, "another answer has to agree")
    if more:
        return _samples(state, policy, more, "no answer passes yet")
    if leader is None or leader.index not in reports:
        return ()
    return _repair(state, policy, leader, _failure(reports[leader.index], aside, policy))


def after_review(state: TeamState, policy: Policy) -> Sequence[Assignment]:
    """What to ask the coder for after a review that found what no test did: a repair if a round is left, and another
    answer where the policy repairs nothing."""
    leader, _ = standing(state)
    review = state.get("reviews", {}).get(leader.index) if leader else None
    if leader is None or review is None or last_word(state) or state.get("stopped") or silence(state, policy):
        return ()
    facts = [
        finding.text
        for finding in review.findings
        if finding.blocks and finding.kind not in ("failing_test", "tampering")
    ]
    if not facts:
        return ()
    if policy.repair_rounds == 0:
        return _samples(state, policy, _next(state, policy), "the best answer is blocked")
    return _repair(state, policy, leader, "\n".join(facts))


def after_rejection(state: TeamState, policy: Policy) -> Sequence[Assignment]:
    """What to ask the coder for after a human rejected its code: a repair, as often as the human says what is wrong."""
    word, wish = last_word(state), feedback(state)
    if word is None or wish is None or state.get("stopped"):
        return ()
    return (_repair_of(state, policy, word.shown.candidate, wish),)


def _passes(report: Report, aside: frozenset[str]) -> bool:
    return report.loads.outcome == "passed" and not report.tampering and not report.failures(set_aside=aside)


def _failure(report: Report, aside: frozenset[str], policy: Policy) -> str:
    """What to tell about a candidate that does not pass: what fails, and why where the code itself shows it."""
    failures = report.failures(set_aside=aside)
    first = failures[0] if failures else report.loads
    told = f"{first.name}: {first.message}" if failures else first.message
    diagnosis = report.diagnosed(set_aside=aside) if policy.diagnose == "repair" else None
    if diagnosis:
        told = diagnosis.text()
    cause = cause_of(first, report)
    return f"{cause.text}\n{told}" if cause else told


def sandbox_works(state: TeamState) -> bool:
    """Whether what was run could be run; one candidate on which the sandbox fails does not speak for all."""
    reports = state.get("reports", {}).values()
    return not reports or any(report.infrastructure is None for report in reports)


def next_index(state: TeamState) -> int:
    """The place in the order of proposals that comes next."""
    return len(state.get("candidates", [])) + len(state.get("void", []))


def _next(state: TeamState, policy: Policy) -> range:
    """The places of the answers that may go out next."""
    left = 0 if repetition(state, policy) else policy.candidates - len(answers(state))
    return range(next_index(state), next_index(state) + max(0, min(left, policy.batch)))


def _samples(state: TeamState, policy: Policy, indexes: Iterable[int], reason: str) -> tuple[Assignment, ...]:
    told = _told(state, policy) if policy.recount_to == "all" else ()
    return tuple(
        Assignment(
            index=index,
            kind="sample",
            temperature=policy.temperature,
            # Every other answer is asked for in other words.
            wording="coder_variant" if index % 2 else "coder",
            max_tokens=policy.max_answer_tokens,
            attempts=told,
            reason=reason,
        )
        for index in indexes
    )


def _told(state: TeamState, policy: Policy, *, besides: int | None = None) -> tuple[Attempt, ...]:
    """What the coder is told of answers that failed."""
    aside = standing(state).aside
    return worth_telling(state.get("attempts", []), most=policy.recount, besides=besides, set_aside=aside)


def _repair(state: TeamState, policy: Policy, target: Candidate, failure: str) -> tuple[Assignment, ...]:
    if len(repairs(state)) >= policy.repair_rounds or futility(state):
        return ()
    return (_repair_of(state, policy, target, failure),)


def _repair_of(state: TeamState, policy: Policy, target: Candidate, failure: str) -> Assignment:
    return Assignment(
        index=next_index(state),
        kind="repair",
        # The first try is the most likely one; another must differ from it.
        temperature=policy.temperature if repairs(state) else 0.0,
        max_tokens=policy.max_answer_tokens,
        target=target,
        failure=failure,
        attempts=_told(state, policy, besides=target.index),
        reason=failure,
    )
