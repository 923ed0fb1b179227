"""Puts humans into a team's graph: nodes that ask, and the ways that lead on from the answers."""

from collections.abc import Callable, Collection
from typing import Any, get_args

from langgraph.config import get_config
from langgraph.graph import START, StateGraph
from langgraph.types import Send

from motet.agents import (
    Approvable,
    Reject,
    ShownCode,
    TeamContext,
    create_code_approval,
    create_contract_approval,
    create_plan_approval,
)
from motet.agents.approval import CodeApprovalInput, ContractApprovalInput, PlanApprovalInput
from motet.agents.plan_writer import PlanWriterInput
from motet.graphs.answers import disappointment, feedback, is_settled, last_word
from motet.graphs.checked import Role
from motet.graphs.conductor import after_rejection, standing
from motet.graphs.policy import Policy
from motet.graphs.state import TeamInput, TeamOutput, TeamState
from motet.graphs.verdict import judge

TeamGraph = StateGraph[TeamState, TeamContext, TeamInput, TeamOutput]
Route = Callable[[TeamState], Any]
"""Where a run goes next: a node's name, or `Send`s."""
CHECKPOINTER_KEY = "__pregel_checkpointer"
"""Where LangGraph tells nodes of the checkpointer, be it the graph's own, a parent's or a server's."""


class MissingCheckpointerError(ValueError):
    """A team that asks a human cannot keep its state while it waits."""


def read_approve(approve: str | Collection[str]) -> tuple[Approvable, ...]:
    """See that everything that is to be approved can be, and put it into the order in which it is asked about.

    Raises:
        ValueError: Something else is named.
    """
    wanted = {approve} if isinstance(approve, str) else set(approve)
    known = get_args(Approvable)
    unknown = sorted(str(one) for one in wanted.difference(known))
    if unknown:
        raise ValueError(f"Nobody can approve {', '.join(unknown)}; there are {', '.join(known)}.")
    return tuple(one for one in known if one in wanted)


class Approvals:
    """The part of a team's wiring that has to do with humans. Where nobody is asked it adds nothing.

    Args:
        approve: What a human is asked about.
        policy: The team's.
        own_planner: Whether the user brought a planner; it then decides whether there is a plan.

    Raises:
        ValueError: There is nothing to approve.
    """

    def __init__(
        self, approve: Approvable | Collection[Approvable], policy: Policy, *, own_planner: bool = False
    ) -> None:
        self.asked = read_approve(approve)
        self._policy = policy
        if "plan" in self.asked and not policy.plan and not own_planner:
            raise ValueError(
                f"There is no plan to approve: the policy {policy.name!r} writes none, since plans lower the accuracy"
                " of small models. Leave `plan` out of `approve`, or give a policy with `plan=True`, such as '32b'."
            )
        # A plan is written only once its contract is approved, so that nobody pays for one that is thrown away.
        self.writes_plan = policy.plan and not own_planner and self.asked[:1] not in ((), ("code",))

    @property
    def endings(self) -> list[str]:
        """The nodes that `end` leads to."""
        return ["approve_code", "finish"] if "code" in self.asked else ["finish"]

    def end(self, state: TeamState) -> list[Send | str] | str:
        """Where a run goes that has done what it can: to a human who is to see the code, or to its end."""
        leader, aside = standing(state)
        if "code" not in self.asked or leader is None or is_settled(state, leader):
            return "finish"
        verdict, evidence = judge(
            leader,
            state.get("candidates", []),
            state.get("reports", {}),
            contract=state["contract"],
            review=state.get("reviews", {}).get(leader.index),
            policy=self._policy,
            aside=aside,
        )
        shown = ShownCode(
            candidate=leader,
            verdict=verdict,
            evidence=evidence.model_dump(mode="json"),
            problem=disappointment(state),
        )
        return [Send("approve_code", {**state, "shown": shown})]

    def add_start(self, graph: TeamGraph, begin: Route, *, beginnings: Collection[str], plan_writer: Role) -> None:
        """Wire everything up to the first answer.

        Args:
            graph: It has its `planner` already.
            begin: From the planner on, where nobody is asked.
            beginnings: The nodes that `begin` leads to.
            plan_writer: Writes a plan once its contract is approved, and another for one that is not.
        """
        if not self.asked:
            graph.add_edge(START, "planner")
        else:
            graph.add_conditional_edges(START, _need_checkpointer, ["planner"])

        def to_plan_approval(state: TeamState) -> Any:
            asks = "plan" in self.asked and state.get("plan") is not None and not state.get("stopped")
            return "approve_plan" if asks else begin(state)

        def to_plan(state: TeamState) -> Any:
            return "write_plan" if self.writes_plan and not state.get("stopped") else to_plan_approval(state)

        def after_contract_approval(state: TeamState) -> Any:
            return _on(state, again="approve_contract", go_on=to_plan)

        def after_plan_approval(state: TeamState) -> Any:
            return _on(state, again="write_plan", go_on=begin)

        plan_ends = [*beginnings, *(["approve_plan"] if "plan" in self.asked else [])]
        writer = ["write_plan"] if self.writes_plan or "plan" in self.asked else []
        if writer:
            graph.add_node("write_plan", plan_writer, input_schema=PlanWriterInput)
            graph.add_conditional_edges("write_plan", to_plan_approval, plan_ends)
        if "plan" in self.asked:
            graph.add_node("approve_plan", create_plan_approval(), input_schema=PlanApprovalInput)
            graph.add_conditional_edges("approve_plan", after_plan_approval, [*beginnings, "write_plan"])
        if "contract" not in self.asked:
            graph.add_conditional_edges("planner", to_plan, [*plan_ends, *(writer if self.writes_plan else [])])
            return
        graph.add_node("approve_contract", create_contract_approval(), input_schema=ContractApprovalInput)
        graph.add_conditional_edges("planner", _to_contract_approval, ["approve_contract", "finish"])
        targets = ["approve_contract", *plan_ends, *(writer if self.writes_plan else [])]
        graph.add_conditional_edges("approve_contract", after_contract_approval, targets)

    def add_end(self, graph: TeamGraph) -> None:
        """Wire what comes after the code is shown. The graph has its other nodes already."""
        if "code" not in self.asked:
            return

        def after_code_approval(state: TeamState) -> Any:
            wanted = after_rejection(state, self._policy)
            if wanted:
                return [Send("coder", {**state, "assignment": assignment}) for assignment in wanted]
            word = last_word(state)
            return "finish" if word is None or isinstance(word.answer, Reject) else "tester"

        graph.add_node("approve_code", create_code_approval(), input_schema=CodeApprovalInput)
        graph.add_conditional_edges("approve_code", after_code_approval, ["coder", "tester", "finish"])


def _to_contract_approval(state: TeamState) -> str:
    return "finish" if state.get("stopped") else "approve_contract"


def _on(state: TeamState, *, again: str, go_on: Route) -> Any:
    """From an answer: on, once more, or to the end."""
    if not isinstance(state["decisions"][-1].answer, Reject):
        return go_on(state)
    return again if feedback(state) else "finish"


def _need_checkpointer(state: TeamState) -> str:
    # Where a later LangGraph tells of it in another way, the question is not asked.
    if not get_config().get("configurable", {}).get(CHECKPOINTER_KEY, True):
        raise MissingCheckpointerError(
            "This team asks a human, and nothing keeps its state while it waits. Give it a checkpointer, such as"
            " create_team(approve=..., checkpointer=langgraph.checkpoint.memory.InMemorySaver()), or SqliteSaver from"
            " langgraph-checkpoint-sqlite where the answer may come after this process has ended."
        )
    return "planner"
