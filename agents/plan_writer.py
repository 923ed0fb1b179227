"""The planner's second half by itself: for graphs in which a human sees the contract before a plan is written for it,
or sends a plan back."""

from typing import TypedDict

from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime

from motet.agents.context import TeamContext
from motet.agents.contract import Contract
from motet.agents.decision import Decision, PlanDecision, Reject
from motet.agents.node import Node, role_node
from motet.agents.plan import PlanUpdate, ask_for_plan
from motet.agents.prompt import Prompt
from motet.agents.task_text import task_block, wanted
from motet.models import CallRecord


class PlanWriterInput(TypedDict, total=False):
    """What the plan writer reads."""

    contract: Contract
    decisions: list[Decision]
    calls: list[CallRecord]
    run: str
    seconds: float


def create_plan_writer(
    *,
    model: str | BaseChatModel = "local",
    system_prompt: str | None = None,
    prompt: Prompt | None = None,
    again_prompt: Prompt | None = None,
    name: str = "planner",
) -> Node:
    """Make a node that writes a plan for the `contract`, and another one where a human rejected the last.

    Args:
        model: A chat model or a spec for `resolve_model`.
        system_prompt: What it is told of its work, in place of the system text of whatever prompt is used.
        prompt: What it is told; rendered with `task` and `wanted`.
        again_prompt: What it is told after a rejection; rendered with `plan` and `feedback` besides.
        name: The role in whose name it asks, shown in streams and in the usage.
    """
    told = (prompt or Prompt.load("planner")).with_system(system_prompt)
    told_again = (again_prompt or Prompt.load("plan_again")).with_system(system_prompt)

    async def plan_writer(state: PlanWriterInput, runtime: Runtime[TeamContext]) -> PlanUpdate:
        values = {"task": task_block(state["contract"]), "wanted": wanted(state["contract"])}
        last = next((one for one in reversed(state.get("decisions") or []) if isinstance(one, PlanDecision)), None)
        if last is not None and isinstance(last.answer, Reject):
            messages = told_again.render(**values, plan=last.shown.numbered, feedback=last.answer.words)
        else:
            messages = told.render(**values)
        return await ask_for_plan(messages, state, runtime, model=model, name=name)

    return role_node(plan_writer, name=name)
