"""Roles of the user's own, checked: one that gives nothing would be asked for ever, so it is an error at once."""

from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langgraph.types import Command

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
        given = update.update if isinstance(update, Command) else update
        given = given if isinstance(given, Mapping) else {}
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
