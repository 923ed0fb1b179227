"""Asking models: what is retried, what voids an answer, and that every token is accounted for."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.exceptions import ModelAuthenticationError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.messages.utils import count_tokens_approximately
from pydantic import BaseModel

from motet.models import (
    BudgetExhausted,
    BudgetLimits,
    CallRecord,
    Fault,
    Ledger,
    ModelCallError,
    RequestForbiddenError,
    Retry,
    Sampling,
    ScriptedChatModel,
    ScriptExhaustedError,
    TruncatedAnswer,
    UnparsableAnswer,
    ask,
    forbid_model_requests,
    resolve_model,
    tool_call,
    truncated,
)

AT_ONCE = Retry(attempts=3, wait_seconds=0)


class Verdict(BaseModel):
    fine: bool
    reason: str


def used(tokens_in: int, tokens_out: int) -> AIMessage:
    usage = {"input_tokens": tokens_in, "output_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
    return AIMessage("x", usage_metadata=usage)


async def test_what_may_pass_is_asked_again_and_the_count_is_kept() -> None:
    model = ScriptedChatModel([Fault.RATE_LIMIT, Fault.TIMEOUT, "done"])
    answer = await ask(model, "go", role="coder", retry=AT_ONCE)
    assert (answer.text, answer.record.retries, len(model.asked)) == ("done", 2, 3)


async def test_what_keeps_failing_ends_with_the_number_of_attempts() -> None:
    model = ScriptedChatModel([Fault.SERVER_ERROR] * 5)
    with pytest.raises(ModelCallError, match="3 times") as caught:
        await ask(model, "go", role="coder", retry=AT_ONCE)
    assert caught.value.attempts == len(model.asked) == 3


async def test_a_refusal_is_not_asked_again() -> None:
    model = ScriptedChatModel([ModelAuthenticationError("no such key"), "never said"])
    with pytest.raises(ModelCallError, match="no such key"):
        await ask(model, "go", role="coder", retry=AT_ONCE)
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    "metadata",
    [
        {"finish_reason": "length"},
        {"stop_reason": "max_tokens"},
        {"finish_reason": "MAX_TOKENS"},
        {"done_reason": "length"},
        {"incomplete_details": {"reason": "max_output_tokens"}},
    ],
)
async def test_a_truncated_answer_is_void_in_every_dialect_and_paid_for(metadata: dict) -> None:
    said = AIMessage("def f(", response_metadata={"finish_reason": "", **metadata})
    ledger = Ledger()
    with pytest.raises(TruncatedAnswer) as caught:
        await ledger.ask(ScriptedChatModel([said]), "go", role="coder")
    assert ledger.calls == [caught.value.record]
    assert caught.value.record.tokens > 0


async def test_a_schema_gives_an_object_and_nonsense_is_an_error_that_was_paid_for() -> None:
    model = ScriptedChatModel(
        [
            Verdict(fine=True, reason="ran"),
            tool_call("Verdict", fine=False, reason="no"),
            '{"fine": true, "reason": "plain"}',
            "I think it is fine.",
            tool_call("Verdict", fine="perhaps"),
        ]
    )
    ledger = Ledger()
    answers = [(await ledger.ask(model, "ok?", role="reviewer", schema=Verdict)).read_as(Verdict) for _ in range(3)]
    assert [answer.reason for answer in answers] == ["ran", "no", "plain"]
    for _ in range(2):
        with pytest.raises(UnparsableAnswer, match="Verdict"):
            await ledger.ask(model, "ok?", role="reviewer", schema=Verdict)
    assert len(ledger.calls) == 5


async def test_a_call_nobody_waits_for_is_still_accounted_for() -> None:
    asked = asyncio.Event()

    async def never(messages: list) -> str:
        asked.set()
        await asyncio.Event().wait()
        return "never"

    ledger = Ledger()
    task = asyncio.create_task(ledger.ask(ScriptedChatModel([never]), "a question of some length", role="coder"))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (record,) = ledger.calls
    assert record.estimated
    assert record.input_tokens > 0


async def test_time_that_ends_during_a_call_ends_the_call() -> None:
    async def never(messages: list) -> str:
        await asyncio.Event().wait()
        return "never"

    ledger = Ledger(BudgetLimits(max_seconds=0.05))
    with pytest.raises(BudgetExhausted, match="max_seconds"):
        await ledger.ask(ScriptedChatModel([never]), "go", role="coder")
    assert len(ledger.calls) == 1
    with pytest.raises(BudgetExhausted, match="max_seconds"):
        await ledger.ask(ScriptedChatModel(["late"]), "go", role="coder")


async def test_a_timeout_of_the_model_is_not_mistaken_for_the_end_of_the_budget() -> None:
    ledger = Ledger(BudgetLimits(max_seconds=60))
    with pytest.raises(ModelCallError):
        await ledger.ask(ScriptedChatModel([ValueError("odd")]), "go", role="coder")


async def test_sampling_reaches_the_model_and_a_budget_shortens_the_answer() -> None:
    model = ScriptedChatModel(["a", "b"])
    sampling = Sampling(temperature=0.5, max_tokens=500, seed=7, stop=("END",))
    await Ledger().ask(model, "go", role="coder", sampling=sampling)
    await Ledger(BudgetLimits(max_tokens=100)).ask(model, "go", role="coder", sampling=sampling)
    first, second = model.asked
    assert (first.temperature, first.max_tokens, first.seed, first.stop) == (0.5, 500, 7, ["END"])
    assert second.max_tokens is not None
    assert second.max_tokens < 100


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(1, 400),
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=6, max_size=6),
    st.integers(0, 3),
)
def test_no_call_begins_when_nothing_is_left(
    max_calls: int, max_tokens: int, sizes: list[tuple[int, int]], before: int
) -> None:
    async def run() -> None:
        earlier = [CallRecord(role="x", model="m", input_tokens=10, output_tokens=10, seconds=1) for _ in range(before)]
        ledger = Ledger(BudgetLimits(max_calls=max_calls, max_tokens=max_tokens), spent=earlier)
        model = ScriptedChatModel([used(*size) for size in sizes])

        async def ask_on(ledger: Ledger) -> None:
            for _ in sizes:
                await ledger.ask(model, "go", role="coder")

        with pytest.raises(BudgetExhausted) as caught:
            await ask_on(ledger)
        assert ledger.usage.calls == len(ledger.calls) + before == len(model.asked) + before
        assert len(model.asked) <= max(0, max_calls - before)
        if caught.value.limit == "max_calls":
            assert ledger.usage.calls >= max_calls
        else:
            prompt = count_tokens_approximately(["go"])
            assert ledger.usage.tokens + prompt >= max_tokens
        assert all(asked.max_tokens and asked.max_tokens <= max_tokens for asked in model.asked)

    asyncio.run(run())


async def test_calls_in_progress_count_against_the_limit() -> None:
    ledger = Ledger(BudgetLimits(max_calls=2))
    model = ScriptedChatModel(["a", "b", "c"])
    results = await asyncio.gather(*(ledger.ask(model, "go", role="coder") for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results].count(BudgetExhausted) == 1


async def test_scripts_answer_by_role_and_say_when_they_are_at_their_end() -> None:
    model = ScriptedChatModel(["for anyone"], coder=["code"], tester=[lambda messages: f"saw {messages[-1].text}"])
    said = [(await ask(model, "it", role=role)).text for role in ("tester", "coder", "planner")]
    assert said == ["saw it", "code", "for anyone"]
    assert [asked.role for asked in model.asked] == ["tester", "coder", "planner"]
    with pytest.raises(ScriptExhaustedError, match="coder"):
        await ask(model, "more", role="coder")


async def test_a_script_serves_graphs_and_agents_that_know_nothing_of_motet() -> None:
    from langchain.agents import create_agent

    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    model = ScriptedChatModel([tool_call("add", a=1, b=2), lambda messages: f"the tool says {messages[-1].text}"])
    agent = create_agent(model, [add])
    result = agent.invoke({"messages": ["1+2?"]})
    assert result["messages"][-1].text == "the tool says 3"
    assert model.asked[0].tools == ["add"]


async def test_where_real_requests_are_forbidden_only_scripts_may_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    local = resolve_model("local:qwen2.5-coder-0.5b")
    with forbid_model_requests():
        assert (await ask(ScriptedChatModel(["fine"]), "go", role="coder")).text == "fine"
        with pytest.raises(RequestForbiddenError, match="qwen2"):
            await ask(local, "go", role="coder")
        with pytest.raises(RequestForbiddenError):
            local.invoke("not even past motet")
    monkeypatch.setenv("MOTET_FORBID_MODEL_REQUESTS", "1")
    with pytest.raises(RequestForbiddenError):
        await ask(local, "go", role="coder")


async def test_whoever_streams_a_graph_still_sees_the_tokens_of_a_call_made_by_ask() -> None:
    from langgraph.graph import START, MessagesState, StateGraph

    async def coder(state: MessagesState) -> dict:
        answer = await ask(ScriptedChatModel(["hello"]), state["messages"], role="coder")
        return {"messages": [answer.message]}

    graph = StateGraph(MessagesState).add_node(coder).add_edge(START, "coder").compile()
    seen = [part async for part in graph.astream({"messages": ["hi"]}, stream_mode="messages")]
    assert [(message.text, metadata["motet_role"]) for message, metadata in seen] == [("hello", "coder")]


async def test_a_truncated_line_of_a_script_keeps_its_text() -> None:
    with pytest.raises(TruncatedAnswer) as caught:
        await ask(ScriptedChatModel([truncated("def f(")]), "go", role="coder")
    assert caught.value.text == "def f("


async def test_an_agents_own_way_of_asking_is_retried_and_recorded_under_its_role() -> None:
    model = ScriptedChatModel([Fault.RATE_LIMIT, tool_call("look", at="here")])

    async def with_tools(writer: BaseChatModel) -> AIMessage:
        return await writer.bind_tools([Verdict]).ainvoke("go")

    records: list[CallRecord] = []
    answer = await ask(
        model,
        "go",
        role="coder",
        sampling=Sampling(temperature=0.5),
        send=with_tools,
        retry=AT_ONCE,
        on_record=records.append,
    )
    assert (answer.message.tool_calls[0]["name"], records[0].retries) == ("look", 1)
    assert (model.asked[-1].role, model.asked[-1].temperature, model.asked[-1].tools) == ("coder", 0.5, ["Verdict"])
