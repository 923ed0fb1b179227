"""What follows from what a human answered. No model and no clock in it."""

from collections.abc import Sequence

from motet.agents import Approve, Candidate, CodeDecision, ContractDecision, Decision, EditCode, Reject
from motet.graphs.state import TeamState


def last_word(state: TeamState) -> CodeDecision | None:
    """The human's last answer about code that was more than a yes; the team then does what it says and no more."""
    spoken = [one for one in state.get("decisions", []) if isinstance(one, CodeDecision)]
    return spoken[-1] if spoken and not isinstance(spoken[-1].answer, Approve) else None


def newest(candidates: Sequence[Candidate], decisions: Sequence[Decision]) -> Sequence[Candidate]:
    """Candidates that were written in the knowledge of what the human said; all of them where the human said nothing,
    or where nothing came of it."""
    for decision in reversed(decisions):
        if isinstance(decision, CodeDecision) and not isinstance(decision.answer, Approve):
            after = [one for one in candidates if one.index >= decision.next_index]
            if after:
                return after
    return candidates


def vouches_for_examples(state: TeamState) -> bool:
    """Whether a human approved or edited the contract: its examples are then not misread, however few pass them."""
    contracts = [one for one in state.get("decisions", []) if isinstance(one, ContractDecision)]
    return bool(contracts) and not isinstance(contracts[-1].answer, Reject)


def feedback(state: TeamState) -> str | None:
    """What the human who just rejected something wants to be different; nothing if the run is to end."""
    last = next(reversed(state.get("decisions", [])), None)
    return last.answer.words or None if last is not None and isinstance(last.answer, Reject) else None


def rejection(state: TeamState) -> str | None:
    """That a human rejected what the run ends with, in a sentence."""
    last = next(reversed(state.get("decisions", [])), None)
    if last is None or not isinstance(last.answer, Reject):
        return None
    why = f": {last.answer.words}" if last.answer.words else ""
    return f"The {last.what} was rejected by a human{why}".rstrip(".") + "."


def is_settled(state: TeamState, leader: Candidate) -> bool:
    """Whether the human has had the last word on a candidate: edited it, and nothing speaks against the edit."""
    word, report = last_word(state), state.get("reports", {}).get(leader.index)
    if word is None or not isinstance(word.answer, EditCode) or leader.index != word.next_index:
        return False
    review = state.get("reviews", {}).get(leader.index)
    is_sound = report is not None and report.loads.outcome == "passed" and not report.failures()
    return bool(report and report.infrastructure) or (is_sound and not (review and review.blocks))


def disappointment(state: TeamState) -> str | None:
    """Why nothing came of the human's feedback, if nothing did."""
    word = last_word(state)
    if word is None or any(one.index >= word.next_index for one in state.get("candidates", [])):
        return None
    void = next((one.problem for one in state.get("void", []) if one.index >= word.next_index), None)
    return void or state.get("stopped")
