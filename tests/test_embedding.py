"""A team inside programs that are not motet's: a Runnable, a node, a subgraph, a chat, a tool, a served graph."""

import operator
from dataclasses import dataclass
from typing import Annotated, TypedDict

import pytest
from blockbuster import blockbuster_ctx
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

from motet.agents import TeamContext
from motet.graphs import create_team
from motet.models import BudgetLimits, ScriptedChatModel, truncated

pytestmark = pytest.mark.bubblewrap

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
RIGHT_TOO = "```python\ndef add(a, b):\n    return sum((a, b))\n```"

MUL = "```python\ndef mul(a, b):\n    return a * b\n```"
MUL_TOO = "```python\ndef mul(a, b):\n    return b * a\n```"


def team(*answers, **more):
    model = ScriptedChatModel(list(answers) or [RIGHT, RIGHT_TOO] * 5)
    return create_team(model=model, policy="small", sandbox="bubblewrap", **more)


def test_forms_and_servers_see_small_schemas_that_say_what_each_key_is():
    voices = team()
    given, back, context = (
        voices.get_input_jsonschema(),
        voices.get_output_jsonschema(),
        voices.get_context_jsonschema(),
    )
    assert (set(given["properties"]), given["required"]) == ({"task", "entry_point", "tests"}, ["task"])
    assert set(back["properties"]) == {"verdict", "code", "evidence", "usage", "decisions"}
    assert {"model", "sandbox", "limits", "seed"} <= set(context["properties"])
    for schema in (given, context):
        assert all(told.get("description") for told in schema["properties"].values())


def test_a_context_may_come_as_json():
    result = team().invoke({"task": TASK}, context={"limits": {"max_calls": 1}, "seed": 3})
    assert result["usage"].calls == 1
    with pytest.raises(ValueError, match="max_token"):
        team().invoke({"task": TASK}, context={"max_token": 1})


async def test_the_team_composes_like_any_runnable():
    chain = (lambda words: {"task": words}) | team() | (lambda result: result["verdict"])
    assert chain.invoke(TASK) == "verified"
    assert chain.batch([TASK] * 2) == ["verified"] * 2
    assert await chain.with_retry().with_config(run_name="mine").ainvoke(TASK) == "verified"
    named = [event["name"] async for event in team().astream_events({"task": TASK}, version="v2")]
    assert {"planner", "coder", "tester", "reviewer", "finish"} <= set(named)


async def test_nothing_blocks_the_event_loop_of_a_server():
    voices = team()
    with blockbuster_ctx():
        assert (await voices.ainvoke({"task": TASK}))["verdict"] == "verified"
        tests = "from solution import add\n\ndef test_adds():\n    assert add(20, 22) == 42\n"
        assert (await voices.ainvoke({"task": TASK, "tests": tests}))["verdict"] == "verified"


def test_a_second_task_on_a_thread_is_held_against_nothing_of_the_first():
    model = ScriptedChatModel([RIGHT, RIGHT_TOO, truncated("```python"), MUL, MUL_TOO])
    voices = create_team(model=model, policy="small", sandbox="bubblewrap", checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "1"}}
    assert voices.invoke({"task": TASK}, thread)["usage"].calls == 2
    result = voices.invoke({"task": "Write mul(a, b). mul(2, 3) == 6 and mul(-1, 1) == -1."}, thread)
    assert (result["verdict"], result["usage"].calls) == ("verified", 3)
    assert "def mul" in result["code"]
    assert result["usage"].calls == len(voices.get_state(thread).values["calls"])


class Mine(TypedDict, total=False):
    task: str
    verdict: str
    done: Annotated[list[str], operator.add]


@dataclass(frozen=True, kw_only=True)
class MyContext(TeamContext):
    user: str


@dataclass
class Unrelated:
    user: str


@pytest.mark.parametrize(
    ("schema", "context", "calls"),
    [
        (None, None, 2),
        (Unrelated, Unrelated("me"), 2),
        (dict, {"user": "me"}, 2),
        (MyContext, MyContext(user="me", limits=BudgetLimits(max_calls=1)), 1),
    ],
    ids=["none", "unrelated", "dict", "subclass"],
)
def test_it_is_a_node_of_graphs_with_and_without_a_context_of_their_own(schema, context, calls):
    model = ScriptedChatModel([RIGHT, RIGHT_TOO])
    graph = StateGraph(Mine, context_schema=schema)
    graph.add_node("team", create_team(model=model, policy="small", sandbox="bubblewrap"))
    graph.add_node("after", lambda state: {"done": [state["verdict"]]})
    graph.add_edge(START, "team").add_edge("team", "after").add_edge("after", END)
    result = graph.compile().invoke({"task": TASK, "done": ["before"]}, context=context)
    assert result["done"] == ["before", "verified" if calls == 2 else "plausible"]
    assert len(model.asked) == calls
