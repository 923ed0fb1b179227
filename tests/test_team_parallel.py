"""Voices at once: the tester's two steps, branches that fail, and siblings that go on."""

import asyncio

import pytest
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver

from motet.agents import Report
from motet.graphs import SMALL, create_team
from motet.models import ScriptedChatModel
from motet.tools.testing import CaseResult

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
BARE_TASK = "Write a function that adds two numbers."
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
RIGHT_TOO = "```python\ndef add(a, b):\n    return sum((a, b))\n```"
CALLS = '{"calls": ["add(1, 2)", "add(0, 0)", "add(-3, 3)", "add(10, 5)"]}'


def team(model, *, policy=None, **more):
    return create_team(model=model, policy=SMALL.model_copy(update=policy or {}), sandbox="unsafe-host", **more)


def passing(state):
    """A tester of the user's own that knows nothing of inputs."""
    fresh = [one.index for one in state["candidates"] if one.index not in state.get("reports", {})]
    loads = CaseResult(name="loads", outcome="passed")
    return {"reports": {index: Report(candidate=index, loads=loads, sandbox="mine", isolated=True) for index in fresh}}


def test_a_paid_choice_of_inputs_is_in_a_checkpoint_before_anything_runs():
    model = ScriptedChatModel(coder=[RIGHT, RIGHT_TOO], tester=[CALLS])
    voices = team(model, checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    voices.invoke({"task": "Write add(a, b)."}, config)
    between = [
        snapshot.values
        for snapshot in voices.get_state_history(config)
        if snapshot.next == ("tester",) and "inputs" in snapshot.values and not snapshot.values.get("reports")
    ]
    assert between[0]["inputs"] == ["add(1, 2)", "add(0, 0)", "add(-3, 3)", "add(10, 5)"]
    assert [call.role for call in between[0]["calls"]] == ["coder", "tester"]


async def test_the_tester_chooses_inputs_while_the_coder_writes():
    asked = {"coder": asyncio.Event(), "tester": asyncio.Event()}

    def meets(me, other, answer):
        async def line(messages):
            asked[me].set()
            async with asyncio.timeout(60):
                await asked[other].wait()  # neither is answered before both are asked
            return answer

        return line

    model = ScriptedChatModel(
        coder=[meets("coder", "tester", RIGHT), RIGHT_TOO], tester=[meets("tester", "coder", CALLS)]
    )
    result = await team(model, policy={"parallel": True}).ainvoke({"task": "Write add(a, b)."})
    assert result["evidence"].inputs_compared == 4
    assert result["usage"].calls == 3


@pytest.mark.parametrize("parallel", [False, True])
def test_inputs_wait_for_a_name_that_only_the_first_answer_gives(parallel):
    model = ScriptedChatModel(coder=[RIGHT, RIGHT_TOO], tester=[CALLS])
    result = team(model, policy={"parallel": parallel}).invoke({"task": BARE_TASK})
    assert result["evidence"].inputs_compared == 4
    assert [asked.role for asked in model.asked] == ["coder", "tester", "coder"]


@pytest.mark.parametrize("parallel", [False, True])
async def test_a_tester_that_knows_nothing_of_inputs_works(parallel):
    def tester(state):
        return passing(state) if state.get("candidates") else {}

    model = ScriptedChatModel(coder=[RIGHT, RIGHT_TOO])
    voices = team(model, policy={"parallel": parallel}, tester=RunnableLambda(tester))
    result = await voices.ainvoke({"task": TASK})
    assert "return a + b" in result["code"]
    assert result["evidence"].sandbox == "mine"


@pytest.mark.parametrize("useless", [{}, {"report": "fine"}, {"reports": {7: None}}])
def test_a_tester_that_gives_no_report_is_an_error_and_no_endless_loop(useless):
    voices = team(ScriptedChatModel(coder=[RIGHT]), tester=RunnableLambda(lambda state: useless))
    with pytest.raises(ValueError, match=r"no report on any of the candidates \[0\]"):
        voices.invoke({"task": TASK})


def test_a_tester_that_only_ever_chooses_inputs_is_an_error():
    voices = team(ScriptedChatModel(coder=[RIGHT]), tester=RunnableLambda(lambda state: {"inputs": ["add(1, 1)"]}))
    with pytest.raises(ValueError, match="gave no report"):
        voices.invoke({"task": TASK})
