"""What a run spends: counted once, wherever it is told from."""

import time

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

from motet.agents import TeamContext, create_coder, create_planner
from motet.graphs import TeamState, create_team
from motet.models import BudgetLimits, ScriptedChatModel

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"


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
