"""What is spent: held before a call, debited in every scope above it, counted once, and never more than was allowed."""

import asyncio
import contextlib
import json
import math
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.outputs import ChatGeneration, ChatResult

from motet.models import (
    BudgetExhausted,
    BudgetLimits,
    CallRecord,
    Ledger,
    ModelError,
    Prices,
    ScriptedChatModel,
    Usage,
)

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
