"""What becomes of a node that fails: a branch is void, a candidate untested, a review not made. The run goes on.

LangGraph gives a handler the input of the branch that failed, and lets its siblings finish. The edges of the failed
node are not followed then, so each handler says where to go on.
"""

from collections.abc import Callable, Mapping
from typing import Any

from langgraph.errors import NodeError
from langgraph.runtime import Runtime
from langgraph.types import Command, RetryPolicy

from motet.agents import Assignment, Finding, Review, TeamContext, VoidProposal
from motet.agents.node import RoleTimeoutError, emit
from motet.agents.session_work import untestable
from motet.graphs.conductor import first, untested
from motet.graphs.policy import Policy
from motet.graphs.state import TeamState
from motet.models import ContextOverflow, ModelAnswerError, ModelCallError, ModelError
from motet.tools.sandbox import NoSandboxError, SandboxError, UnknownSandboxError

Handler = Callable[..., Command[Any]]
Route = Callable[[TeamState], Any]


def sandbox_retries(policy: Policy) -> RetryPolicy:
    """Do a step again whose sandbox failed, where another session may do better."""
    return RetryPolicy(max_attempts=policy.sandbox_tries, retry_on=_may_pass)


def coder_failed(policy: Policy) -> Handler:
    """Make what a coder's branch leads to that failed or hung: its proposal is void.

    A mistake in the set-up is no matter of one branch, and where the only first answer fails there is nothing to go on
    with: those errors end the run.
    """

    def handler(state: TeamState, error: NodeError, runtime: Runtime[TeamContext]) -> Command[Any]:
        problem = error.error
        assignment: Assignment = state.get("assignment") or Assignment(index=0, kind="first")  # type: ignore[typeddict]
        is_alone = assignment.kind == "first" and not state.get("candidates") and len(first(state, policy)) == 1
        if is_alone or not _is_of_this_branch(problem):
            raise problem
        words = str(problem) if isinstance(problem, ModelError | RoleTimeoutError) else _in_words(problem)
        void = VoidProposal(index=assignment.index, origin=assignment.kind, problem=words, failed=True)
        emit(runtime, "coder", "void", index=assignment.index, answer=void)
        return Command(update={"void": [void], **_seconds(state, problem)}, goto="tester")

    return handler


def tester_failed() -> Handler:
    """Make what a tester leads to that hung or lost its sandbox: candidates that could not be run."""

    def handler(state: TeamState, error: NodeError, runtime: Runtime[TeamContext]) -> Command[Any]:
        problem = error.error
        worked = any(report.infrastructure is None for report in state.get("reports", {}).values())
        is_lost = isinstance(problem, SandboxError) and (worked or _may_pass(problem))
        if not isinstance(problem, RoleTimeoutError) and not is_lost:
            raise problem
        update: dict[str, Any] = _seconds(state, problem)
        if state.get("inputs") is None:
            return Command(update={**update, "inputs": []}, goto="tester")
        reports = {one.index: untestable(one, str(problem), sandbox="none") for one in untested(state)}
        for index, report in reports.items():
            emit(runtime, "tester", "report", index=index, report=report)
        return Command(update={**update, "reports": reports}, goto="tester")

    return handler


def reviewer_failed(then: Route) -> Handler:
    """Make what a reviewer leads to that hung or lost its sandbox: a review that was not made, which proves nothing."""

    def handler(state: TeamState, error: NodeError, runtime: Runtime[TeamContext]) -> Command[Any]:
        problem = error.error
        if not isinstance(problem, RoleTimeoutError | SandboxError):
            raise problem
        index: int = state["best"].index  # type: ignore[typeddict-item]
        finding = Finding(kind="not_reviewed", message=f"The review could not be made: {problem}")
        review = Review(candidate=index, findings=(finding,))
        emit(runtime, "reviewer", "review", index=index, review=review)
        update = {"reviews": {index: review}, **_seconds(state, problem)}
        after: Any = {**state, "reviews": {**state.get("reviews", {}), index: review}}
        return Command(update=update, goto=then(after))

    return handler


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, SandboxError) and not isinstance(error, NoSandboxError | UnknownSandboxError)


def _is_of_this_branch(error: BaseException) -> bool:
    if isinstance(error, ModelError):
        return isinstance(error, ModelCallError | ModelAnswerError | ContextOverflow)
    return isinstance(error, Exception)


def _in_words(error: BaseException) -> str:
    return f"The coder failed: {type(error).__name__}: {error}"


def _seconds(state: Mapping[str, Any], error: BaseException) -> dict[str, float]:
    """The time that a step took which hung; no node has counted it."""
    return {"seconds": (state.get("seconds") or 0.0) + error.seconds} if isinstance(error, RoleTimeoutError) else {}
