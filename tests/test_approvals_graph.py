"""Questions to humans as parts of a graph: schema, checkpoints, the time that they take, other graphs around."""

import itertools
import json
import os
import subprocess
import sys
from textwrap import dedent

import pytest
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command

from motet.agents import Approve, Plan, TeamContext
from motet.graphs import SMALL, TeamState, create_team
from motet.models import ScriptedChatModel

pytestmark = pytest.mark.bubblewrap

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
RIGHT_TOO = "```python\ndef add(a, b):\n    return sum((a, b))\n```"
PLAN = '{"steps": ["Add the numbers.", "Return the sum."]}'
PLANNED = SMALL.model_copy(update={"plan": True})
APPROVE = {"decision": "approve"}
CONFIG = {"configurable": {"thread_id": "1"}}


def test_the_answers_schema_is_one_form_for_each_decision():
    team = create_team(
        model=ScriptedChatModel([RIGHT, RIGHT_TOO]),
        policy="small",
        sandbox="bubblewrap",
        approve="code",
        checkpointer=InMemorySaver(),
    )
    (question,) = team.invoke({"task": TASK}, CONFIG)["__interrupt__"]
    schema = question.response_schema
    forms = {name: schema["$defs"][name] for name in ("Approve", "EditCode", "Reject")}
    assert [form["$ref"].rpartition("/")[2] for form in schema["oneOf"]] == list(forms)
    assert {name: form["required"] for name, form in forms.items()} == {
        "Approve": ["decision"],
        "EditCode": ["decision", "code"],
        "Reject": ["decision"],
    }


PROCESSES = """
import json, os, sys
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command
from motet.graphs import SMALL, create_team
from motet.models import ScriptedChatModel


def work(path, given, script):
    with SqliteSaver.from_conn_string(path) as saver:
        team = create_team(
            model=ScriptedChatModel(**script), policy=SMALL.model_copy(update={"plan": True}), sandbox="bubblewrap",
            approve=("contract", "plan", "code"), checkpointer=saver,
        )
        given = given if "task" in given else Command(resume=given)
        result = team.invoke(given, {"configurable": {"thread_id": "1"}}, version="v2")
    if result.interrupts:
        return result.interrupts[0].value
    decisions = [type(one).__name__ + "/" + type(one.answer).__name__ for one in result.value["decisions"]]
    return [result.value["verdict"], result.value["code"], result.value["usage"].calls, decisions]


# A process for each line, all with the imports that are done here.
for line in sys.stdin:
    if os.fork() == 0:
        print(json.dumps(work(sys.argv[1], *json.loads(line))), flush=True)
        os._exit(0)
    if os.wait()[1] != 0:
        sys.exit("a process failed")
"""


def test_a_question_outlives_its_process_and_types_survive_strict_msgpack(tmp_path):
    def process(given, **script):
        print(json.dumps([given, script]), file=starter.stdin, flush=True)
        return json.loads(starter.stdout.readline())

    program = [sys.executable, "-W", "error", "-c", PROCESSES, str(tmp_path / "run.sqlite")]
    strict = {**os.environ, "LANGGRAPH_STRICT_MSGPACK": "true"}
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=strict) as starter:
        assert process({"task": TASK})["what"] == "contract"
        # Each process knows only the answers that it should have to ask for.
        assert process(APPROVE, planner=[PLAN])["what"] == "plan"
        shown = process({"decision": "edit", "plan": {"steps": ["Add."]}}, coder=[RIGHT, RIGHT_TOO])
        assert shown["what"] == "code"
        edit = {"decision": "edit", "code": "def add(a, b):\n    return a - b\n"}
        assert process(edit)["shown"]["verdict"] == "unverified"
        repaired = process({"decision": "reject", "feedback": "My mistake."}, coder=[RIGHT])
        assert repaired["shown"]["candidate"]["repairs"] == 2
        verdict, code, calls, kept = process(APPROVE)
        assert (verdict, "return a + b" in code, calls) == ("plausible", True, 4)
        assert kept == [
            "ContractDecision/Approve",
            "PlanDecision/EditPlan",
            "CodeDecision/EditCode",
            "CodeDecision/Reject",
            "CodeDecision/Approve",
        ]
    assert starter.returncode == 0


def team(*answers, **options):
    model = ScriptedChatModel(coder=answers)
    return create_team(**{"model": model, "policy": "small", "sandbox": "bubblewrap", **options}), model


