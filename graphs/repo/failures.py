"""What becomes of a role that fails in a repository: a patch is void, not run, or not reviewed. The run goes on."""

from collections.abc import Mapping
from typing import Any, cast

from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda

from motet.agents import VoidProposal
from motet.agents.node import RoleTimeoutError, emit, node_runtime
from motet.agents.repo import PatchAssignment, PatchReport, PatchReview
from motet.graphs.checked import Role, checked_coder
from motet.graphs.failures import State, may_pass, resilient, seconds_of
from motet.graphs.repo.conductor import untested
from motet.graphs.repo.state import RepoState
from motet.models import ContextOverflow, ModelAnswerError, ModelCallError, ModelError

TRIES = 2
"""How often a step is begun whose sandbox was lost."""


def resilient_patch_coder(coder: Role) -> Role:
    """Make the patch void where a branch fails or hangs.

    A mistake in the set-up is no matter of one branch, and where nothing at all was answered there is nothing to go on
    with: those errors end the run, and a run that is resumed tries again.
    """
    return resilient(checked_coder(coder), "coder", _void)


def resilient_baseline(baseline: Role) -> Role:
    """Begin once more where the sandbox is lost: without a baseline nothing can be judged."""
    return resilient(baseline, "baseline", _raised, tries=TRIES)


def resilient_repo_tester(tester: Role) -> Role:
    """Give up patches that cannot be run, where the tester hangs or its sandbox is lost."""
    return resilient(tester, "tester", _untested, tries=TRIES)


def resilient_whole_suite(suite: Role) -> Role:
    """Do without the whole suite where it hangs or its sandbox is lost; what was run before still counts."""
    return resilient(suite, "whole_suite", _not_concluded, tries=TRIES)


def resilient_patch_reviewer(reviewer: Role) -> Role:
    """Do without the review, which then proves nothing, where the reviewer hangs, loses its sandbox or says nothing."""
    return resilient(_speaking(reviewer), "reviewer", _not_reviewed, tries=TRIES)


def _void(state: State, error: Exception) -> Mapping[str, Any]:
    assignment: PatchAssignment = state["assignment"]
    answered = state.get("candidates") or any(not one.failed for one in state.get("void") or ())
    is_setup = isinstance(error, ModelError) and not isinstance(
        error, ModelCallError | ModelAnswerError | ContextOverflow
    )
    if is_setup or not (answered or assignment.siblings):
        raise error
    speaks_for_itself = isinstance(error, ModelError | RoleTimeoutError)
    problem = str(error) if speaks_for_itself else f"The coder failed: {type(error).__name__}: {error}"
    void = VoidProposal(index=assignment.index, origin=assignment.kind, problem=problem, failed=True)
    emit(node_runtime(), "coder", "void", index=assignment.index, answer=void)
    return {"void": [void], **seconds_of(state, error)}


def _raised(state: State, error: Exception) -> Mapping[str, Any]:
    raise error


def _untested(state: State, error: Exception) -> Mapping[str, Any]:
    _pass_on(error)
    lost = {
        one.index: PatchReport(candidate=one.index, infrastructure=str(error))
        for one in untested(cast(RepoState, state))
    }
    for index, report in lost.items():
        emit(node_runtime(), "tester", "patch_report", index=index, report=report)
    return {"reports": lost, **seconds_of(state, error)}


def _not_concluded(state: State, error: Exception) -> Mapping[str, Any]:
    _pass_on(error)
    report: PatchReport = state["reports"][state["best"].index]
    notes = (*report.notes, f"The whole suite could not be run: {error}")
    kept = report.model_copy(update={"concluded": True, "notes": notes})
    emit(node_runtime(), "tester", "patch_report", index=kept.candidate, report=kept)
    return {"reports": {kept.candidate: kept}, **seconds_of(state, error)}


def _not_reviewed(state: State, error: Exception) -> Mapping[str, Any]:
    _pass_on(error)
    index: int = state["best"].index
    review = PatchReview(candidate=index, problems=(f"it could not be made: {error}",))
    emit(node_runtime(), "reviewer", "patch_review", index=index, review=review)
    return {"reviews": {index: review}, **seconds_of(state, error)}


def _pass_on(error: Exception) -> None:
    """Raise what is no matter of one step."""
    if not isinstance(error, RoleTimeoutError) and not may_pass(error):
        raise error


def _speaking(reviewer: Role) -> Runnable[Any, Any]:
    """See that a reviewer says something on the patch that it was shown: it would be asked for ever."""

    def check(state: State, update: Any) -> Any:
        reviews = (update.get("reviews") or {}) if isinstance(update, Mapping) else {}
        index = state["best"].index
        if index in reviews:
            return update
        silent = PatchReview(candidate=index, problems=("the reviewer said nothing on it",))
        return {**(update or {}), "reviews": {**reviews, index: silent}}

    def run(state: State, config: RunnableConfig) -> Any:
        return check(state, reviewer.invoke(state, config))

    async def arun(state: State, config: RunnableConfig) -> Any:
        return check(state, await reviewer.ainvoke(state, config))

    return RunnableLambda(run, afunc=arun, name="reviewer")
