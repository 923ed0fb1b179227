"""Roles of the user's own, checked: one that gives nothing would be asked for ever, so that is an error at once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langgraph.types import Command

from motet.agents import Review

Role = Runnable[Any, Any]


def checked_coder(coder: Role) -> Role:
    """See that a coder answers its assignment."""

    def check(update: Any) -> Any:
        if isinstance(update, Mapping) and not any(update.get(key) for key in ("candidates", "void", "stopped")):
            raise ValueError(
                "The coder gave neither `candidates` (a list of `Candidate`) nor `void` (a list of `VoidProposal`) nor"
                f" `stopped` (why it gives up); it gave {sorted(update) or 'nothing'}."
            )
        return update

    return coder | RunnableLambda(check)


def checked_tester(tester: Role) -> Role:
    """See that a tester comes on while candidates wait to be tested; it may choose `inputs` in a step of its own."""

    def check(state: Mapping[str, Any], update: Any) -> Any:
        given = _given(update)
        waiting = {one.index for one in state.get("candidates") or ()} - set(state.get("reports") or ())
        chose = state.get("inputs") is None and given.get("inputs") is not None
        if waiting and not chose and not waiting & set(given.get("reports") or ()):
            raise ValueError(
                f"The tester gave no report on any of the candidates {sorted(waiting)}: `reports` must be a dict from a"
                " candidate's `index` to its `Report`. Only its first step may choose `inputs` instead;"
                f" it gave {sorted(given) or 'nothing'}."
            )
        return update

    def run(state: Mapping[str, Any], config: RunnableConfig) -> Any:
        return check(state, tester.invoke(state, config))

    async def arun(state: Mapping[str, Any], config: RunnableConfig) -> Any:
        return check(state, await tester.ainvoke(state, config))

    return RunnableLambda(run, afunc=arun, name="tester")


def checked_reviewer(reviewer: Role) -> Role:
    """See that a reviewer says something on the candidate that it was shown: its silence says that nothing is wrong."""

    def check(state: Mapping[str, Any], update: Any) -> Any:
        best, reviews = state["best"], _given(update).get("reviews") or {}
        if best.index in reviews:
            return update
        silent = {"reviews": {**reviews, best.index: Review(candidate=best.index)}}
        if isinstance(update, Command):
            return replace(update, update={**_given(update), **silent})
        return {**_given(update), **silent}

    def run(state: Mapping[str, Any], config: RunnableConfig) -> Any:
        return check(state, reviewer.invoke(state, config))

    async def arun(state: Mapping[str, Any], config: RunnableConfig) -> Any:
        return check(state, await reviewer.ainvoke(state, config))

    return RunnableLambda(run, afunc=arun, name="reviewer")


def _given(update: Any) -> Mapping[str, Any]:
    given = update.update if isinstance(update, Command) else update
    return given if isinstance(given, Mapping) else {}
