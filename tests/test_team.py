"""The team through its public door, with a scripted model and a real sandbox."""

import subprocess
import sys

import pytest
from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, START, StateGraph

from motet.agents import Candidate, TeamContext, create_coder, create_planner
from motet.graphs import SMALL, TeamState, build_team, create_team
from motet.models import BudgetLimits, Fault, ScriptedChatModel, truncated
from motet.tools.sandbox import resolve_sandbox

pytestmark = pytest.mark.bubblewrap

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
RIGHT_TOO = "```python\ndef add(a, b):\n    return sum((a, b))\n```"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```"


MENDS = SMALL.model_copy(update={"candidates": 4, "repair_rounds": 1})


def team(*answers, tester=(), sandbox="bubblewrap", policy="small", **more):
    model = ScriptedChatModel(coder=answers, tester=tester)
    return create_team(model=model, policy=policy, sandbox=sandbox, **more), model


def test_two_answers_that_agree_are_verified_with_two_calls():
    voices, _ = team(RIGHT, RIGHT_TOO)
    result = voices.invoke({"task": TASK})
    assert result["verdict"] == "verified"
    assert result["code"] == "def add(a, b):\n    return a + b\n"
    assert result["usage"].calls == 2
    assert set(result["usage"].by_role) == {"coder"}


async def test_the_async_twin_does_the_same():
    voices, _ = team(RIGHT, RIGHT_TOO)
    assert (await voices.ainvoke({"task": TASK}))["verdict"] == "verified"


def test_a_wrong_answer_is_never_verified_and_the_best_is_delivered():
    voices, _ = team(WRONG, WRONG, WRONG, WRONG, WRONG)
    result = voices.invoke({"task": TASK})
    assert result["verdict"] == "unverified"
    assert result["code"] == "def add(a, b):\n    return a - b\n"
    assert "gave -1, expected 5" in result["evidence"].failures[0]


@pytest.mark.parametrize("trick", ["import os; os._exit(0)", "import sys; sys.exit(0)", "raise SystemExit(0)"])
def test_an_answer_that_ends_its_process_does_not_pass(trick):
    cheat = f"```python\ndef add(a, b):\n    {trick}\n```"
    voices, _ = team(*[cheat] * 5)
    assert voices.invoke({"task": TASK})["verdict"] == "unverified"


def test_a_dissenting_answer_costs_the_proof_but_not_the_answer():
    special = "```python\ndef add(a, b):\n    return 99 if a > 3 else a + b\n```"
    voices, _ = team(RIGHT, special, RIGHT_TOO)
    result = voices.invoke({"task": TASK})
    assert result["verdict"] == "plausible"
    assert (result["evidence"].agreeing, result["evidence"].dissenting) == (2, 1)
    assert "return a + b" in result["code"]


def test_the_repair_is_told_what_failed_and_is_kept_if_it_passes_more():
    voices, model = team(WRONG, WRONG, WRONG, WRONG, RIGHT, policy=MENDS)
    result = voices.invoke({"task": TASK})
    assert "return a + b" in result["code"]
    assert result["verdict"] == "plausible", "nobody independent confirms a repair"
    asked = str(model.asked[-1].messages[-1].content)
    assert "gave -1, expected 5" in asked
    assert "return a - b" in asked


def test_a_truncated_answer_is_void_and_paid_for():
    voices, _ = team(truncated("```python\ndef add(a, b):\n    return a"), RIGHT, RIGHT_TOO)
    result = voices.invoke({"task": TASK})
    assert result["verdict"] == "verified"
    assert result["usage"].calls == 3


def test_the_users_tests_prove_an_answer_at_once_and_veto_it_too():
    tests = "from solution import add\n\ndef test_adds():\n    assert add(20, 22) == 42\n"
    voices, _ = team(RIGHT)
    result = voices.invoke({"task": "Write add(a, b).", "tests": tests})
    assert (result["verdict"], result["usage"].calls) == ("verified", 1)
    voices, _ = team(WRONG, WRONG, WRONG, WRONG, WRONG)
    assert voices.invoke({"task": "Write add(a, b).", "tests": tests})["verdict"] == "unverified"


