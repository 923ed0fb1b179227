"""The tester: executes. What it reports is what a sandbox showed, never what a model thinks.

Tests have a trust rank. The user's own and the task's examples may veto a candidate. On inputs whose right answer
nobody knows, made from the examples without a model or proposed by one, candidates are only compared with each other; a
weak model's guesses of expected results are worth next to nothing and are not asked for.

It works in two steps. On its first call it only chooses those inputs, which may cost a call to a model: so the call is
in a checkpoint before anything runs, and choosing can go on while the first answer is being written.
"""

import asyncio
from functools import partial
from typing import Annotated, TypedDict

from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from motet.agents.attempt import Attempt
from motet.agents.candidate import Candidate, VoidProposal
from motet.agents.context import TeamContext
from motet.agents.contract import Contract
from motet.agents.evidence import Report
from motet.agents.examination import examine
from motet.agents.inputs import mutate_inputs, read_calls
from motet.agents.node import Node, context_of, contract_of, emit, ledger_for, model_for, role_node, sandbox_for
from motet.agents.prompt import Prompt
from motet.agents.session_work import examine_stubbornly
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

    task: str
    contract: Contract
    candidates: list[Candidate]
    reports: dict[int, Report]
    void: list[VoidProposal]
    inputs: list[str]
    tests: str | None
    calls: list[CallRecord]
    run: str
    seconds: float


class TesterUpdate(TypedDict, total=False):
    """What the tester writes."""

    reports: dict[int, Report]
    attempts: list[Attempt]
    inputs: list[str]
    calls: list[CallRecord]
    stopped: str


def create_tester(
    *,
    sandbox: str | Sandbox = "auto",
    model: str | BaseChatModel = "local",
    inputs: int = 16,
    model_inputs: int = 0,
    system_prompt: str | None = None,
    diagnose: bool = False,
    prompt: Prompt | None = None,
    sandbox_tries: int = 3,
    timeout: float | None = None,
    name: str = "tester",
) -> Node:
    """Make a tester that fits any graph whose state has a `contract` and `candidates` and takes `reports`.

    It runs every candidate that has no report yet, all of them on the same inputs, which it chooses first. Where it has
    to ask a model for them it does nothing else in that step, so that the call is in a checkpoint before anything runs:
    a graph that lets it ask, with `model_inputs`, has to come back to it while there are `inputs` and no reports.

    Args:
        sandbox: Where candidates run, or a spec for `resolve_sandbox`.
        model: Asked for inputs where the task's examples do not give enough of them.
        inputs: How many inputs candidates are compared on.
        model_inputs: How many inputs to ask the model for at most; 0 never asks.
        system_prompt: What the model is told of its work, in place of the prompt's system text.
        diagnose: Whether to run the first trusted test that a candidate fails once more, to find out why: the report
            then has a `diagnosis`. It takes a tenth of a second and no model.
        prompt: What the model is told; rendered with `task`, `count` and `entry_point`.
        sandbox_tries: How often a candidate is run, each time in a new session, when the sandbox itself fails.
        timeout: After how many seconds a step of it counts as hung.
        name: The node's name, shown in streams and in the usage.
    """
    told = (prompt or Prompt.load("tester")).with_system(system_prompt)

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

    async def choose(contract: Contract, state: TesterInput, runtime: Runtime[TeamContext]) -> TesterUpdate:
        ledger = ledger_for(state, runtime)
        update: TesterUpdate = {}
        chosen = mutate_inputs(contract, count=inputs, seed=context_of(runtime).seed or 0)
        # The user's own tests decide alone; without them a comparison needs enough inputs.
        too_few = len(chosen) < inputs // 2 and not state.get("tests")
        if too_few and model_inputs and contract.entry_point:
            emit(runtime, name, "choosing", count=model_inputs)
            try:
                proposed = await propose(contract, ledger, model_for(runtime, name, model))
                chosen = tuple(dict.fromkeys((*chosen, *proposed)))
            except BudgetExhausted as limit:
                if limit.scope != name:  # at a limit of its own it makes do with the inputs that it has
                    update["stopped"] = str(limit)
            update["calls"] = ledger.calls
        emit(runtime, name, "inputs", inputs=list(chosen))
        return {**update, "inputs": list(chosen)}

    async def tester(state: TesterInput, runtime: Runtime[TeamContext]) -> TesterUpdate:
        contract = contract_of(state)
        candidates = state.get("candidates", [])
        update: TesterUpdate = {}
        chosen = state.get("inputs")
        if chosen is None:
            # Without a name there is nothing to call yet; where no answer came, there may be nothing to test at all.
            named = contract.entry_point is not None or contract.kind == "program"
            can_choose = candidates or (named and not state.get("void"))
            if can_choose:
                update = await choose(contract, state, runtime)
            if "calls" in update or not candidates:
                return update
            chosen = update["inputs"]
        untested = [one for one in candidates if one.index not in state.get("reports", {})]
        if not untested:
            return update
        own_tests = state.get("tests")
        given = read_tests(own_tests) if own_tests else None
        reports: dict[int, Report] = {}
        machine = await asyncio.to_thread(sandbox_for, runtime, sandbox)
        for candidate in untested:
            emit(runtime, name, "testing", index=candidate.index)
            report = await examine_stubbornly(
                machine,
                candidate,
                partial(
                    examine,
                    candidate=candidate,
                    contract=contract,
                    inputs=tuple(chosen),
                    given=given,
                    diagnosed=diagnose,
                ),
                tries=sandbox_tries,
                on_failure=partial(_tell_of_sandbox, runtime, name, candidate.index),
            )
            reports[candidate.index] = report
            emit(runtime, name, "report", index=candidate.index, report=report)
        return {**update, "reports": reports}

    return role_node(tester, name=name, timeout=timeout)


def _tell_of_sandbox(runtime: Runtime[TeamContext], name: str, index: int, problem: str) -> None:
    emit(runtime, name, "sandbox_failed", index=index, problem=problem)
