"""Roles taken apart: by themselves, in graphs of the user's own, and with a model, a prompt or tools of their own."""

import operator
from typing import Annotated, TypedDict

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.graph import END, START, StateGraph

from motet.agents import (
    Candidate,
    LedgerMiddleware,
    Prompt,
    Report,
    Review,
    TeamContext,
    create_agent_coder,
    create_coder,
    create_planner,
    create_reviewer,
    create_tester,
)
from motet.graphs import SMALL, create_team
from motet.models import BudgetExhausted, BudgetLimits, Ledger, ScriptedChatModel, tool_call

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


def test_one_role_takes_options_and_the_rest_stays_as_the_policy_has_it():
    ours, theirs = (
        ScriptedChatModel(tester=['{"calls": ["add(1, 2)", "add(3, 4)"]}']),
        ScriptedChatModel([RIGHT, RIGHT_TOO]),
    )
    team = create_team(
        model=ours,
        policy="small",
        sandbox="bubblewrap",
        coder={"model": theirs, "system_prompt": "Be terse."},
        tester={"system_prompt": "Choose well."},
    )
    result = team.invoke({"task": "Write add(a, b)."})
    assert [asked.messages[0].text for asked in theirs.asked] == ["Be terse."] * 2
    assert [asked.messages[0].text for asked in ours.asked] == ["Choose well."], "the policy asks for inputs"
    assert set(result["usage"].by_role) == {"coder", "tester"}


def test_tools_or_middleware_make_the_coder_an_agent_as_the_policy_can():
    @tool
    def style_guide() -> str:
        """The house style."""
        return "Names are short."

    model = ScriptedChatModel([tool_call("style_guide"), RIGHT, RIGHT_TOO])
    team = create_team(model=model, policy="small", sandbox="bubblewrap", coder={"tools": [style_guide]})
    assert team.invoke({"task": TASK})["verdict"] == "verified"
    assert model.asked[1].messages[-1].text == "Names are short."
    for options, policy in (
        ({"middleware": [AgentMiddleware()]}, SMALL),
        ({}, SMALL.model_copy(update={"coder": "agent"})),
    ):
        model = ScriptedChatModel([RIGHT, RIGHT_TOO])
        create_team(model=model, policy=policy, sandbox="bubblewrap", coder=options).invoke({"task": TASK})
        assert "run_examples" in model.asked[0].tools


def test_an_option_that_a_role_does_not_know_is_an_error_that_names_it():
    with pytest.raises(TypeError, match="tools"):
        create_team(tester={"tools": []})


def test_any_agent_can_be_the_coder_and_spend_from_the_runs_budget():
    model = ScriptedChatModel([RIGHT, RIGHT_TOO])
    writer = create_agent(model, middleware=[LedgerMiddleware(role="writer")], context_schema=TeamContext)

    def ask(state):
        answer = writer.invoke({"messages": [{"role": "user", "content": state["contract"].task}], "run": state["run"]})
        return {"text": answer["messages"][-1].text, "calls": answer["calls"], "assignment": state["assignment"]}

    def read(found):
        code = found["text"].removeprefix("```python").removesuffix("```")
        one = Candidate(index=found["assignment"].index, code=code, entry_point="add", origin=found["assignment"].kind)
        return {"candidates": [one], "calls": found["calls"]}

    team = create_team(model=model, policy="small", sandbox="bubblewrap", coder=RunnableLambda(ask) | read)
    result = team.invoke({"task": TASK})
    assert (result["verdict"], result["usage"].by_role["writer"].calls) == ("verified", 2)


async def test_an_agent_outside_of_any_run_can_have_a_budget_too():
    model = ScriptedChatModel(["one", "two"])
    ledger = Ledger(BudgetLimits(max_calls=1))
    agent = create_agent(model, middleware=[LedgerMiddleware(role="poet", ledger=ledger)])
    state = agent.invoke({"messages": "go"})
    assert (state["messages"][-1].text, ledger.usage.calls) == ("one", 1)
    with pytest.raises(BudgetExhausted):
        await agent.ainvoke({"messages": "go"})
