"""Wires the four voices into a graph. What they do is theirs; when they do it is the conductor's."""

from collections.abc import Collection, Mapping, Sequence

from langchain_core.language_models import BaseChatModel
from langgraph.cache.base import BaseCache
from langgraph.graph import StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.store.base import BaseStore
from langgraph.types import Checkpointer, Send

from motet.agents import (
    Approvable,
    Assignment,
    TeamContext,
    create_plan_writer,
    create_planner,
    create_reviewer,
    create_tester,
)
from motet.agents.context import MemorySpec
from motet.agents.proposal import CoderInput
from motet.agents.reviewer import ReviewerInput
from motet.agents.tester import TesterInput
from motet.graphs.afresh import begins_afresh
from motet.graphs.answers import last_word
from motet.graphs.approvals import Approvals, TeamGraph
from motet.graphs.auto_policy import resolve_policy
from motet.graphs.checked import Role, checked_reviewer, checked_tester
from motet.graphs.checkpointing import know_team_types
from motet.graphs.conductor import after_review, after_test, first, sandbox_works, standing, untested
from motet.graphs.failures import resilient_coder, resilient_reviewer, resilient_tester
from motet.graphs.finish import create_finish
from motet.graphs.own_keys import read_whole_state, with_own_keys
from motet.graphs.policy import Policy
from motet.graphs.remembering import Remembering
from motet.graphs.roles import CoderOptions, ReviewerOptions, RoleOptions, make_coder, make_role
from motet.graphs.state import TeamInput, TeamOutput, TeamState
from motet.models import resolve_model
from motet.tools.sandbox import Sandbox

Team = CompiledStateGraph[TeamState, TeamContext, TeamInput, TeamOutput]


def build_team(
    *,
    model: str | BaseChatModel = "local",
    policy: str | Policy = "auto",
    sandbox: str | Sandbox = "auto",
    planner: Role | RoleOptions | None = None,
    coder: Role | CoderOptions | None = None,
    tester: Role | RoleOptions | None = None,
    reviewer: Role | ReviewerOptions | None = None,
    approve: Approvable | Collection[Approvable] = (),
    memory: MemorySpec | None = None,
    state_schema: type[TeamState] = TeamState,
) -> TeamGraph:
    """Wire a team, without compiling it: for graphs that want another node or edge.

    Nothing heavy happens here: the model is loaded and the sandbox is probed when a run first needs them.

    Args:
        model: For every role that does not bring its own; a chat model or a spec for `motet.models.resolve_model`.
        policy: How much to try and what counts as proof: a policy, or a name for `resolve_policy`; `auto` chooses by
            the model.
        sandbox: Where code runs; a sandbox or a spec for `motet.tools.sandbox.resolve_sandbox`.
        planner: Stands in for the planner: any Runnable that reads and writes the same keys; or options for motet's
            own, such as `{"model": "openai:gpt-5", "system_prompt": "..."}`. So for the other roles.
        coder: See `planner`. It gets an `assignment` and answers it with `candidates`, `void` or `stopped`. Options
            with `tools`, `middleware` or `rounds` make it an agent.
        tester: See `planner`. It gets the `candidates` and answers with `reports` on those that have none; before that
            it may choose `inputs` in a step of its own.
        reviewer: See `planner`. Options may also have `comment`, `security` and `coverage`.
        approve: What a human is asked about on the way: `contract`, `plan`, `code`. The run waits in an interrupt that
            has a schema for the answer, and goes on with `Command(resume=answer)`; that takes a checkpointer.
        memory: What the team solved before, and where it keeps what it verifies: a `PatternMemory`, or a spec for
            `resolve_memory` (`local`, a folder, the URL of a Chroma server, `off`). Without one it remembers nothing.
        state_schema: A subclass of `TeamState` with keys of your own. They are part of input and output, roles and
            nodes of your own read and write them, and motet's leave them alone.

    Raises:
        ModelError: The spec names no model.
        ValueError: The policy is unknown, there is nothing to approve, or the state schema lacks keys.
    """
    chat = resolve_model(model)
    numbers = resolve_policy(policy, chat)
    planner_options = planner if isinstance(planner, Mapping) else None
    remembering = Remembering(memory, sandbox=sandbox, policy=numbers)
    approvals = Approvals(approve, numbers, own_planner=planner is not None and planner_options is None)

    def after_planner(state: TeamState) -> list[Send | str] | str:
        if state.get("stopped"):
            return "finish"
        return remembering.begin(begin)(state)

    def begin(state: TeamState) -> list[Send | str]:
        sends = _sends(state, first(state, numbers))
        return [*sends, "tester"] if numbers.parallel else sends

    def after_recall(state: TeamState) -> list[Send | str] | str:
        leader, _ = standing(state)
        if leader is None or leader.index not in state.get("reports", {}):
            return begin(state)
        return _to_reviewer(state) or approvals.end(state)

    def after_tester(state: TeamState) -> list[Send | str] | str:
        if untested(state):
            return "tester"  # it has chosen inputs, or has more to run
        if not any(state.get(key) for key in ("candidates", "void", "stopped")):
            return []  # the coder is still writing, and its edge leads back here
        wanted = after_test(state, numbers)
        return _sends(state, wanted) if wanted else _to_reviewer(state) or approvals.end(state)

    def after_reviewer(state: TeamState) -> list[Send | str] | str:
        leader, _ = standing(state)
        is_new = leader is not None and leader.index not in state.get("reviews", {})
        if is_new and (again := _to_reviewer(state)):
            return again  # what was reviewed is blocked, and another answer has taken its place
        wanted = after_review(state, numbers)
        return _sends(state, wanted) if wanted else approvals.end(state)

    given, back = (TeamInput, TeamOutput) if state_schema is TeamState else with_own_keys(state_schema)
    graph = StateGraph(state_schema, context_schema=TeamContext, input_schema=given, output_schema=back)
    plans_again = make_role(planner_options, create_plan_writer, model=chat)
    plans = make_role(planner, create_planner, model=chat, plan=numbers.plan and not approvals.writes_plan)
    writes = make_coder(coder, model=chat, sandbox=sandbox, policy=numbers)
    runs = make_role(
        tester,
        create_tester,
        check=checked_tester,
        model=chat,
        sandbox=sandbox,
        inputs=numbers.inputs,
        model_inputs=numbers.model_inputs,
        diagnose=numbers.diagnose != "never",
        sandbox_tries=numbers.sandbox_tries,
        timeout=numbers.role_seconds,
    )
    looks = make_role(
        reviewer,
        create_reviewer,
        check=checked_reviewer,
        model=chat,
        sandbox=sandbox,
        comment=numbers.comment,
        recount=numbers.recount,
        timeout=numbers.role_seconds,
    )
    graph.add_node("planner", begins_afresh(plans))
    graph.add_node("coder", resilient_coder(writes, numbers), input_schema=CoderInput)
    # A tester of the user's own reads the whole state; the coder and the reviewer are handed it.
    reads = TesterInput if tester is None or isinstance(tester, Mapping) else state_schema
    graph.add_node("tester", resilient_tester(runs, numbers), input_schema=reads)
    graph.add_node("reviewer", resilient_reviewer(looks, numbers), input_schema=ReviewerInput)
    graph.add_node("finish", create_finish(numbers))
    beginnings = ["coder", "tester", "finish"]
    approvals.add_start(graph, after_planner, beginnings=remembering.first(beginnings), plan_writer=plans_again)
    graph.add_edge("coder", "tester")
    graph.add_conditional_edges("tester", after_tester, ["tester", "coder", "reviewer", *approvals.endings])
    graph.add_conditional_edges("reviewer", after_reviewer, ["coder", "reviewer", *approvals.endings])
    approvals.add_end(graph)
    remembering.add(graph, after_recall, beginnings=beginnings, endings=approvals.endings)
    read_whole_state(graph, state_schema)
    return graph


