"""What the voices of a recorded run have done so far, told in the events in which they told it when they did it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from langgraph.types import Overwrite, PregelTask, StateSnapshot

from motet.agents import Plan
from motet.agents.repo import ChangePlan, PatchCandidate, PatchReport, PatchReview
from motet.graphs.repo import PatchEvidence

ROLES = {"reproducer": "tester", "baseline": "tester", "whole_suite": "tester"}
"""Who is at work in nodes that are called otherwise."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one node did, once."""

    role: str
    """Who did it: the name of the node, or of the role that has several."""
    ended: datetime | None
    """When its step was over; nothing for one whose neighbours were still at work when the run stopped."""
    events: tuple[Mapping[str, Any], ...]
    """As streams with `stream_mode="custom"` give them: `{"role", "event", ...}`."""


def steps_of(history: Sequence[StateSnapshot]) -> list[Step]:
    """Read the steps of a run out of its checkpoints, the oldest first.

    Args:
        history: As LangGraph's `get_state_history` gives it, the newest first.
    """
    steps = []
    told_contract = False
    for number, snapshot in enumerate(reversed(history)):
        after = history[len(history) - number - 2] if number + 1 < len(history) else None
        ended = datetime.fromisoformat(after.created_at) if after and after.created_at else None
        for task in snapshot.tasks:
            update = update_of(task)
            if task.name.startswith("__") or not update:
                continue
            role = ROLES.get(task.name, task.name)
            events = tuple(_events(role, update, told_contract=told_contract))
            told_contract = told_contract or "contract" in update
            steps.append(Step(role=role, ended=ended, events=events))
    return steps


def update_of(task: PregelTask) -> Mapping[str, Any]:
    """What a node has written; nothing where it has not ended."""
    update = task.result if isinstance(task.result, Mapping) else {}
    return {key: value.value if isinstance(value, Overwrite) else value for key, value in update.items()}


def _events(role: str, update: Mapping[str, Any], *, told_contract: bool) -> Iterator[dict[str, Any]]:
    def event(name: str, **data: Any) -> dict[str, Any]:
        return {"role": role, "event": name, **data}

    for decision in update.get("decisions", ()):
        yield event("decision", decision=decision)
    if "contract" in update and not told_contract:
        yield event("contract", contract=update["contract"])
    if isinstance(update.get("plan"), Plan):
        yield event("plan", plan=update["plan"])
    if isinstance(update.get("plan"), ChangePlan) and "verdict" not in update and "baseline" not in update:
        yield event("located", plan=update["plan"], notes=update.get("notes", []))
    if "baseline" in update:
        yield event("baseline", baseline=update["baseline"], plan=update["plan"])
    if "inputs" in update:
        yield event("inputs", inputs=update["inputs"])
    for candidate in update.get("candidates", ()):
        yield event("patch" if isinstance(candidate, PatchCandidate) else "candidate", candidate=candidate)
    for answer in update.get("void", ()):
        yield event("void", answer=answer)
    for report in update.get("reports", {}).values():
        yield event("patch_report" if isinstance(report, PatchReport) else "report", report=report)
    for review in update.get("reviews", {}).values():
        yield event("patch_review" if isinstance(review, PatchReview) else "review", review=review)
    if update.get("stopped"):
        yield event("stopped", problem=update["stopped"])
    if "verdict" in update:
        name = "patch_verdict" if isinstance(update["evidence"], PatchEvidence) else "verdict"
        yield event(name, verdict=update["verdict"], evidence=update["evidence"])
