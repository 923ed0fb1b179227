"""A coder that is a LangChain agent: it tries its code with tools before it proposes it.

For large models that call tools well. Small ones write their calls as text or call nothing, and mend few of their wrong
answers; for them the plain coder's fresh answers are the better use of a call. The agent's word counts no more than the
plain coder's: what it proposes is run by the tester like anything else.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.tools import BaseTool
from langgraph.runtime import Runtime

from motet.agents.agent_answer import final_code
from motet.agents.agent_bounds import agent_bounds
from motet.agents.answer import UnreadableAnswerError
from motet.agents.assignment import Assignment
from motet.agents.candidate import VoidProposal
from motet.agents.coding_tools import create_coding_tools
from motet.agents.context import TeamContext
from motet.agents.contract import Contract
from motet.agents.ledger_middleware import LedgerMiddleware
from motet.agents.node import (
    Node,
    context_of,
    contract_of,
    emit,
    invoke_as_called,
    ledger_for,
    model_for,
    role_node,
    sandbox_for,
)
from motet.agents.plan import Plan
from motet.agents.prompt import Prompt
from motet.agents.proposal import CoderInput, CoderUpdate, propose
from motet.agents.recount import in_words
from motet.agents.task_text import task_block, wanted
from motet.agents.text_calls import TextCallsMiddleware
from motet.agents.witness import Witness
from motet.models import BudgetExhausted, ContextOverflow, ModelAnswerError, ModelCallError, Sampling
from motet.tools.sandbox import Sandbox

AgentTool = BaseTool | Callable[..., Any] | dict[str, Any]


def create_agent_coder(
    *,
    model: str | BaseChatModel = "local",
    sandbox: str | Sandbox = "auto",
    tools: Sequence[AgentTool] = (),
    system_prompt: str | None = None,
    prompt: Prompt | None = None,
    repair_prompt: Prompt | None = None,
    middleware: Sequence[AgentMiddleware[Any, Any, Any]] = (),
    rounds: int = 8,
    timeout: float | None = None,
    name: str = "coder",
) -> Node:
    """Make a coder that works with tools, for any graph in which `create_coder` works.

    It reads and writes the same keys. The code in its last answer is the candidate; where that holds none, because the
    rounds ran out for instance, it is the code that did best in `run_examples`.

    Args:
        model: A chat model that can call tools, or a spec for `resolve_model`.
        sandbox: Where the tools run code, or a spec for `resolve_sandbox`.
        tools: Tools of your own besides motet's; one with the name of one of motet's takes its place.
        system_prompt: What the agent is told of its work, in place of the system text of whatever prompt is used.
        prompt: What it is told, in place of all of motet's wordings; rendered with `task`, `wanted`, `rounds` and
            `recount`, as for the plain coder.
        repair_prompt: What it is told for a repair; rendered with `code` and `failure` as well.
        middleware: LangChain middleware of your own; one of a kind that motet adds takes its place.
        rounds: How often the model is asked for one candidate at most.
        timeout: After how many seconds a step of it counts as hung.
        name: The node's name, shown in streams and in the usage.
    """
    first = (prompt or Prompt.load("agent_coder")).with_system(system_prompt)
    planned = (prompt or Prompt.load("agent_coder_planned")).with_system(system_prompt)
    repair = (repair_prompt or Prompt.load("agent_repair")).with_system(system_prompt)

    def messages(contract: Contract, assignment: Assignment, plan: Plan | None) -> list[BaseMessage]:
        values = {
            "task": task_block(contract),
            "wanted": wanted(contract),
            "rounds": str(rounds),
            "recount": in_words(assignment.attempts),
        }
        if assignment.target is not None:
            return repair.render(**values, code=assignment.target.code.strip(), failure=assignment.failure or "")
        if plan is not None and assignment.kind == "first":
            return planned.render(**values, plan=plan.numbered)
        return first.render(**values)

    async def coder(state: CoderInput, runtime: Runtime[TeamContext]) -> CoderUpdate:
        contract = contract_of(state)
        assignment = state.get("assignment") or Assignment(index=0, kind="first")
        emit(runtime, name, "writing", index=assignment.index, assignment=assignment)
        chat = model_for(runtime, name, model)
        machine = await asyncio.to_thread(sandbox_for, runtime, sandbox)
        ledger = ledger_for(state, runtime)
        sampling = Sampling(
            temperature=assignment.temperature,
            max_tokens=assignment.max_tokens,
            seed=(context_of(runtime).seed or 0) + assignment.index,
        )
        outside = copy_context()

        def tell(event: str, data: dict[str, Any]) -> None:
            # Told from the node and not from within the agent, so that no client has to stream subgraphs for it.
            outside.copy().run(emit, runtime, name, event, index=assignment.index, **data)

        witness = Witness(tell=tell)
        system, user = messages(contract, assignment, state.get("plan"))
        around: list[AgentMiddleware[Any, Any, Any]] = [
            witness,
            *(one for one in agent_bounds(chat, rounds) if one.name not in {own.name for own in middleware}),
            *middleware,
            TextCallsMiddleware(),
            LedgerMiddleware(role=name, ledger=ledger, sampling=sampling),
        ]
        agent = create_agent(
            chat,
            _by_name([*create_coding_tools(contract, sandbox=machine), *tools]),
            system_prompt=str(system.text),
            middleware=around,
            context_schema=TeamContext,
            name=name,
        )
        problem: Exception | None = None
        try:
            witness.see(await invoke_as_called(agent, {"messages": [user]}))
        except (ModelAnswerError, BudgetExhausted, ModelCallError, ContextOverflow) as error:
            problem = error
        finally:
            witness.close()
        update: CoderUpdate = {"calls": witness.calls}
        try:
            update |= propose(final_code(witness.messages, contract), contract, assignment)
            emit(runtime, name, "candidate", index=assignment.index, candidate=update["candidates"][0])
        except UnreadableAnswerError as unreadable:
            if problem is None or isinstance(problem, ModelAnswerError):
                void = VoidProposal(index=assignment.index, origin=assignment.kind, problem=str(problem or unreadable))
                emit(runtime, name, "void", index=assignment.index, answer=void)
                return {**update, "void": [void]}
            if not isinstance(problem, BudgetExhausted) and not state.get("candidates"):
                raise problem from None
        if problem is not None and not isinstance(problem, ModelAnswerError):
            emit(runtime, name, "stopped", index=assignment.index, problem=str(problem))
            update["stopped"] = str(problem)
        return update

    return role_node(coder, name=name, timeout=timeout)


def _by_name(tools: Sequence[AgentTool]) -> list[AgentTool]:
    """The tools, the later one where two have the same name."""
    named = {getattr(tool, "name", None) or getattr(tool, "__name__", None) or str(tool): tool for tool in tools}
    return list(named.values())
