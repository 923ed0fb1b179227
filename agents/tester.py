"""The tester: executes. What it reports is what a sandbox showed, never what a model thinks.

Tests have a trust rank. The user's own and the task's examples may veto a candidate. On inputs whose right answer
nobody knows, made from the examples without a model or proposed by one, candidates are only compared with each other; a
weak model's guesses of expected results are worth next to nothing and are not asked for.
"""

import asyncio
from typing import Annotated, TypedDict

from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from motet.agents.candidate import Candidate
from motet.agents.context import TeamContext
from motet.agents.contract import Contract
from motet.agents.evidence import Report
from motet.agents.examination import examine
from motet.agents.inputs import mutate_inputs, read_calls
from motet.agents.node import Node, context_of, emit, ledger_for, model_for, role_node, sandbox_for
from motet.agents.prompt import Prompt
from motet.agents.task_text import task_block
from motet.models import (
    BudgetExhausted,
    CallRecord,
    ContextOverflow,
    Ledger,
    ModelAnswerError,
    ModelCallError,
    Sampling,
)
from motet.tools.sandbox import Sandbox
from motet.tools.testing import read_tests


class ProposedCalls(BaseModel):
    """Inputs that a model proposes; their results are never taken from it."""

    calls: Annotated[list[str], Field(min_length=1, max_length=12)]


class TesterInput(TypedDict, total=False):
    """What the tester reads."""

    contract: Contract
    candidates: list[Candidate]
    reports: dict[int, Report]
    inputs: tuple[str, ...]
    tests: str | None
    calls: list[CallRecord]
    run: str
    seconds: float


class TesterUpdate(TypedDict, total=False):
    """What the tester writes."""

    reports: dict[int, Report]
    inputs: tuple[str, ...]
    calls: list[CallRecord]
    stopped: str


def create_tester(
    *,
    sandbox: str | Sandbox = "auto",
    model: str | BaseChatModel = "local",
    inputs: int = 16,
    model_inputs: int = 0,
    prompt: Prompt | None = None,
    name: str = "tester",
) -> Node:
    """Make a tester that fits any graph whose state has a `contract` and `candidates` and takes `reports`.

    It runs every candidate that has no report yet, all of them on the same inputs.

    Args:
        sandbox: Where candidates run, or a spec for `resolve_sandbox`.
        model: Asked for inputs where the task's examples do not give enough of them.
        inputs: How many inputs candidates are compared on.
        model_inputs: How many inputs to ask the model for at most; 0 never asks.
        prompt: What the model is told; rendered with `task`, `count` and `entry_point`.
        name: The node's name, shown in streams and in the usage.
    """
    told = prompt or Prompt.load("tester")

    async def propose(contract: Contract, ledger: Ledger, chat: BaseChatModel) -> tuple[str, ...]:
        messages = told.render(
            task=task_block(contract), count=str(model_inputs), entry_point=contract.entry_point or ""
        )
        try:
            answer = await ledger.ask(
                chat, messages, role=name, sampling=Sampling(max_tokens=600), schema=ProposedCalls
            )
        except (ModelAnswerError, ModelCallError, ContextOverflow):
            return ()
        return read_calls(answer.read_as(ProposedCalls).calls, contract)[:model_inputs]

    async def tester(state: TesterInput, runtime: Runtime[TeamContext]) -> TesterUpdate:
        contract = state["contract"]
        untested = [one for one in state.get("candidates", []) if one.index not in state.get("reports", {})]
        if not untested:
            return {}
        ledger = ledger_for(state, runtime)
        update: TesterUpdate = {}
        chosen = state.get("inputs")
        if chosen is None:
            chosen = mutate_inputs(contract, count=inputs, seed=context_of(runtime).seed or 0)
            # The user's own tests decide alone; without them a comparison needs enough inputs.
            too_few = len(chosen) < inputs // 2 and not state.get("tests")
            if too_few and model_inputs and contract.entry_point:
                try:
                    proposed = await propose(contract, ledger, model_for(runtime, name, model))
                    chosen = tuple(dict.fromkeys((*chosen, *proposed)))
                except BudgetExhausted as limit:
                    update["stopped"] = str(limit)
            update["inputs"] = chosen
        own_tests = state.get("tests")
        given = read_tests(own_tests) if own_tests else None
        reports: dict[int, Report] = {}
        machine = await asyncio.to_thread(sandbox_for, runtime, sandbox)
        for candidate in untested:
            emit(runtime, name, "testing", index=candidate.index)
            async with await asyncio.to_thread(machine.session) as session:
                report = await examine(session, candidate, contract, inputs=chosen, given=given)
            reports[candidate.index] = report
            emit(runtime, name, "report", report=report)
        return {**update, "reports": reports, "calls": ledger.calls}

    return role_node(tester, name=name)
