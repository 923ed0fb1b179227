"""What is spent: held before a call, debited in every scope above it, counted once, and never more than was allowed."""

import asyncio
import contextlib
import json
import math
import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.outputs import ChatGeneration, ChatResult
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
    ModelError,
    Prices,
    ScriptedChatModel,
    UnpricedModelError,
    Usage,
)

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
RIGHT_TOO = "```python\ndef add(a, b):\n    return sum((a, b))\n```"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```"


PRICES = Prices.model_validate(
    {"paid": {"input": 1_000_000, "output": 2_000_000}, "odd": {"input": 333_333.3, "output": 1_234_567.8}}
)
"""Dollars for a single token, which is easier to read."""


class Talker(ScriptedChatModel):
    """Says as much as each line of its script tells it to, unless it is cut; or hangs, or fails."""

    async def _agenerate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        line = self._script.next(self._asked(messages, stop, run_manager, kwargs))
        for _ in range(line["turns"]):
            await asyncio.sleep(0)
        if line["fails"]:
            raise ValueError("no answer")
        said = min(line["says"], self.max_tokens or math.inf)
        asked = count_tokens_approximately(messages)
        usage = {"input_tokens": asked, "output_tokens": said, "total_tokens": asked + said}
        ended = "length" if said < line["says"] else "stop"
        message = AIMessage("so", usage_metadata=usage, response_metadata={"finish_reason": ended})
        return ChatResult(generations=[ChatGeneration(message=message)])


amounts = st.none() | st.integers(1, 300)
limits = st.builds(BudgetLimits, max_tokens=amounts, max_calls=st.none() | st.integers(1, 4), max_cost=amounts)
calls = st.fixed_dictionaries(
    {
        "scope": st.integers(0, 5),
        "prompt": st.integers(0, 200),
        "longest": st.none() | st.integers(1, 100),
        "says": st.integers(0, 120),
        "turns": st.integers(0, 6),
        "fails": st.booleans(),
        "cancelled_after": st.none() | st.integers(0, 6),
    }
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(limits, st.integers(0, 5)), min_size=1, max_size=5), st.lists(calls, min_size=1, max_size=8))
def test_no_interleaving_overdraws_any_scope_and_every_scope_knows_its_calls(tree: Any, wanted: Any) -> None:
    scopes: list[Ledger] = []
    for allowed, above in tree:
        parent = scopes[above % len(scopes)] if scopes else None
        scopes.append(Ledger(allowed, name=str(len(scopes)), prices=PRICES, parent=parent))

    async def one(call: dict[str, Any]) -> None:
        model = Talker([call], name="odd")
        model.max_tokens = call["longest"]
        ledger = scopes[call["scope"] % len(scopes)]
        task = asyncio.create_task(ledger.ask(model, "x" * call["prompt"], role="r"))
        if call["cancelled_after"] is not None:
            for _ in range(call["cancelled_after"]):
                await asyncio.sleep(0)
            task.cancel()
        with contextlib.suppress(ModelError, asyncio.CancelledError):
            await task

    async def all_at_once() -> None:
        async with asyncio.timeout(20):
            await asyncio.gather(*(one(call) for call in wanted))

    asyncio.run(all_at_once())
    for scope in scopes:
        spent, allowed = scope.usage, scope.limits
        assert spent.calls <= (allowed.max_calls or math.inf)
        assert spent.tokens <= (allowed.max_tokens or math.inf)
        assert spent.cost is not None
        assert spent.cost <= (allowed.max_cost or math.inf) + 1e-6
        below = {record.id for other in scopes if other.parent is scope for record in other.calls}
        assert below <= {record.id for record in scope.calls}
        held = scope._balance.held
        assert (held.calls, held.tokens, held.cost) == (0, 0, 0), "what was held is given back"
        counted = scope._balance.spent
        assert (counted.calls, counted.tokens) == (spent.calls, spent.tokens)
        assert counted.cost == pytest.approx(spent.cost)


def test_threads_and_event_loops_may_share_a_ledger() -> None:
    ledger = Ledger(BudgetLimits(max_calls=20, max_tokens=20 * 60))
    refused = []

    def loop_of_its_own() -> None:
        async def ask_all() -> None:
            lines = [{"turns": 2, "fails": False, "says": 10}] * 10
            model = Talker(lines)
            model.max_tokens = 50
            answers = await asyncio.gather(*(ledger.ask(model, "x", role="r") for _ in lines), return_exceptions=True)
            refused.extend(answer for answer in answers if isinstance(answer, BudgetExhausted))

        asyncio.run(asyncio.wait_for(ask_all(), 30))

    threads = [threading.Thread(target=loop_of_its_own) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.usage.calls == 20
    assert len(refused) == 20


async def test_a_call_waits_for_what_another_may_give_back_rather_than_being_cut_or_refused() -> None:
    ledger = Ledger(BudgetLimits(max_tokens=120))
    model = Talker([{"turns": 3, "fails": False, "says": 20}] * 2)
    model.max_tokens = 60
    answers = await asyncio.gather(*(ledger.ask(model, "go", role="r") for _ in range(2)))
    assert [answer.record.output_tokens for answer in answers] == [20, 20]
    assert [asked.max_tokens for asked in model.asked] == [60, 60]


async def test_the_error_names_the_scope_the_limit_and_what_is_spent() -> None:
    night = Ledger(BudgetLimits(max_cost=40), name="night", prices=PRICES)
    draft = night.scope("draft", BudgetLimits(max_calls=9))
    model = Talker([{"turns": 0, "fails": False, "says": 3}] * 2, name="paid")
    model.max_tokens = 3
    await draft.ask(model, "", role="poet")
    with pytest.raises(BudgetExhausted) as caught:
        await draft.ask(model, "x" * 200, role="poet")
    assert (caught.value.scope, caught.value.limit, caught.value.allowed) == ("night", "max_cost", 40)
    assert "'night'" in str(caught.value)
    assert "max_cost allows $40" in str(caught.value)
    assert f"${night.usage.cost:.4g} are spent" in str(caught.value)


async def test_limits_without_an_end_limit_nothing() -> None:
    ledger = Ledger(BudgetLimits(max_cost=math.inf, max_seconds=math.inf), prices=PRICES)
    model = ScriptedChatModel(["yes"], name="paid")
    assert (await ledger.ask(model, "?", role="r")).record.cost
    assert model.asked[0].max_tokens is None


def test_calls_of_before_count_above_once_however_often_they_are_told() -> None:
    before = [CallRecord(role="coder", model="paid", input_tokens=10, output_tokens=5, seconds=1) for _ in range(3)]
    night = Ledger(name="night", prices=PRICES)
    first = night.scope("run", spent=before)
    again = night.scope("run", spent=before)
    assert first.usage == again.usage == night.usage
    assert (night.usage.calls, night.usage.tokens) == (3, 45)
    assert night.usage.cost == 60, "their price is known only now"


def test_a_price_covers_editions_of_a_model_and_its_cached_tokens(tmp_path: Any) -> None:
    table = {"gpt-5": {"input": 2, "output": 8, "cached_input": 1}, "openai:o9": {"input": 0, "output": 0}}
    in_json, in_toml = tmp_path / "prices.json", tmp_path / "prices.toml"
    in_json.write_text(json.dumps(table))
    in_toml.write_text('"gpt-5" = { input = 2, output = 8, cached_input = 1 }\n["openai:o9"]\ninput = 0\noutput = 0\n')
    prices = Prices.read(in_json)
    assert prices == Prices.read(in_toml) == Prices.model_validate(table)
    assert prices.named("gpt-5-2025-08-07") == prices.named("gpt-5")
    assert prices.named("gpt-5-mini") is None
    assert prices.named("o9") is not None
    call = CallRecord(
        role="r", model="gpt-5", input_tokens=1_000_000, cached_tokens=400_000, output_tokens=500_000, seconds=1
    )
    price = prices.named("gpt-5")
    assert price is not None
    assert price.of_call(call) == pytest.approx(0.6 * 2 + 0.4 * 1 + 0.5 * 8)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", "gpt-5 = 3"),
        ("a.toml", "[gpt-5]\ninput = -1\noutput = 2"),
        ("a.toml", "[gpt-5]\ninput = 1\nouput = 2"),
        ("a.toml", "= ="),
        ("a.json", "[1]"),
        ("a.json", "{"),
        ("a.json", '{"gpt-5": {"input": NaN, "output": 1}}'),
        ("a.json", b"\xff\xfe"),
    ],
)
def test_a_file_that_is_no_table_of_prices_says_how_to_write_one(name: str, text: str | bytes, tmp_path: Any) -> None:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=r"no table of prices.* = \{ input = 0\.25, output = 2\.0 \}"):
        Prices.read(file)


def test_a_sum_with_an_unpriced_call_has_no_cost() -> None:
    free = CallRecord(role="r", model="a", input_tokens=1, output_tokens=1, seconds=1, cost=0.0)
    unpriced = CallRecord(role="r", model="b", input_tokens=1, output_tokens=1, seconds=1)
    assert Usage.of([]).cost == Usage.of([free]).cost == 0
    assert Usage.of([free, unpriced]).cost is None
    assert {model: usage.cost for model, usage in Usage.by_model([free, unpriced]).items()} == {"a": 0, "b": None}


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
