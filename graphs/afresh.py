"""Begins a run afresh on a thread that has had one before.

A checkpointer keeps a thread's state and reducers add to it: without this, a second task would find the first one's
candidates and take them for answers to itself.
"""

from collections.abc import Mapping
from typing import Annotated, Any, get_origin, get_type_hints

from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langgraph.types import Overwrite

from motet.graphs.state import TeamInput, TeamState


def begins_afresh(
    planner: Runnable[Any, Any], *, state_schema: type = TeamState, input_schema: type = TeamInput
) -> Runnable[Any, Any]:
    """Show a planner nothing of an earlier run on the thread, and let the state forget that run.

    Args:
        planner: The first node.
        state_schema: What a run makes itself stands in it.
        input_schema: These keys are the caller's, and so are all that a state of the user's own adds.
    """
    hints = get_type_hints(state_schema, include_extras=True)
    own = frozenset(hints) - frozenset(get_type_hints(input_schema))
    reduced = frozenset(key for key, hint in hints.items() if get_origin(hint) is Annotated)

    def given(state: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in state.items() if key not in own}

    def forgetting(state: Mapping[str, Any], update: Any) -> Any:
        if not isinstance(update, Mapping):
            return update
        stale = [key for key in own if state.get(key)]
        return {**update, **{key: _instead(state[key], update.get(key), reduced=key in reduced) for key in stale}}

    def run(state: Mapping[str, Any], config: RunnableConfig) -> Any:
        return forgetting(state, planner.invoke(given(state), config))

    async def arun(state: Mapping[str, Any], config: RunnableConfig) -> Any:
        return forgetting(state, await planner.ainvoke(given(state), config))

    return RunnableLambda(run, afunc=arun, name="planner")


def _instead(old: Any, new: Any, *, reduced: bool) -> Any:
    if not reduced:
        return new
    empty = type(old)() if isinstance(old, list | dict | str | float) else None
    return Overwrite(empty if new is None else new)