def test_an_example_that_nobody_passes_is_set_aside_and_said_so():
    voices, _ = team(RIGHT, RIGHT_TOO, RIGHT, RIGHT_TOO)
    result = voices.invoke({"task": f"{TASK} add(1, 1) == 3."})
    assert result["verdict"] == "plausible"
    assert result["evidence"].set_aside
    assert "add(1, 1) == 3" in result["evidence"].set_aside[0]


def test_a_task_without_a_name_takes_the_first_answers():
    voices, _ = team(
        "```python\ndef plus(a, b):\n    return a + b\n```",
        "```python\ndef plus(a, b):\n    return b + a\n```",
        tester=['{"calls": ["plus(1, 2)", "plus(0, 0)", "plus(-3, 3)", "plus(10, 5)"]}'],
    )
    result = voices.invoke({"task": "Write a function that adds two numbers."})
    assert result["verdict"] == "plausible"
    assert (result["evidence"].agreeing, result["evidence"].inputs_compared) == (2, 4)


def test_at_the_limit_the_run_ends_with_its_best_so_far():
    voices, model = team(RIGHT, RIGHT_TOO)
    result = voices.invoke({"task": TASK}, context=TeamContext(limits=BudgetLimits(max_calls=1)))
    assert len(model.asked) == 1
    assert "return a + b" in result["code"]
    assert result["verdict"] == "plausible"
    assert "max_calls" in result["evidence"].reason


def test_the_reviewer_blocks_on_facts():
    odd = "```python\nimport no_such_module_anywhere\ndef add(a, b):\n    return a + b\n```"
    lazy = (
        "```python\ndef add(a, b):\n    if a == 10**9:\n        import no_such_module_anywhere\n"
        "        return undefined_name\n    return a + b\n```"
    )
    voices, _ = team(lazy, lazy, lazy, odd, policy=MENDS)
    result = voices.invoke({"task": TASK})
    assert result["verdict"] == "unverified"
    assert "no_such_module_anywhere" in " ".join(result["evidence"].failures)
    assert "undefined_name" in " ".join(result["evidence"].failures)
    voices, model = team(lazy, lazy, lazy, RIGHT, RIGHT_TOO)
    result = voices.invoke({"task": TASK})
    assert (result["verdict"], "undefined_name" in result["code"]) == ("verified", False)
    assert "undefined_name" not in str(model.asked[-1].messages), "a small model repairs nothing"


def test_nothing_is_verified_on_the_bare_host():
    voices, _ = team(RIGHT, RIGHT_TOO, sandbox="unsafe-host")
    result = voices.invoke({"task": TASK})
    assert result["verdict"] == "plausible"
    assert not result["evidence"].isolated


def test_a_role_can_be_any_runnable():
    def always_right(state):
        return {
            "candidates": [
                Candidate(
                    index=state["assignment"].index,
                    code="def add(a, b):\n    return a + b\n",
                    entry_point="add",
                    origin=state["assignment"].kind,
                )
            ]
        }

    voices, model = team(coder=RunnableLambda(always_right))
    assert voices.invoke({"task": TASK})["verdict"] == "verified"
    assert model.asked == []


def test_a_role_fits_a_graph_of_the_users_own():
    graph = StateGraph(TeamState, context_schema=TeamContext)
    graph.add_node("planner", create_planner())
    graph.add_node("coder", create_coder(model=ScriptedChatModel([RIGHT])))
    graph.add_edge(START, "planner").add_edge("planner", "coder").add_edge("coder", END)
    state = graph.compile().invoke({"task": TASK})
    assert state["candidates"][0].entry_point == "add"


def test_the_uncompiled_graph_takes_a_fifth_node():
    seen = []
    graph = build_team(model=ScriptedChatModel([RIGHT, RIGHT_TOO]), policy=SMALL, sandbox="bubblewrap")
    graph.add_node("audit", lambda state: seen.append(state["verdict"]))
    graph.add_edge("finish", "audit")
    graph.compile().invoke({"task": TASK})
    assert seen == ["verified"]


