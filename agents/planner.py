"""The planner: reads a task into a contract. That takes no model call.

A written plan is made only where it is asked for: in front of a small model a plan lowers accuracy ("Think Less, Code
Better", ICLR 2026 workshop: -15 points for Qwen2.5-Coder-1.5B-Instruct, no effect at 7B, +2 at 14B).
"""

from typing import TypedDict

from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime

from motet.agents.context import TeamContext
from motet.agents.contract import Contract
from motet.agents.node import Node, check_prices, emit, role_node
from motet.agents.plan import Plan, ask_for_plan
from motet.agents.prompt import Prompt
from motet.agents.reading import read_contract
from motet.agents.task_text import task_block, wanted
from motet.models import CallRecord


class PlannerInput(TypedDict, total=False):
    """What the planner reads."""

    task: str
    entry_point: str | None
    calls: list[CallRecord]
    run: str
    seconds: float


class PlannerUpdate(TypedDict, total=False):
    """What the planner writes."""

    contract: Contract
    plan: Plan
    stopped: str


def create_planner(
    *,
    model: str | BaseChatModel = "local",
    plan: bool = False,
    system_prompt: str | None = None,
    prompt: Prompt | None = None,
    name: str = "planner",
) -> Node:
    """Make a planner that fits any graph whose state has a `task` and takes a `contract`.

    Args:
        model: A chat model or a spec for `resolve_model`; asked only where a plan is wanted.
        plan: Whether to write a plan for the coder besides the contract.
        system_prompt: What the model is told of its work, in place of the prompt's system text.
        prompt: What the planner is told; rendered with `task` and `wanted`.
        name: The node's name, shown in streams and in the usage.
    """
    told = (prompt or Prompt.load("planner")).with_system(system_prompt)

    async def planner(state: PlannerInput, runtime: Runtime[TeamContext]) -> PlannerUpdate:
        task = state.get("task") or ""
        if not task.strip():
            raise ValueError('There is no task. Give one in words: team.invoke({"task": "Write add(a, b) ..."}).')
        contract = read_contract(task, entry_point=state.get("entry_point"))
        check_prices(state, runtime, name, model)
        emit(runtime, name, "contract", contract=contract)
        update: PlannerUpdate = {
            "contract": contract,
        }
        if not plan:
            return update
        messages = told.render(task=task_block(contract), wanted=wanted(contract))
        return {**update, **await ask_for_plan(messages, state, runtime, model=model, name=name)}

    return role_node(planner, name=name)
