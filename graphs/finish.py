"""The last step of every run: the best so far, with its evidence and an honest verdict."""

from langgraph.runtime import Runtime

from motet.agents import TeamContext
from motet.agents.node import Node, emit, ledger_for, role_node
from motet.graphs.answers import rejection
from motet.graphs.conductor import standing
from motet.graphs.policy import Policy
from motet.graphs.progress import why_no_more
from motet.graphs.state import TeamOutput, TeamState, TeamUsage
from motet.graphs.verdict import judge
from motet.models import Usage


def create_finish(policy: Policy) -> Node:
    """Make the node that ends a team's run."""

    async def finish(state: TeamState, runtime: Runtime[TeamContext]) -> TeamOutput:
        leader, aside = standing(state)
        verdict, evidence = judge(
            leader,
            state.get("candidates", []),
            state.get("reports", {}),
            contract=state["contract"],
            review=state.get("reviews", {}).get(leader.index) if leader else None,
            policy=policy,
            aside=aside,
        )
        halted = why_no_more(state, policy)
        if halted and verdict != "verified":
            evidence = evidence.model_copy(update={"reason": f"{evidence.reason} {halted}"})
        refused = rejection(state)
        if refused is not None:
            verdict, evidence = "unverified", evidence.model_copy(update={"reason": refused})
        calls = ledger_for(state, runtime).records
        spent = Usage.of(calls)
        output: TeamOutput = {
            "verdict": verdict,
            "code": leader.code if leader else "",
            "evidence": evidence,
            "usage": TeamUsage(
                tokens=spent.tokens,
                calls=spent.calls,
                seconds=state.get("seconds", 0.0),
                cost=spent.cost,
                by_role=Usage.by_role(calls),
                by_model=Usage.by_model(calls),
                stopped=state.get("stopped") or None,
            ),
        }
        emit(runtime, "finish", "verdict", verdict=verdict, evidence=evidence)
        return output

    return role_node(finish, name="finish")
