"""A team inside programs that are not motet's: a Runnable, a node, a subgraph, a chat, a tool, a served graph."""

import json
import operator
import runpy
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypedDict

import pytest
from blockbuster import blockbuster_ctx
from langchain.agents import create_agent
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph

from motet.agents import Candidate, TeamContext, create_reviewer, create_tester, read_contract
from motet.graphs import TeamState, as_chat, as_tool, create_team
from motet.graphs.request import Request
from motet.models import BudgetLimits, ScriptedChatModel, tool_call, truncated

pytestmark = pytest.mark.bubblewrap

ROOT = Path(__file__).parent.parent
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


ADD_NONE = "```python\ndef add(a, b):\n    return (a or 0) + (b or 0)\n```"
ADD_NONE_TOO = "```python\ndef add(a, b):\n    return sum(x for x in (a, b) if x is not None)\n```"


def chat_of(*answers, **more):
    model = ScriptedChatModel(list(answers))
    return as_chat(create_team(model=model, policy="small", sandbox="bubblewrap"), **more), model


def test_a_chat_answers_in_words_and_in_data_and_a_follow_up_adds_to_the_task():
    chat, model = chat_of(RIGHT, RIGHT_TOO, ADD_NONE, ADD_NONE_TOO, MUL, MUL_TOO, checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "1"}}
    first = chat.invoke({"messages": [("user", TASK)]}, thread)
    answer = first["messages"][-1]
    assert "```python\ndef add(a, b):\n    return a + b\n```" in answer.text
    assert "**verified**" in answer.text
    assert answer.additional_kwargs["motet"]["usage"]["calls"] == first["usage"].calls == 2

    second = chat.invoke({"messages": [("user", "Also count None as zero: add(None, 2) == 2")]}, thread)
    asked = model.asked[-1].messages[-1].text
    assert all(words in asked for words in (TASK, "Also count None as zero", "return a + b"))
    assert (second["evidence"].examples_passed, second["evidence"].examples_total) == (3, 3)
    assert len(second["messages"]) == 4

    third = chat.invoke({"messages": [("user", "Now write mul(a, b). mul(2, 3) == 6, mul(-1, 1) == -1")]}, thread)
    assert (third["verdict"], third["usage"].calls) == ("verified", 2)
    assert "add" not in model.asked[-1].messages[-1].text


def test_a_conversation_that_the_caller_keeps_works_without_notes_and_nothing_asked_is_no_task():
    chat, model = chat_of(ADD_NONE, ADD_NONE_TOO)
    kept = [("user", TASK), ("assistant", f"Here it is:\n\n{RIGHT}"), ("user", "Also: add(None, 2) == 2")]
    result = chat.invoke({"messages": kept})
    assert "return a + b" in model.asked[0].messages[-1].text
    assert result["evidence"].examples_total == 3
    for nothing in ([], [("system", "You are a team.")], [("user", "  ")]):
        told = chat.invoke({"messages": nothing})
        assert "What shall be written?" in told["messages"][-1].text
        assert "verdict" not in told
    assert len(model.asked) == 2


def test_what_a_model_wrote_never_becomes_an_example_of_the_follow_up():
    boastful = 'def add(a, b):\n    """Add.\n\n    >>> add(1, 1)\n    3\n    """\n    return a + b  # add(5, 5) == 11\n'
    for code in (boastful, boastful + "\nassert add(2, 2) == 5\n"):
        request = Request(words=(TASK, "Make it faster."), entry_point="add", code=code)
        assert "return a + b" in request.task
        assert read_contract(request.task).examples == read_contract(TASK).examples


