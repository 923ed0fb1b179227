"""What runs spend: limits of the whole and of single roles, time, branches, and what was spent before."""

import asyncio
import time
from typing import Any

import pytest
from langchain_core.messages import BaseMessage
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

from motet.agents import TeamContext, create_coder, create_planner
from motet.agents.node import ledger_for, role_node
from motet.graphs import SMALL, TeamState, create_team
from motet.models import (
    BudgetExhausted,
    BudgetLimits,
    CallRecord,
    Ledger,
    Prices,
    ScriptedChatModel,
    UnpricedModelError,
)

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
RIGHT_TOO = "```python\ndef add(a, b):\n    return sum((a, b))\n```"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```"
PRICES = Prices.model_validate({"paid": {"input": 1_000_000, "output": 2_000_000}})
"""Dollars for a single token, which is easier to read."""


@pytest.mark.bubblewrap
def test_a_run_that_lies_still_takes_no_time() -> None:
    team = create_team(
        model=ScriptedChatModel([RIGHT] * 4), policy="small", sandbox="bubblewrap", checkpointer=InMemorySaver()
    )
    thread = {"configurable": {"thread_id": "1"}}
    began = time.monotonic()
    team.invoke({"task": TASK}, thread, interrupt_before=["tester"])
    worked = time.monotonic() - began
    time.sleep(0.5)
    began = time.monotonic()
    result = team.invoke(None, thread)
    worked += time.monotonic() - began
    assert 0 < result["usage"].seconds <= worked


def test_the_time_that_a_run_took_before_counts_against_its_limit() -> None:
    model = ScriptedChatModel([RIGHT])
    team = create_team(model=model, policy="small", checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "1"}}
    context = TeamContext(limits=BudgetLimits(max_seconds=100))
    team.invoke({"task": TASK}, thread, context=context, interrupt_before=["coder"])
    team.update_state(thread, {"seconds": 200.0})
    result = team.invoke(None, thread, context=context)
    assert model.asked == []
    assert "max_seconds" in result["evidence"].reason
    assert result["usage"].seconds >= 200


def test_roles_that_work_at_once_count_every_call_and_their_time_once() -> None:
    graph = StateGraph(TeamState, context_schema=TeamContext)
    graph.add_node("planner", create_planner())
    graph.add_node("alto", create_coder(model=ScriptedChatModel([RIGHT] * 2), name="alto"))
    graph.add_node("tenor", create_coder(model=ScriptedChatModel([RIGHT] * 2), name="tenor"))
    graph.add_edge(START, "planner").add_edge("planner", "alto").add_edge("planner", "tenor")
    graph.add_edge("alto", END).add_edge("tenor", END)
    compiled = graph.compile()
    began = time.monotonic()
    state = compiled.invoke({"task": TASK, "seconds": 50.0})
    assert sorted(call.role for call in state["calls"]) == ["alto", "tenor"]
    assert 50 < state["seconds"] < 50 + time.monotonic() - began
    again = compiled.invoke({"task": TASK, "calls": [*state["calls"], *state["calls"]]})
    assert len(again["calls"]) == 4, "two of before, each once, and two new ones"


def small_team(*answers: Any, **more: Any) -> tuple[Any, ScriptedChatModel]:
    model = ScriptedChatModel(list(answers), name="paid")
    return create_team(model=model, policy=more.pop("policy", SMALL), sandbox="bubblewrap", **more), model


@pytest.mark.bubblewrap
@pytest.mark.parametrize("limit", ["max_calls", "max_tokens", "max_cost"])
@pytest.mark.parametrize("whose", ["run", "coder"])
def test_at_any_limit_of_the_run_or_the_role_the_best_so_far_is_delivered(limit: str, whose: str) -> None:
    team, _ = small_team(RIGHT)
    one = BudgetLimits(max_calls=1)
    used = team.invoke({"task": TASK}, context=TeamContext(limits=one, prices=PRICES))["usage"]
    enough = {"max_calls": 1, "max_tokens": used.tokens + 9, "max_cost": used.cost + 9}
    limits = BudgetLimits.model_validate({limit: enough[limit]})
    context = TeamContext(prices=PRICES, **({"limits": limits} if whose == "run" else {"role_limits": {whose: limits}}))
    team, model = small_team(RIGHT, RIGHT_TOO)
    result = team.invoke({"task": TASK}, context=context)
    assert len(model.asked) == 1
    assert (result["verdict"], result["code"]) == ("plausible", "def add(a, b):\n    return a + b\n")
    assert f"The budget of '{whose}' is used up: {limit} allows" in result["usage"].stopped
    assert result["usage"].stopped in result["evidence"].reason
    assert result["usage"].by_role["coder"].cost == result["usage"].cost == used.cost


@pytest.mark.bubblewrap
@pytest.mark.parametrize("whose", ["run", "coder"])
async def test_a_call_that_outlasts_the_time_ends_the_run_with_its_best_so_far(whose: str) -> None:
    async def never(messages: list[BaseMessage]) -> str:
        await asyncio.Event().wait()
        return "never"

    limits = BudgetLimits(max_seconds=3)
    team, _ = small_team(RIGHT, never)
    context = TeamContext(**({"limits": limits} if whose == "run" else {"role_limits": {whose: limits}}))
    result = await team.ainvoke({"task": TASK}, context=context)
    assert (result["verdict"], result["code"]) == ("plausible", "def add(a, b):\n    return a + b\n")
    assert f"'{whose}' is used up: max_seconds" in result["usage"].stopped


@pytest.mark.bubblewrap
def test_a_role_at_its_own_limit_asks_no_more_and_the_others_go_on() -> None:
    talkative = SMALL.model_copy(update={"plan": True, "comment": True})
    team, model = small_team(RIGHT, RIGHT_TOO, policy=talkative)
    nothing = BudgetLimits(max_tokens=1)
    context = TeamContext(role_limits={"planner": nothing, "tester": nothing, "reviewer": nothing})
    result = team.invoke({"task": "Write add(a, b), such that add(2, 3) == 5."}, context=context)
    assert [asked.role for asked in model.asked] == ["coder", "coder"]
    assert (result["verdict"], result["evidence"].agreeing) == ("plausible", 2)
    assert result["usage"].stopped is None


@pytest.mark.bubblewrap
@pytest.mark.parametrize("at_once", [None, 1])
async def test_branches_that_run_at_once_share_what_is_left(at_once: int | None) -> None:
    wide = SMALL.model_copy(update={"batch": 3})
    config = {"max_concurrency": at_once} if at_once else {}
    context = TeamContext(limits=BudgetLimits(max_calls=2))
    for is_async in (False, True):
        team, model = small_team(WRONG, RIGHT, policy=wide)
        asked = {"task": TASK}
        if is_async:
            result = await team.ainvoke(asked, config, context=context)
        else:
            result = await asyncio.to_thread(team.invoke, asked, config, context=context)
        assert len(model.asked) == result["usage"].calls == 2
        assert "return a + b" in result["code"]
        assert "max_calls" in result["usage"].stopped


@pytest.mark.bubblewrap
def test_one_budget_over_two_runs() -> None:
    night = Ledger(BudgetLimits(max_calls=3), name="night")
    team, model = small_team(RIGHT, RIGHT_TOO, RIGHT)
    first, second = (team.invoke({"task": TASK}, context=TeamContext(ledger=night)) for _ in range(2))
    assert (first["verdict"], first["usage"].calls) == ("verified", 2)
    assert (second["verdict"], second["usage"].calls) == ("plausible", 1)
    assert "'night'" in second["usage"].stopped
    assert night.usage.calls == len(model.asked) == 3


def test_money_is_limited_only_where_every_model_has_a_price_and_nothing_is_spent_before() -> None:
    model = ScriptedChatModel([RIGHT], name="paid")
    context = TeamContext(
        models={"tester": ChatOpenAI(model="gpt-5", api_key="none")}, limits=BudgetLimits(max_cost=1), prices=PRICES
    )
    with pytest.raises(UnpricedModelError, match=r"gpt-5 has no price.*Prices\.model_validate"):
        create_team(model=model, policy="small").invoke({"task": TASK}, context=context)
    assert model.asked == []


def test_what_a_node_that_failed_has_spent_is_not_forgotten_and_more_may_be_allowed_then() -> None:
    tries = []

    async def unlucky(state: Any, runtime: Any) -> dict[str, Any]:
        await ledger_for(state, runtime).ask(ScriptedChatModel(["yes"]), "?", role="unlucky")
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("something else went wrong")
        return {}

    graph = StateGraph(TeamState, context_schema=TeamContext)
    graph.add_node("planner", create_planner())
    graph.add_node("unlucky", role_node(unlucky, name="unlucky"))
    graph.add_edge(START, "planner").add_edge("planner", "unlucky").add_edge("unlucky", END)
    compiled = graph.compile(checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "1"}}
    context = TeamContext(limits=BudgetLimits(max_calls=1))
    with pytest.raises(RuntimeError):
        compiled.invoke({"task": TASK}, thread, context=context)
    with pytest.raises(BudgetExhausted, match="'run'"):
        compiled.invoke(None, thread, context=context)
    state = compiled.invoke(None, thread, context=TeamContext(limits=BudgetLimits(max_calls=2)))
    assert len(state["calls"]) == 2


def test_calls_that_another_process_recorded_count_against_the_limit() -> None:
    before = [CallRecord(role="coder", model="m", input_tokens=1, output_tokens=1, seconds=1) for _ in range(3)]
    model = ScriptedChatModel([RIGHT])
    graph = StateGraph(TeamState, context_schema=TeamContext)
    graph.add_node("planner", create_planner())
    graph.add_node("coder", create_coder(model=model))
    graph.add_edge(START, "planner").add_edge("planner", "coder").add_edge("coder", END)
    context = TeamContext(limits=BudgetLimits(max_calls=3))
    state = graph.compile().invoke({"task": TASK, "calls": before}, context=context)
    assert model.asked == []
    assert "max_calls allows 3" in state["stopped"]


@pytest.mark.parametrize("night", [None, Ledger(name="night")])
def test_a_run_inside_of_a_role_spends_from_that_role(night: Ledger | None) -> None:
    inner = StateGraph(TeamState, context_schema=TeamContext)
    inner.add_node("coder", create_coder(model=ScriptedChatModel([RIGHT] * 3)))
    inner.add_edge(START, "coder").add_edge("coder", END)
    compiled = inner.compile()
    stopped = []

    async def delegating(state: Any, runtime: Any) -> dict[str, Any]:
        for _ in range(3):
            stopped.append((await compiled.ainvoke({"task": TASK})).get("stopped"))
        return {}

    outer = StateGraph(TeamState, context_schema=TeamContext)
    outer.add_node("delegating", role_node(delegating, name="delegating"))
    outer.add_edge(START, "delegating").add_edge("delegating", END)
    context = TeamContext(ledger=night, role_limits={"delegating": BudgetLimits(max_calls=2)})
    state = outer.compile().invoke({"task": TASK}, context=context)
    assert len(state["calls"]) == 2
    assert [bool(reason) for reason in stopped] == [False, False, True]
    assert "'delegating'" in stopped[-1]


def test_each_node_tells_only_of_calls_that_the_state_does_not_know() -> None:
    graph = StateGraph(TeamState, context_schema=TeamContext)
    graph.add_node("planner", create_planner())
    graph.add_node("alto", create_coder(model=ScriptedChatModel([RIGHT]), name="alto"))
    graph.add_node("tenor", create_coder(model=ScriptedChatModel([RIGHT]), name="tenor"))
    graph.add_edge(START, "planner").add_edge("planner", "alto").add_edge("alto", "tenor").add_edge("tenor", END)
    told = {node: update["calls"] for step in graph.compile().stream({"task": TASK}) for node, update in step.items()}
    assert {node: [call.role for call in calls] for node, calls in told.items()} == {
        "planner": [],
        "alto": ["alto"],
        "tenor": ["tenor"],
    }