def create_team(
    *,
    model: str | BaseChatModel = "local",
    policy: str | Policy = "auto",
    sandbox: str | Sandbox = "auto",
    planner: Role | RoleOptions | None = None,
    coder: Role | CoderOptions | None = None,
    tester: Role | RoleOptions | None = None,
    reviewer: Role | ReviewerOptions | None = None,
    approve: Approvable | Collection[Approvable] = (),
    memory: MemorySpec | None = None,
    state_schema: type[TeamState] = TeamState,
    checkpointer: Checkpointer = None,
    store: BaseStore | None = None,
    cache: BaseCache | None = None,
    name: str = "team",
) -> Team:
    """Make a team that solves one programming task a run.

    Example:
        ```python
        team = create_team()  # the embedded model, the best sandbox of this machine
        result = team.invoke({"task": "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."})
        print(result["verdict"], result["code"])
        ```

    Args:
        model: See `build_team`, as for `policy`, `sandbox` and the roles.
        policy: See `build_team`.
        sandbox: See `build_team`.
        planner: See `build_team`.
        coder: See `build_team`.
        tester: See `build_team`.
        reviewer: See `build_team`.
        approve: See `build_team`.
        memory: See `build_team`.
        state_schema: See `build_team`.
        checkpointer: Any LangGraph checkpointer; `team.invoke(None, config)` then goes on with an interrupted run.
        store: Any LangGraph store; nodes of your own find it in their runtime.
        cache: Any LangGraph cache.
        name: The graph's name.

    Returns:
        A compiled graph, a Runnable from `TeamInput` to `TeamOutput`, sync and async. Give a `TeamContext` as
        `context=` to change model, sandbox, budget or seed for one run.
    """
    graph = build_team(
        model=model,
        policy=policy,
        sandbox=sandbox,
        planner=planner,
        coder=coder,
        tester=tester,
        reviewer=reviewer,
        approve=approve,
        memory=memory,
        state_schema=state_schema,
    )
    return graph.compile(checkpointer=know_team_types(checkpointer, graph), store=store, cache=cache, name=name)


def _sends(state: TeamState, assignments: Sequence[Assignment]) -> list[Send | str]:
    return [Send("coder", {**state, "assignment": assignment}) for assignment in assignments]


def _to_reviewer(state: TeamState) -> list[Send | str] | None:
    """To the reviewer, if there is anything for it to see."""
    leader, aside = standing(state)
    if leader is None or not sandbox_works(state):
        return None
    if last_word(state) and leader.index in state.get("reviews", {}):
        return None  # nothing came of what the human wanted, and this was seen before
    return [Send("reviewer", {**state, "best": leader, "set_aside": sorted(aside)})]
