"""The coder: proposes candidates. Whether they are any good is the tester's business.

One whole module in one fenced block, never JSON and never a diff: small models lose many points to other formats.
"""

from typing import TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langgraph.runtime import Runtime

from motet.agents.answer import UnreadableAnswerError, main_function, read_code
from motet.agents.assignment import Assignment
from motet.agents.candidate import Candidate, VoidProposal
from motet.agents.context import TeamContext
from motet.agents.contract import Contract
from motet.agents.node import Node, context_of, emit, ledger_for, model_for, role_node
from motet.agents.planner import Plan
from motet.agents.prompt import Prompt
from motet.agents.reading import read_contract
from motet.agents.task_text import task_block, wanted
from motet.models import BudgetExhausted, CallRecord, ContextOverflow, ModelAnswerError, ModelCallError, Sampling

FENCE_END = "\n```\n"
"""Where an answer may end: what follows the code is talk that costs time."""


class CoderInput(TypedDict, total=False):
    """What the coder reads."""

    contract: Contract
    assignment: Assignment
    plan: Plan
    candidates: list[Candidate]
    calls: list[CallRecord]
    run: str
    seconds: float


class CoderUpdate(TypedDict, total=False):
    """What the coder writes."""

    contract: Contract
    candidates: list[Candidate]
    void: list[VoidProposal]
    calls: list[CallRecord]
    stopped: str


def create_coder(
    *,
    model: str | BaseChatModel = "local",
    prompt: Prompt | None = None,
    repair_prompt: Prompt | None = None,
    name: str = "coder",
) -> Node:
    """Make a coder that fits any graph whose state has a `contract` and collects `candidates`.

    It carries out the `assignment` in its input; without one it gives its first answer. An answer that cannot be read
    is void: it is paid for, noted under `void`, and no candidate comes of it.

    Args:
        model: A chat model or a spec for `resolve_model`.
        prompt: What the coder is told, in place of all of motet's wordings; rendered with `task` and `wanted`.
        repair_prompt: What it is told for a repair; rendered with `task`, `code` and `failure`.
        name: The node's name, shown in streams and in the usage.
    """
    wordings = {wording: prompt or Prompt.load(wording) for wording in ("coder", "coder_variant", "coder_planned")}
    repair = repair_prompt or Prompt.load("repair")

    def messages(contract: Contract, assignment: Assignment, plan: Plan | None) -> list[BaseMessage]:
        task = task_block(contract)
        if assignment.target is not None:
            return repair.render(task=task, code=assignment.target.code.strip(), failure=assignment.failure or "")
        if plan is not None and assignment.kind == "first":
            steps = "\n".join(f"{number}. {step}" for number, step in enumerate(plan.steps, 1))
            return wordings["coder_planned"].render(task=task, wanted=wanted(contract), plan=steps)
        return wordings[assignment.wording].render(task=task, wanted=wanted(contract))

    async def coder(state: CoderInput, runtime: Runtime[TeamContext]) -> CoderUpdate:
        contract = state["contract"]
        assignment = state.get("assignment") or Assignment(index=0, kind="first")
        emit(runtime, name, "writing", assignment=assignment)
        ledger = ledger_for(state, runtime)
        sampling = Sampling(
            temperature=assignment.temperature,
            max_tokens=assignment.max_tokens,
            seed=(context_of(runtime).seed or 0) + assignment.index,
            stop=(FENCE_END,),
        )
        try:
            answer = await ledger.ask(
                model_for(runtime, name, model),
                messages(contract, assignment, state.get("plan")),
                role=name,
                sampling=sampling,
            )
            code = read_code(answer.text, contract)
        except (ModelAnswerError, UnreadableAnswerError) as problem:
            void = VoidProposal(index=assignment.index, origin=assignment.kind, problem=str(problem))
            emit(runtime, name, "void", answer=void)
            return {"void": [void], "calls": ledger.calls}
        except BudgetExhausted as limit:
            emit(runtime, name, "stopped", problem=str(limit))
            return {"stopped": str(limit), "calls": ledger.calls}
        except (ModelCallError, ContextOverflow) as problem:
            if not state.get("candidates"):
                raise
            # What the team has is not lost with a server that went away, or for a repair too long to ask for.
            emit(runtime, name, "stopped", problem=str(problem))
            return {"stopped": str(problem), "calls": ledger.calls}
        update: CoderUpdate = {"calls": ledger.calls}
        if contract.entry_point is None and contract.kind != "program":
            # The task gave no name: the first answer's becomes everybody's, and the examples are read again with it.
            contract = read_contract(contract.task, entry_point=main_function(code))
            update["contract"] = contract
        candidate = Candidate(
            index=assignment.index,
            code=code,
            entry_point=contract.entry_point,
            origin=assignment.kind,
            repairs=assignment.target.index if assignment.target else None,
        )
        emit(runtime, name, "candidate", candidate=candidate)
        return {**update, "candidates": [candidate]}

    return role_node(coder, name=name)