def test_a_chat_is_an_agent_among_others():
    chat, _ = chat_of(RIGHT, RIGHT_TOO, name="coding_team")
    boss = ScriptedChatModel([f"{TASK}"])
    graph = StateGraph(MessagesState)
    graph.add_node("boss", lambda state: {"messages": [boss.invoke(state["messages"])]})
    graph.add_node("coding_team", chat)
    graph.add_edge(START, "boss").add_edge("boss", "coding_team").add_edge("coding_team", END)
    said = graph.compile().invoke({"messages": [("user", "I need sums.")]})["messages"]
    assert [message.type for message in said] == ["human", "ai", "ai"]
    assert said[-1].name == "coding_team"
    assert "**verified**" in said[-1].text


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_a_team_is_a_tool_of_an_agent(is_async):
    tool = as_tool(team(), context=TeamContext(limits=BudgetLimits(max_calls=2)))
    boss = ScriptedChatModel([tool_call(tool.name, task=" "), tool_call(tool.name, task=TASK), "Done."])
    agent = create_agent(boss, [tool])
    given = {"messages": [("user", "I need sums.")]}
    said = (await agent.ainvoke(given) if is_async else agent.invoke(given))["messages"]
    refused, solved = (message for message in said if message.type == "tool")
    assert (refused.status, "at least 1 character" in refused.text) == ("error", True)
    assert "**verified**" in solved.text
    assert solved.artifact["usage"]["calls"] == 2
    assert json.loads(json.dumps(solved.artifact)) == solved.artifact
    assert set(tool.tool_call_schema.model_json_schema()["properties"]) == {"task"}


def test_an_agent_gives_tests_only_where_it_may_and_hears_when_they_cannot_be_read():
    assert as_tool(team(RIGHT), tests=True).invoke({"task": "Write add(a, b).", "tests": "assert add(2, 2) == 4"})
    with pytest.raises(ValueError, match="neither Python nor"):
        as_tool(team(), tests=True).invoke({"task": TASK, "tests": "add should add"})


def test_langgraph_accepts_the_served_graphs_which_do_nothing_at_import():
    script = Path(sys.executable).with_name("langgraph")
    done = subprocess.run([script, "validate"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "warning" in done.stdout) == (0, False), done.stdout + done.stderr
    graphs = json.loads((ROOT / "langgraph.json").read_text())["graphs"]
    for name, entry in graphs.items():
        path, _, factory = entry["path"].partition(":")
        namespace = runpy.run_path(str(ROOT / path))
        graph = namespace[factory]()
        assert isinstance(graph, CompiledStateGraph)
        assert graph.get_graph().nodes, name


class Ours(TeamState, total=False):
    style: str
    heard: Annotated[list[str], operator.add]


def test_keys_of_the_users_own_go_in_reach_every_role_of_theirs_and_come_out():
    tester, reviewer = create_tester(sandbox="bubblewrap"), create_reviewer(sandbox="bubblewrap")

    def coder(state):
        asked = state["assignment"]
        code = f"def add(a, b):\n    return {'sum((a, b))' if asked.index % 2 else 'a + b'}  # {state['style']}\n"
        candidate = Candidate(index=asked.index, code=code, entry_point="add", origin=asked.kind)
        return {"candidates": [candidate], "heard": [f"coder {asked.index}"]}

    voices = create_team(
        model=ScriptedChatModel(),
        policy="small",
        state_schema=Ours,
        coder=RunnableLambda(coder),
        tester=RunnableLambda(lambda state: {**tester.invoke(state), "heard": [f"tester {state['style']}"]}),
        reviewer=RunnableLambda(lambda state: {**reviewer.invoke(state), "heard": [f"reviewer {state['style']}"]}),
    )
    result = voices.invoke({"task": TASK, "style": "terse", "heard": ["user"]})
    assert (result["verdict"], result["style"]) == ("verified", "terse")
    assert "# terse" in result["code"]
    assert result["heard"] == ["user", "coder 0", "tester terse", "coder 1", "tester terse", "reviewer terse"]
    assert {"style", "heard"} <= set(voices.get_input_jsonschema()["properties"])


def test_a_state_that_lacks_the_teams_keys_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'Mine' lacks attempts, calls, candidates.*subclass of `TeamState`"):
        team(state_schema=Mine)
