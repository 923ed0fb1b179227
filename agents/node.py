"""From a role's one async function to a node that LangGraph can run both ways."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.runtime import Runtime, get_runtime

from motet.agents.context import TeamContext
from motet.agents.contract import Contract
from motet.agents.reading import read_contract
from motet.models import BudgetLimits, CallRecord, Ledger, resolve_model
from motet.tools.sandbox import Sandbox, resolve_sandbox

Result = TypeVar("Result")
State = Mapping[str, Any]
"""What a node reads: the part of the graph's state that its input schema names."""
RoleFunction = Callable[[Any, Runtime[TeamContext]], Awaitable[Mapping[str, object]]]
Node = RunnableLambda[Any, Any]
_began: ContextVar[float] = ContextVar("began")
"""When the node began that this runs in."""


def role_node(function: RoleFunction, *, name: str) -> Node:
    """Make a node with a sync twin, which adds the time of its work to the run's `seconds`.

    Each node adds to the time that it read, so nodes that work at once count once and a run's rests not at all.

    Args:
        function: The role: `state, runtime -> update`.
        name: The node's name, shown in streams, events and usage.
    """

    async def work(state: State, runtime: Runtime[TeamContext]) -> Mapping[str, object]:
        began = time.monotonic()
        _began.set(began)
        update = await function(state, runtime)
        return {**update, "seconds": (state.get("seconds") or 0.0) + time.monotonic() - began}

    async def arun(state: State, config: RunnableConfig) -> Mapping[str, object]:
        return await work(state, get_runtime(TeamContext))

    def run(state: State, config: RunnableConfig) -> Mapping[str, object]:
        return run_in_background(work(state, get_runtime(TeamContext)))

    return RunnableLambda(run, afunc=arun, name=name)


def run_in_background(work: Awaitable[Result]) -> Result:
    """Run a coroutine for a sync caller, and cancel it when the caller is interrupted.

    All sync callers share one event loop: the connections that async clients keep open belong to the loop that made
    them, and a loop for each call would leave every client with dead ones.
    """

    async def waiting() -> Result:
        return await work

    future: Future[Result] = asyncio.run_coroutine_threadsafe(waiting(), _background_loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


@cache
def _background_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="motet-sync", daemon=True).start()
    return loop


def is_called_sync() -> bool:
    """Whether the running coroutine works for a sync caller."""
    return asyncio.get_running_loop() is _background_loop()


def contract_of(state: State) -> Contract:
    """The contract in the state, or else what the task in it says.

    Raises:
        ValueError: There is neither.
    """
    contract: Contract | None = state.get("contract")
    if contract is not None:
        return contract
    task: str = state.get("task") or ""
    if not task.strip():
        raise ValueError("The state has neither a `contract` nor a `task`: put a planner first, or give a task.")
    return read_contract(task, entry_point=state.get("entry_point"))


def context_of(runtime: Runtime[TeamContext]) -> TeamContext:
    """The run's context; an empty one where there is none, or that of a graph around the team."""
    return runtime.context if isinstance(runtime.context, TeamContext) else TeamContext()


def model_for(runtime: Runtime[TeamContext], role: str, default: str | BaseChatModel) -> BaseChatModel:
    """The model that a role uses in this run."""
    context = context_of(runtime)
    return resolve_model(context.models.get(role) or context.model or default)


def sandbox_for(runtime: Runtime[TeamContext], default: str | Sandbox) -> Sandbox:
    """The sandbox that a role uses in this run. May take a while at the first call: kinds are probed."""
    return resolve_sandbox(context_of(runtime).sandbox or default)


def ledger_for(state: State, runtime: Runtime[TeamContext]) -> Ledger:
    """A ledger that knows what the run has spent so far, from the calls and the seconds that its state records."""
    calls: list[CallRecord] = state.get("calls") or []
    now = time.monotonic()
    seconds = (state.get("seconds") or 0.0) + now - _began.get(now)
    return Ledger(context_of(runtime).limits or BudgetLimits(), spent=calls, seconds=seconds)


def emit(runtime: Runtime[TeamContext], role: str, event: str, **data: Any) -> None:
    """Tell whoever streams the run with `stream_mode="custom"` what a role does: `{"role", "event", ...}`."""
    runtime.stream_writer({"role": role, "event": event, **data})
