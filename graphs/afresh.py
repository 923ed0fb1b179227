"""Begins a run afresh on a thread that has had one before.

A checkpointer keeps a thread's state and reducers add to it: without this, a second task would find the first one's
candidates and take them for answers to itself.
"""

from collections.abc import Mapping
from typing import Annotated, Any, get_origin, get_type_hints

from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langgraph.types import Overwrite

from motet.graphs.state import TeamInput, TeamState

_HINTS = get_type_hints(TeamState, include_extras=True)
OWN = frozenset(_HINTS) - frozenset(get_type_hints(TeamInput))
"""What a run makes itself; the input's keys are its caller's, and so are all that a state of the user's own adds."""
REDUCED = frozenset(key for key, hint in _HINTS.items() if get_origin(hint) is Annotated)


def begins_afresh(planner: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """Show a planner nothing of an earlier run on the thread, and let the state forget that run."""

    def given(state: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in state.items() if key not in OWN}

    def forgetting(state: Mapping[str, Any], update: Any) -> Any:
        if not isinstance(update, Mapping):
            return update
        stale = [key for key in OWN if state.get(key)]
        return {**update, **{key: _instead(key, state[key], update) for key in stale}}

    def run(state: Mapping[str, Any], config: RunnableConfig) -> Any:
        return forgetting(state, planner.invoke(given(state), config))

    async def arun(state: Mapping[str, Any], config: RunnableConfig) -> Any:
        return forgetting(state, await planner.ainvoke(given(state), config))

    return RunnableLambda(run, afunc=arun, name="planner")


def _instead(key: str, old: Any, update: Mapping[str, Any]) -> Any:
    if key not in REDUCED:
        return update.get(key)
    empty = type(old)() if isinstance(old, list | dict | str | float) else None
    return Overwrite(update.get(key, empty))
