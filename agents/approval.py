"""Nodes that show a human what the team has, and wait for the answer.

Each does nothing but ask: a node is run again from its start when the answer comes, and what stands before a question
would be done, and paid for, twice. Waiting costs no time of the run's budget.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypedDict, TypeVar

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from pydantic import BaseModel, JsonValue

from motet.agents.amendment import amend, with_words
from motet.agents.candidate import Candidate, VoidProposal
from motet.agents.context import TeamContext
from motet.agents.contract import Contract
from motet.agents.decision import (
    Approvable,
    Approve,
    CodeAnswer,
    CodeDecision,
    ContractAnswer,
    ContractDecision,
    Decision,
    EditCode,
    EditContract,
    EditPlan,
    PlanAnswer,
    PlanDecision,
    Reject,
    ShownCode,
)
from motet.agents.node import emit
from motet.agents.plan import Plan
from motet.agents.reading import read_contract

Update = TypeVar("Update")
Approval = Callable[[Any, Runtime[TeamContext]], Update]
"""A plain function: it awaits nothing, so LangGraph can run it for sync and async callers alike."""


class ContractApprovalInput(TypedDict, total=False):
    """What the contract's approval reads."""

    contract: Contract


class ContractApprovalUpdate(TypedDict, total=False):
    """What the contract's approval writes."""

    contract: Contract
    decisions: list[Decision]


class PlanApprovalInput(TypedDict, total=False):
    """What the plan's approval reads."""

    plan: Plan


class PlanApprovalUpdate(TypedDict, total=False):
    """What the plan's approval writes."""

    plan: Plan
    decisions: list[Decision]


class CodeApprovalInput(TypedDict, total=False):
    """What the code's approval reads. `shown` is the code with its evidence."""

    shown: ShownCode
    candidates: list[Candidate]
    void: list[VoidProposal]


class CodeApprovalUpdate(TypedDict, total=False):
    """What the code's approval writes."""

    candidates: list[Candidate]
    decisions: list[Decision]


def create_contract_approval(*, name: str = "approve_contract") -> Approval[ContractApprovalUpdate]:
    """Make a node that asks a human about the `contract`, for any graph that has one and keeps `decisions`.

    Feedback becomes words of the task, and the contract is read again from them.

    Args:
        name: Shown in streams.
    """

    def approve_contract(state: ContractApprovalInput, runtime: Runtime[TeamContext]) -> ContractApprovalUpdate:
        shown = state["contract"]
        answer: Approve | EditContract | Reject = _ask("contract", shown, ContractAnswer)
        decision = ContractDecision(shown=shown, answer=answer)
        emit(runtime, name, "decision", decision=decision)
        update: ContractApprovalUpdate = {"decisions": [decision]}
        if isinstance(answer, EditContract):
            update["contract"] = amend(shown, answer.contract)
        elif isinstance(answer, Reject) and answer.words:
            task = with_words(shown, answer.words).task
            update["contract"] = read_contract(task, entry_point=shown.entry_point)
        return update

    return approve_contract


def create_plan_approval(*, name: str = "approve_plan") -> Approval[PlanApprovalUpdate]:
    """Make a node that asks a human about the `plan`, for any graph that has one and keeps `decisions`.

    Args:
        name: Shown in streams.
    """

    def approve_plan(state: PlanApprovalInput, runtime: Runtime[TeamContext]) -> PlanApprovalUpdate:
        shown = state["plan"]
        answer: Approve | EditPlan | Reject = _ask("plan", shown, PlanAnswer)
        decision = PlanDecision(shown=shown, answer=answer)
        emit(runtime, name, "decision", decision=decision)
        update: PlanApprovalUpdate = {"decisions": [decision]}
        return {**update, "plan": answer.plan} if isinstance(answer, EditPlan) else update

    return approve_plan


def create_code_approval(*, name: str = "approve_code") -> Approval[CodeApprovalUpdate]:
    """Make a node that asks a human about the code, for any graph that keeps `candidates` and `decisions`.

    An edit becomes a candidate of its own, for the tester and the reviewer to look at.

    Args:
        name: Shown in streams.
    """

    def approve_code(state: CodeApprovalInput, runtime: Runtime[TeamContext]) -> CodeApprovalUpdate:
        shown = state["shown"]
        answer: Approve | EditCode | Reject = _ask("code", shown, CodeAnswer)
        next_index = len(state.get("candidates", [])) + len(state.get("void", []))
        decision = CodeDecision(shown=shown, answer=answer, next_index=next_index)
        emit(runtime, name, "decision", decision=decision)
        update: CodeApprovalUpdate = {"decisions": [decision]}
        if not isinstance(answer, EditCode):
            return update
        edited = Candidate(
            index=next_index,
            code=answer.code,
            entry_point=shown.candidate.entry_point,
            origin="human",
            repairs=shown.candidate.index,
        )
        emit(runtime, name, "candidate", index=edited.index, candidate=edited)
        return {**update, "candidates": [edited]}

    return approve_code


def _ask(what: Approvable, shown: BaseModel, answers: Any) -> Any:
    """Put the question as plain JSON, for whatever shows it; the answer comes back checked and typed."""
    value: Mapping[str, JsonValue] = {"what": what, "shown": shown.model_dump(mode="json")}
    return interrupt(value, response_schema=answers)
