"""Roles taken apart: by themselves, in graphs of the user's own, and with a model, a prompt or tools of their own."""

import operator
from typing import Annotated, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph

from motet.agents import (
    Candidate,
    Prompt,
    Report,
    Review,
    create_agent_coder,
    create_coder,
    create_planner,
    create_reviewer,
    create_tester,
)
from motet.models import ScriptedChatModel

pytestmark = pytest.mark.bubblewrap

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
RIGHT_TOO = "```python\ndef add(a, b):\n    return sum((a, b))\n```"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```"


class Mine(TypedDict, total=False):
    task: str
    candidates: Annotated[list[Candidate], operator.add]
    reports: dict[int, Report]
    reviews: dict[int, Review]


async def test_a_role_works_by_itself_and_in_a_chain():
    model = ScriptedChatModel([RIGHT, RIGHT, RIGHT])
    coder = create_coder(model=model)
    assert coder.invoke({"task": TASK})["candidates"][0].entry_point == "add"
    assert (await coder.ainvoke({"task": TASK}))["candidates"]
    assert (create_planner() | coder).invoke({"task": TASK})["candidates"]
    agent = create_agent_coder(model=ScriptedChatModel([RIGHT]), sandbox="bubblewrap")
    assert agent.invoke({"task": TASK})["candidates"]


def test_a_role_without_anything_to_work_on_says_what_it_lacks():
    for role in (create_coder(), create_agent_coder(), create_tester()):
        with pytest.raises(ValueError, match="neither a `contract` nor a `task`"):
            role.invoke({})
    with pytest.raises(ValueError, match="nothing to review"):
        create_reviewer().invoke({"task": TASK})


def test_three_roles_fit_a_plain_chain_with_a_state_that_is_not_the_teams():
    graph = StateGraph(Mine)
    graph.add_node("writes", create_coder(model=ScriptedChatModel([WRONG])))
    graph.add_node("runs", create_tester(sandbox="bubblewrap"))
    graph.add_node("looks", create_reviewer(sandbox="bubblewrap"))
    graph.add_edge(START, "writes").add_edge("writes", "runs").add_edge("runs", "looks").add_edge("looks", END)
    state = graph.compile().invoke({"task": TASK})
    assert state["reports"][0].failures()
    assert state["reviews"][0].blocks


@pytest.mark.parametrize("make", [create_coder, create_agent_coder])
def test_a_system_prompt_takes_the_place_of_motets_and_is_taken_as_it_stands(make):
    model = ScriptedChatModel([RIGHT])
    make(model=model, system_prompt="Write for $5 an hour.").invoke({"task": TASK})
    system, user = model.asked[0].messages
    assert system.text == "Write for $5 an hour."
    assert TASK in user.text


@pytest.mark.parametrize("make", [create_coder, create_agent_coder])
def test_a_prompt_takes_the_place_of_all_that_is_told(make):
    model = ScriptedChatModel([RIGHT])
    make(model=model, prompt=Prompt("# system\nBe brief.\n# user\nNow: $task")).invoke({"task": TASK})
    assert [str(message.text) for message in model.asked[0].messages] == ["Be brief.", f"Now: {TASK}"]