def test_what_the_voices_do_is_streamed_with_their_names():
    voices, _ = team(RIGHT, RIGHT_TOO)
    parts = voices.stream({"task": TASK}, stream_mode=["custom"], version="v2")
    told = [(part["data"]["role"], part["data"]["event"]) for part in parts]
    assert told[:6] == [
        ("planner", "contract"),
        ("coder", "writing"),
        ("coder", "candidate"),
        ("tester", "inputs"),
        ("tester", "testing"),
        ("tester", "report"),
    ]
    assert told[-2:] == [("reviewer", "review"), ("finish", "verdict")]


def test_answers_are_written_without_sight_of_the_users_tests():
    voices, model = team(WRONG, WRONG, WRONG, WRONG, RIGHT, policy=MENDS)
    voices.invoke({"task": "Write add(a, b).", "tests": "assert add(20, 22) == 42"})
    prompts = ["".join(str(message.content) for message in asked.messages) for asked in model.asked]
    assert not any("42" in prompt for prompt in prompts[:4])
    assert "42" in prompts[4], "the repair is told what failed"


def test_importing_the_graphs_loads_nothing_heavy():
    heavy = ("chromadb", "llama_index", "xllamacpp", "docker", "openai")
    check = f"import sys, motet.graphs; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_sandbox_is_probed_and_not_believed():
    assert resolve_sandbox("bubblewrap").capabilities.isolated


def test_a_server_that_goes_away_takes_nothing_that_was_found_with_it():
    voices, _ = team(RIGHT, Fault.SERVER_ERROR, Fault.SERVER_ERROR, Fault.SERVER_ERROR, Fault.SERVER_ERROR)
    result = voices.invoke({"task": TASK})
    assert "return a + b" in result["code"]
    assert result["verdict"] == "plausible"
    assert "server error" in result["evidence"].reason


def test_programs_are_started_and_compared_by_what_they_print():
    voices, _ = team("```python\nprint(2 + 3)\n```", "```python\nprint(5)\n```")
    result = voices.invoke({"task": "Write a script that prints the sum of 2 and 3."})
    assert (result["verdict"], result["evidence"].agreeing) == ("plausible", 2)
    voices, _ = team("```python\nprint(5)\n```", *["```python\nx = 2 + 3\n```"] * 4)
    assert voices.invoke({"task": "Write a script that prints the sum of 2 and 3."})["verdict"] == "unverified"
    voices, _ = team("```python\nprint(int(input()) ** 2)\n```")
    result = voices.invoke({"task": "Write a program that reads an integer from standard input and prints its square."})
    assert result["verdict"] == "unverified"
    assert "input()" in result["code"]
    assert not result["evidence"].failures


def test_a_coder_that_answers_nothing_is_an_error_at_once_and_no_endless_loop():
    voices, _ = team(coder=RunnableLambda(lambda state: {"code": "def add(a, b): return a + b"}))
    with pytest.raises(ValueError, match="neither `candidates`"):
        voices.invoke({"task": TASK})


def test_an_empty_task_is_an_error_and_not_an_invitation():
    voices, model = team(RIGHT)
    for nothing in ({"task": ""}, {"task": " \n"}):
        with pytest.raises(ValueError, match="no task"):
            voices.invoke(nothing)
    assert model.asked == []


def test_an_accident_outside_of_the_task_is_no_contradiction_but_another_value_is_named():
    picky = "```python\ndef add(a, b):\n    return [a + b][0 if b < 40 else b]\n```"
    voices, _ = team(RIGHT, picky)
    assert voices.invoke({"task": f"{TASK} add(30, 30) == 60."})["verdict"] == "verified"
    special = "```python\ndef add(a, b):\n    return 99 if a > 3 else a + b\n```"
    voices, _ = team(RIGHT, special, RIGHT_TOO)
    assert "99 there" in voices.invoke({"task": TASK})["evidence"].reason


def test_the_same_program_again_is_no_second_opinion_unless_the_model_never_writes_another():
    renamed = "```python\n# again\ndef add(a, b):\n    return a + b\n```"
    voices, _ = team(RIGHT, WRONG, renamed, WRONG, WRONG)
    result = voices.invoke({"task": TASK})
    assert (result["verdict"], result["evidence"].agreeing) == ("plausible", 1)
    voices, _ = team(RIGHT, renamed, RIGHT)
    result = voices.invoke({"task": TASK})
    assert (result["verdict"], result["usage"].calls) == ("verified", 3)
