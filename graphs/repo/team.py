"""Wires the voices into a team that changes a repository. When they sing is the conductor's."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langgraph.cache.base import BaseCache
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.store.base import BaseStore
from langgraph.types import Checkpointer, Send

from motet.agents import TeamContext
from motet.agents.repo import (
    PatchAssignment,
    PatchCoderInput,
    PatchReviewerInput,
    RepoTesterInput,
    WholeSuiteInput,
    create_blocks_coder,
    create_function_coder,
    create_patch_agent,
    create_patch_reviewer,
    create_repo_baseline,
    create_repo_planner,
    create_repo_tester,
    create_reproducer,
    create_whole_suite,
)
from motet.graphs.afresh import begins_afresh
from motet.graphs.checked import Role
from motet.graphs.checkpointing import know_team_types
from motet.graphs.repo.conductor import (
    after_patch_review,
    leader,
    needs_review,
    needs_suite,
    next_patches,
    untested,
)
from motet.graphs.repo.failures import (
    resilient_baseline,
    resilient_patch_coder,
    resilient_patch_reviewer,
    resilient_repo_tester,
    resilient_whole_suite,
)
from motet.graphs.repo.finish import create_repo_finish
from motet.graphs.repo.policies import resolve_repo_policy
from motet.graphs.repo.policy import RepoPolicy
from motet.graphs.repo.state import RepoInput, RepoOutput, RepoState
from motet.graphs.roles import RoleOptions, make_role
from motet.models import resolve_model
from motet.tools.sandbox import Sandbox

RepoTeam = CompiledStateGraph[RepoState, TeamContext, RepoInput, RepoOutput]


def build_repo_team(
    *,
    model: str | BaseChatModel = "local",
    policy: str | RepoPolicy = "auto",
    sandbox: str | Sandbox = "auto",
    planner: Role | RoleOptions | None = None,
    coder: Role | RoleOptions | None = None,
    reviewer: Role | RoleOptions | None = None,
    keep_worktrees: bool = False,
) -> StateGraph[RepoState, TeamContext, RepoInput, RepoOutput]:
    """Wire a repository team, for graphs of your own; `create_repo_team` compiles it.

    Args:
        model: A chat model for every role, or a spec for `resolve_model`.
        policy: How much it tries: `auto`, a name, or a `RepoPolicy`.
        sandbox: Where tests run, or a spec for `resolve_sandbox`.
        planner: A planner of your own, or options for motet's.
        coder: A coder of your own, which reads `PatchCoderInput` and writes `candidates` or `void`; or options.
        reviewer: A reviewer of your own, or options for motet's.
        keep_worktrees: Whether the candidates' worktrees stay when a run has ended.
    """
    chat = resolve_model(model)
    numbers = resolve_repo_policy(policy, chat)
    seconds = numbers.role_seconds
    plans = make_role(planner, create_repo_planner, model=chat, widen=numbers.widen)
    reproduces = create_reproducer(
        model=chat, count=numbers.reproductions, temperature=numbers.temperature, timeout=seconds
    )
    measures = create_repo_baseline(
        sandbox=sandbox, test_files=numbers.test_files, suite_seconds=numbers.run_seconds, timeout=seconds
    )
    tests = create_repo_tester(
        sandbox=sandbox,
        run_seconds=numbers.run_seconds,
        affected_seconds=numbers.affected_seconds,
        timeout=seconds,
    )
    concludes = create_whole_suite(sandbox=sandbox, suite_seconds=numbers.suite_seconds, timeout=seconds)
    looks = make_role(
        reviewer, create_patch_reviewer, model=chat, sandbox=sandbox, comment=numbers.comment, timeout=seconds
    )

    def write_or_look(state: RepoState) -> list[Send | str] | str:
        wanted = next_patches(state, numbers)
        return _sends(state, wanted) if wanted else _look(state)

    def after_tester(state: RepoState) -> list[Send | str] | str:
        return "tester" if untested(state) else write_or_look(state)

    def after_reviewer(state: RepoState) -> list[Send | str] | str:
        if needs_review(state):
            return _look(state)  # what was reviewed is blocked, and another patch has taken its place
        wanted = after_patch_review(state, numbers)
        return _sends(state, wanted) if wanted else _look(state)

    graph = StateGraph(RepoState, context_schema=TeamContext, input_schema=RepoInput, output_schema=RepoOutput)
    graph.add_node("planner", begins_afresh(plans, state_schema=RepoState, input_schema=RepoInput))
    graph.add_node("reproducer", reproduces)
    graph.add_node("baseline", resilient_baseline(measures))
    graph.add_node("coder", resilient_patch_coder(_coder(coder, chat, sandbox, numbers)), input_schema=PatchCoderInput)
    graph.add_node("tester", resilient_repo_tester(tests), input_schema=RepoTesterInput)
    graph.add_node("whole_suite", resilient_whole_suite(concludes), input_schema=WholeSuiteInput)
    graph.add_node("reviewer", resilient_patch_reviewer(looks), input_schema=PatchReviewerInput)
    graph.add_node("finish", create_repo_finish(keep=keep_worktrees))
    endings = ["coder", "reviewer", "whole_suite", "finish"]
    graph.add_edge(START, "planner")
    graph.add_conditional_edges(
        "planner", lambda state: "finish" if state.get("stopped") else "reproducer", ["reproducer", "finish"]
    )
    graph.add_edge("reproducer", "baseline")
    graph.add_conditional_edges("baseline", write_or_look, endings)
    graph.add_edge("coder", "tester")
    graph.add_conditional_edges("tester", after_tester, ["tester", *endings])
    graph.add_conditional_edges("whole_suite", write_or_look, endings)
    graph.add_conditional_edges("reviewer", after_reviewer, endings)
    return graph


def create_repo_team(
    *,
    model: str | BaseChatModel = "local",
    policy: str | RepoPolicy = "auto",
    sandbox: str | Sandbox = "auto",
    planner: Role | RoleOptions | None = None,
    coder: Role | RoleOptions | None = None,
    reviewer: Role | RoleOptions | None = None,
    keep_worktrees: bool = False,
    checkpointer: Checkpointer = None,
    store: BaseStore | None = None,
    cache: BaseCache | None = None,
    name: str = "repo_team",
) -> RepoTeam:
    """Make a team that turns an issue into a tested patch.

    Example:
        ```python
        team = create_repo_team()  # the embedded model, the best sandbox of this machine
        result = team.invoke({"repository": "path/to/project", "issue": "slugify drops the last letter ..."})
        print(result["verdict"], result["patch"])
        ```

    Args:
        model: See `build_repo_team`, as for the others up to `keep_worktrees`.
        policy: See `build_repo_team`.
        sandbox: See `build_repo_team`.
        planner: See `build_repo_team`.
        coder: See `build_repo_team`.
        reviewer: See `build_repo_team`.
        keep_worktrees: See `build_repo_team`.
        checkpointer: Any LangGraph checkpointer; `team.invoke(None, config)` then goes on with an interrupted run.
        store: Any LangGraph store; nodes of your own find it in their runtime.
        cache: Any LangGraph cache.
        name: The graph's name.

    Returns:
        A compiled graph, a Runnable from `RepoInput` to `RepoOutput`, sync and async. The repository itself is never
        written: `motet.tools.git.apply_patch` does that where you want it.
    """
    graph = build_repo_team(
        model=model,
        policy=policy,
        sandbox=sandbox,
        planner=planner,
        coder=coder,
        reviewer=reviewer,
        keep_worktrees=keep_worktrees,
    )
    return graph.compile(checkpointer=know_team_types(checkpointer, graph), store=store, cache=cache, name=name)


def _coder(given: Role | RoleOptions | None, chat: BaseChatModel, sandbox: str | Sandbox, policy: RepoPolicy) -> Role:
    common: dict[str, Any] = {"model": chat, "timeout": policy.role_seconds}
    if policy.edit == "agent":
        return make_role(given, create_patch_agent, sandbox=sandbox, rounds=policy.rounds, **common)
    if policy.edit == "blocks":
        return make_role(given, create_blocks_coder, context_characters=policy.context_characters, **common)
    return make_role(given, create_function_coder, **common)


def _sends(state: RepoState, assignments: Sequence[PatchAssignment]) -> list[Send | str]:
    return [Send("coder", {**state, "assignment": assignment}) for assignment in assignments]


def _look(state: RepoState) -> list[Send | str] | str:
    """To the last checks of the best patch, if there are any left: the whole suite, then the review."""
    best = leader(state)
    if best is None or (state.get("stopped") and not needs_review(state)):
        return "finish"
    whole = cast("Mapping[str, Any]", {**state, "best": best})
    if needs_suite(state):
        return [Send("whole_suite", whole)]
    return [Send("reviewer", whole)] if needs_review(state) else "finish"