def test_waiting_takes_no_time_of_the_budget():
    voices, _ = team(RIGHT, RIGHT_TOO, approve=("contract", "code"), checkpointer=InMemorySaver())
    voices.invoke({"task": TASK}, CONFIG)
    voices.invoke(Command(resume=APPROVE), CONFIG)
    voices.invoke(Command(resume=APPROVE), CONFIG)
    history = list(voices.get_state_history(CONFIG))
    for after, asking in itertools.pairwise(history):
        if asking.next in (("approve_contract",), ("approve_code",)):
            assert after.values["seconds"] == asking.values["seconds"]
    assert {("approve_contract",), ("approve_code",)} <= {snapshot.next for snapshot in history}


def test_without_a_checkpointer_the_first_run_says_what_to_give_and_spends_nothing():
    voices, model = team(RIGHT, approve=("code",))
    with pytest.raises(ValueError, match=r"checkpointer=.*InMemorySaver"):
        voices.invoke({"task": TASK})
    assert model.asked == []


def test_a_team_that_asks_lives_in_a_graph_that_keeps_its_state():
    voices, _ = team(RIGHT, RIGHT_TOO, approve=("code",))
    graph = StateGraph(TeamState, context_schema=TeamContext)
    graph.add_node("team", voices)
    graph.add_edge(START, "team").add_edge("team", END)
    around = graph.compile(checkpointer=InMemorySaver())
    assert around.invoke({"task": TASK}, CONFIG)["__interrupt__"][0].value["what"] == "code"
    assert around.invoke(Command(resume=APPROVE), CONFIG)["verdict"] == "verified"


def test_nobody_is_asked_where_nobody_wants_to_be():
    voices, _ = team(RIGHT, RIGHT_TOO)
    assert set(voices.get_graph().nodes) == {
        "__start__",
        "planner",
        "coder",
        "tester",
        "reviewer",
        "finish",
        "__end__",
    }
    assert voices.invoke({"task": TASK})["decisions"] == []


@pytest.mark.parametrize(
    ("approve", "words"), [("plan", "writes none"), (["plan", "cod"], "cod; there are contract, plan, code")]
)
def test_what_cannot_be_approved_is_an_error_at_once(approve, words):
    with pytest.raises(ValueError, match=words):
        team(approve=approve, checkpointer=InMemorySaver())


def test_the_users_own_planner_decides_whether_there_is_a_plan_to_approve():
    def planner(state, plan):
        from motet.agents import read_contract

        return {"contract": read_contract(state["task"]), **({"plan": Plan(steps=["Add."])} if plan else {})}

    for plan in (True, False):
        own = RunnableLambda(lambda state, plan=plan: planner(state, plan))
        voices, _ = team(RIGHT, RIGHT_TOO, planner=own, approve=("contract", "plan"), checkpointer=InMemorySaver())
        voices.invoke({"task": TASK}, CONFIG)
        result = voices.invoke(Command(resume=APPROVE), CONFIG)
        if plan:
            assert result["__interrupt__"][0].value == {"what": "plan", "shown": {"steps": ["Add."]}}
            result = voices.invoke(Command(resume=Approve()), CONFIG)
        assert result["verdict"] == "verified"


def test_questions_come_one_at_a_time_where_voices_work_at_once():
    parallel = PLANNED.model_copy(update={"parallel": True, "batch": 2})
    model = ScriptedChatModel(coder=[RIGHT, RIGHT_TOO, RIGHT], planner=[PLAN])
    voices, _ = team(model=model, policy=parallel, approve=("contract", "plan", "code"), checkpointer=InMemorySaver())
    asked = []
    result = voices.invoke({"task": TASK}, CONFIG)
    while "__interrupt__" in result:
        (question,) = result["__interrupt__"]
        asked.append(question.value["what"])
        result = voices.invoke(Command(resume=APPROVE), CONFIG)
    assert (asked, result["verdict"]) == (["contract", "plan", "code"], "verified")


def test_decisions_are_streamed_with_the_other_events():
    voices, _ = team(RIGHT, RIGHT_TOO, approve=("code",), checkpointer=InMemorySaver())
    voices.invoke({"task": TASK}, CONFIG)
    edit = {"decision": "edit", "code": dedent("def add(a, b):\n    return b + a")}
    parts = voices.stream(Command(resume=edit), CONFIG, stream_mode=["custom"], version="v2")
    told = [(part["data"]["role"], part["data"]["event"]) for part in parts]
    assert told[:3] == [("approve_code", "decision"), ("approve_code", "candidate"), ("tester", "testing")]
    assert told[-1] == ("finish", "verdict")
