"""What becomes of a role that fails: a branch is void, a candidate untested, a review not made. The run goes on.

This is done around the role and not by LangGraph's `error_handler`: that one is run again in place of the node when a
run is resumed, so what failed would never be tried again; and where it handles every branch, no edge leads on.
"""

import concurrent.futures
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.errors import GraphBubbleUp

from motet.agents import Assignment, Finding, Review, VoidProposal
from motet.agents.attempt import attempts_in
from motet.agents.node import RoleTimeoutError, emit, node_runtime
from motet.agents.session_work import untestable
from motet.graphs.checked import Role
from motet.graphs.conductor import first, untested
from motet.graphs.policy import Policy
from motet.graphs.state import TeamState
from motet.models import ContextOverflow, ModelAnswerError, ModelCallError, ModelError
from motet.tools.sandbox import NoSandboxError, SandboxError, UnknownSandboxError

State = Mapping[str, Any]
Handle = Callable[[Any, Exception], Mapping[str, Any]]
"""From what a role read and how it failed to what is written in its place; raises what is no matter of one role."""
NO_FAILURES = (GraphBubbleUp, concurrent.futures.CancelledError)
"""Ways in which LangGraph and a cancelled run leave a node."""


def resilient_coder(coder: Role, policy: Policy) -> Role:
    """Make the proposal void where a branch fails or hangs.

    A mistake in the set-up is no matter of one branch, and where the only first answer fails there is nothing to go on
    with: those errors end the run, and a run that is resumed tries again.
    """
    return resilient(coder, "coder", partial(_void, policy))


def resilient_tester(tester: Role, policy: Policy) -> Role:
    """Give up candidates that cannot be run, where the tester hangs or its sandbox is lost."""
    return resilient(tester, "tester", _untested, tries=policy.sandbox_tries)


def resilient_reviewer(reviewer: Role, policy: Policy) -> Role:
    """Do without the review, which then proves nothing, where the reviewer hangs or its sandbox is lost."""
    return resilient(reviewer, "reviewer", _not_reviewed, tries=policy.sandbox_tries)


def resilient(role: Role, name: str, handle: Handle, *, tries: int = 1) -> Role:
    """Make a role that writes something where it fails, so that its team goes on.

    Args:
        role: Any.
        name: Its node's.
        handle: Says what is written, or raises.
        tries: How often it is begun where its sandbox was lost.
    """

    def give_up(state: State, error: Exception, left: int) -> Mapping[str, Any] | None:
        return None if left and may_pass(error) else handle(state, error)

    def run(state: State, config: RunnableConfig) -> Any:
        for left in reversed(range(tries)):
            try:
                return _noted(state, role.invoke(state, config))
            except NO_FAILURES:
                raise
            except Exception as error:  # whatever a role of the user's own raises
                if (update := give_up(state, error, left)) is not None:
                    return _noted(state, update)
        raise AssertionError("the last try gives up")

    async def arun(state: State, config: RunnableConfig) -> Any:
        for left in reversed(range(tries)):
            try:
                return _noted(state, await role.ainvoke(state, config))
            except NO_FAILURES:
                raise
            except Exception as error:
                if (update := give_up(state, error, left)) is not None:
                    return _noted(state, update)
        raise AssertionError("the last try gives up")

    return RunnableLambda(run, afunc=arun, name=name)


def _noted(state: State, update: Any) -> Any:
    """See that what came of proposals is among the `attempts`, whoever worked on them."""
    if not isinstance(update, Mapping) or update.get("attempts"):
        return update
    tried = attempts_in(update, state.get("candidates") or ())
    return {**update, "attempts": tried} if tried else update


def _void(policy: Policy, state: State, error: Exception) -> Mapping[str, Any]:
    assignment: Assignment = state.get("assignment") or Assignment(index=0, kind="first")
    is_first = assignment.kind == "first" and not state.get("candidates")
    # Its siblings may have more luck; after they had none, the next first answer goes out alone.
    is_alone = is_first and (bool(state.get("void")) or len(first(cast(TeamState, state), policy)) == 1)
    is_setup = isinstance(error, ModelError) and not isinstance(
        error, ModelCallError | ModelAnswerError | ContextOverflow
    )
    if is_alone or is_setup:
        raise error
    speaks_for_itself = isinstance(error, ModelError | RoleTimeoutError)
    problem = str(error) if speaks_for_itself else f"The coder failed: {type(error).__name__}: {error}"
    void = VoidProposal(index=assignment.index, origin=assignment.kind, problem=problem, failed=True)
    emit(node_runtime(), "coder", "void", index=assignment.index, answer=void)
    return {"void": [void], **seconds_of(state, error)}


def _untested(state: State, error: Exception) -> Mapping[str, Any]:
    worked = any(report.infrastructure is None for report in (state.get("reports") or {}).values())
    is_lost = isinstance(error, SandboxError) and (worked or may_pass(error))
    if not isinstance(error, RoleTimeoutError) and not is_lost:
        raise error
    if state.get("inputs") is None:
        return {"inputs": [], **seconds_of(state, error)}
    reports = {one.index: untestable(one, str(error), sandbox="none") for one in untested(cast(TeamState, state))}
    for index, report in reports.items():
        emit(node_runtime(), "tester", "report", index=index, report=report)
    return {"reports": reports, **seconds_of(state, error)}


def _not_reviewed(state: State, error: Exception) -> Mapping[str, Any]:
    if not isinstance(error, RoleTimeoutError | SandboxError):
        raise error
    index: int = state["best"].index
    finding = Finding(kind="not_reviewed", message=f"The review could not be made: {error}")
    review = Review(candidate=index, findings=(finding,))
    emit(node_runtime(), "reviewer", "review", index=index, review=review)
    return {"reviews": {index: review}, **seconds_of(state, error)}


def may_pass(error: Exception) -> bool:
    """Whether another try may have more luck."""
    return isinstance(error, SandboxError) and not isinstance(error, NoSandboxError | UnknownSandboxError)


def seconds_of(state: State, error: Exception) -> dict[str, float]:
    """The time that a step took which hung; no node has counted it."""
    return {"seconds": (state.get("seconds") or 0.0) + error.seconds} if isinstance(error, RoleTimeoutError) else {}
