"""From a role's one async function to a node that LangGraph can run both ways."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from functools import cache
from typing import Any, TypeVar
from uuid import uuid4

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.runnables.config import merge_configs, var_child_runnable_config
from langgraph.runtime import Runtime, get_runtime

from motet.agents.attempt import attempts_in
from motet.agents.context import MemorySpec, TeamContext
from motet.agents.contract import Contract
from motet.agents.reading import read_contract
from motet.agents.run_ledger import RunLedger, current_ledger, run_ledger
from motet.memory import PatternMemory, resolve_memory
from motet.models import Ledger, resolve_model
from motet.tools.sandbox import Sandbox, resolve_sandbox

Result = TypeVar("Result")
State = Mapping[str, Any]
"""What a node reads: the part of the graph's state that its input schema names."""
RoleFunction = Callable[[Any, Runtime[TeamContext]], Awaitable[Mapping[str, Any]]]
Node = RunnableLambda[Any, Any]


CANDIDATE_KEY = "motet_candidate"
"""Where a call's metadata say which candidate it is for, so that who streams can tell two coders apart."""


class RoleTimeoutError(TimeoutError):
    """A role did not finish its step in time: it hangs.

    Args:
        role: Its name.
        seconds: How long it was given.
    """

    def __init__(self, role: str, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"The {role} did not finish within {seconds:g} seconds.")


def role_node(function: RoleFunction, *, name: str, timeout: float | None = None) -> Node:
    """Make a node with a sync twin, which accounts for its work in the run's state.

    It adds its time to the `seconds` that it read, so that nodes that work at once count once and a run's rests not at
    all; it adds to `calls` what the run's ledger knows beyond those that it read; and what came of proposals it notes
    under `attempts`.

    Args:
        function: The role: `state, runtime -> update`.
        name: The node's name, shown in streams, events and usage.
        timeout: After how many seconds a step counts as hung; it is then cancelled, and a `RoleTimeoutError`.
            LangGraph's own `timeout=` refuses nodes that have a sync twin.
    """

    async def work(state: State, runtime: Runtime[TeamContext]) -> Mapping[str, object]:
        began = time.monotonic()
        run, calls, seconds = state.get("run") or uuid4().hex, state.get("calls") or [], state.get("seconds") or 0.0
        shared = run_ledger(run, context_of(runtime), calls)
        with shared.at_work(name, seconds=seconds):
            update = await _in_time(function(state, runtime), name, timeout)
        shared.learn(update.get("calls") or [])
        took = seconds + time.monotonic() - began
        tried = attempts_in(update, [*(state.get("candidates") or ()), *(update.get("candidates") or ())])
        known = {"attempts": tried} if tried else {}
        return {**update, **known, "run": run, "calls": shared.unknown_to(calls), "seconds": took}

    async def arun(state: State, config: RunnableConfig) -> Mapping[str, object]:
        _name_candidate(state, config)
        return await work(state, node_runtime())

    def run(state: State, config: RunnableConfig) -> Mapping[str, object]:
        _name_candidate(state, config)
        return run_in_background(work(state, node_runtime()))

    return RunnableLambda(run, afunc=arun, name=name)


def node_runtime() -> Runtime[TeamContext]:
    """The graph's runtime; an empty one for a role that is called by itself, outside of any graph."""
    return get_runtime(TeamContext) or Runtime()


async def _in_time(work: Awaitable[Result], role: str, seconds: float | None) -> Result:
    try:
        async with asyncio.timeout(seconds) as clock:
            return await work
    except TimeoutError as error:
        if seconds is None or not clock.expired():
            raise  # somebody else's
        raise RoleTimeoutError(role, seconds) from error


def _name_candidate(state: State, config: RunnableConfig) -> None:
    """Let all calls of this node, which inherit its config, say which candidate they are for."""
    assignment = state.get("assignment")
    if assignment is not None:
        var_child_runnable_config.set(merge_configs(config, {"metadata": {CANDIDATE_KEY: assignment.index}}))


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

    def run() -> None:
        while True:
            # These two end a loop that one task raises them in; the others' work goes on.
            with suppress(KeyboardInterrupt, SystemExit):
                loop.run_forever()

    threading.Thread(target=run, name="motet-sync", daemon=True).start()
    return loop


async def invoke_as_called(graph: Runnable[Any, Result], value: Any) -> Result:
    """Invoke a graph inside of a role, without async where the role was called so.

    A sync caller's checkpointer, tools and middleware may know no async.
    """
    loop = asyncio.get_running_loop()
    if loop is not _background_loop():
        return await graph.ainvoke(value)
    # A pool of its own: the graph waits for others of the loop's threads.
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="motet-graph")
    try:
        return await loop.run_in_executor(pool, copy_context().run, graph.invoke, value)
    finally:
        pool.shutdown(wait=False)


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


def memory_for(runtime: Runtime[TeamContext], default: MemorySpec) -> PatternMemory | None:
    """The pattern memory of this run, if there is one. The first call may take a while: it loads an embedding model."""
    spec = context_of(runtime).memory or default
    return None if spec == "off" else resolve_memory(spec)


def ledger_for(state: State, runtime: Runtime[TeamContext]) -> Ledger:
    """What a role asks through: the run's ledger, or the role's own scope of it."""
    return current_ledger() or _shared(state, runtime).whole


@contextmanager
def at_work(state: State, runtime: Runtime[TeamContext], role: str) -> Generator[Ledger]:
    """What asks inside of no `role_node` asks through; during the block the time counts that it takes."""
    own = current_ledger()
    if own is not None:
        yield own
    else:
        with _shared(state, runtime).at_work(role, seconds=state.get("seconds") or 0.0) as ledger:
            yield ledger


def _shared(state: State, runtime: Runtime[TeamContext]) -> RunLedger:
    return run_ledger(state.get("run") or uuid4().hex, context_of(runtime), state.get("calls") or [])


def check_prices(state: State, runtime: Runtime[TeamContext], role: str, default: str | BaseChatModel) -> None:
    """See that money can be limited, before any is spent: a run's models must have prices then.

    Raises:
        UnpricedModelError: One of them has none.
    """
    ledger = ledger_for(state, runtime)
    if ledger.limits_cost:
        others = (resolve_model(spec) for spec in context_of(runtime).models.values())
        ledger.check_priced(model_for(runtime, role, default), *others)


def emit(runtime: Runtime[TeamContext], role: str, event: str, **data: Any) -> None:
    """Tell whoever streams the run with `stream_mode="custom"` what a role does: `{"role", "event", ...}`."""
    runtime.stream_writer({"role": role, "event": event, **data})
