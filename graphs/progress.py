"""Whether asking on would bring anything. No model and no clock in it: what was asked for, and what came, decides."""

from itertools import takewhile

from motet.agents import Candidate, Report, Review, VoidProposal
from motet.graphs.policy import Policy
from motet.graphs.state import TeamState

Proposal = Candidate | VoidProposal


def proposals(state: TeamState) -> list[Proposal]:
    """Everything that came of asking the coder, in the order in which it was asked for; what a human
    or the memory brought was not."""
    came = [*state.get("candidates", []), *state.get("void", [])]
    return sorted((one for one in came if one.origin not in ("human", "memory")), key=lambda one: one.index)


def answers(state: TeamState) -> list[Proposal]:
    """First and further answers; repairs and calls that failed left out."""
    return [one for one in proposals(state) if one.origin != "repair" and not _failed(one)]


def repairs(state: TeamState) -> list[Proposal]:
    """What came of repairs."""
    return [one for one in proposals(state) if one.origin == "repair"]


def silence(state: TeamState, policy: Policy) -> str | None:
    """That calls fail, once as many in a row have as go out at once: the model's server is no longer there."""
    last = list(takewhile(_failed, reversed(proposals(state))))
    return last[0].problem if len(last) >= policy.batch and isinstance(last[0], VoidProposal) else None


def repetition(state: TeamState, policy: Policy) -> str | None:
    """That further answers bring no new program, once so many in a row have not that patience is at its end."""
    seen: set[str] = set()
    stale = 0
    for one in answers(state):
        is_new = isinstance(one, Candidate) and one.fingerprint not in seen
        stale = 0 if is_new else stale + 1
        if isinstance(one, Candidate):
            seen.add(one.fingerprint)
    if stale < policy.patience:
        return None
    return f"The last {stale} answers brought no new program, so no more were asked for."


def futility(state: TeamState) -> str | None:
    """That the last repair changed nothing: it wrote a program that was there, or left what was to be repaired."""
    last = next(reversed(repairs(state)), None)
    if not isinstance(last, Candidate):
        return None
    earlier = [one for one in state.get("candidates", []) if one.index < last.index]
    if last.fingerprint in {one.fingerprint for one in earlier}:
        return "The last repair wrote a program that was there already, so none was asked for again."
    if last.repairs is None:
        return None
    reports, reviews = state.get("reports", {}), state.get("reviews", {})
    before = _complaints(reports.get(last.repairs), reviews.get(last.repairs))
    after = _complaints(reports.get(last.index), reviews.get(last.index))
    if before and after == before:
        return "The last repair left what was to be repaired, so none was asked for again."
    return None


def _failed(proposal: Proposal) -> bool:
    return isinstance(proposal, VoidProposal) and proposal.failed


def _complaints(report: Report | None, review: Review | None) -> frozenset[tuple[str, str]]:
    """What machines hold against a candidate."""
    loads = [] if report is None or report.loads.outcome == "passed" else [("loads", report.loads.message)]
    failures = [(result.name, result.message) for result in (report.failures() if report else ())]
    blocks = [(finding.kind, finding.message) for finding in (review.findings if review else ()) if finding.blocks]
    return frozenset([*loads, *failures, *blocks])


def why_no_more(state: TeamState, policy: Policy) -> str | None:
    """Why the team asked for less than its policy allows, if it had reason to want more."""
    halted = state.get("stopped") or silence(state, policy)
    if halted:
        return halted
    if len(answers(state)) < policy.candidates and (repeated := repetition(state, policy)):
        return repeated
    return futility(state) if len(repairs(state)) < policy.repair_rounds else None
