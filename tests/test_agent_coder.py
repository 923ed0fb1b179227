"""The coder that is a LangChain agent: what it may do, what it costs, what becomes of one that does not end well."""

import asyncio
import json
from pathlib import Path

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, HumanInTheLoopMiddleware, ModelCallLimitMiddleware
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command

from motet.agents import TeamContext, create_agent_coder, create_coding_tools
from motet.graphs import SMALL, create_team
from motet.models import BudgetLimits, Fault, ScriptedChatModel, tool_call, truncated

pytestmark = pytest.mark.bubblewrap

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
RIGHT = "def add(a, b):\n    return a + b\n"
RIGHT_TOO = "def add(a, b):\n    return sum((a, b))\n"
WRONG = "def add(a, b):\n    return a - b\n"
SNAPSHOTS = Path(__file__).parent / "snapshots"


def fenced(code):
    return f"That is it.\n```python\n{code}```"


def tries(code):
    return tool_call("run_examples", code=code)


def team(*answers, limits=None, policy="small", **options):
    model = ScriptedChatModel(coder=answers)
    coder = create_agent_coder(model=model, sandbox="bubblewrap", **options)
    return create_team(model=model, policy=policy, sandbox="bubblewrap", coder=coder), model


def last_told(model, at):
    return str(model.asked[at].messages[-1].text)


def test_an_agent_that_mends_its_code_before_it_answers_is_verified_and_every_call_is_in_the_ledger():
    voices, model = team(tries(WRONG), tries(RIGHT), fenced(RIGHT), fenced(RIGHT_TOO))
    result = voices.invoke({"task": TASK})
    assert (result["verdict"], result["code"]) == ("verified", RIGHT)
    assert result["usage"].by_role["coder"].calls == 4
    assert "0 of 2 examples pass" in last_told(model, 1)
    assert "add(2, 3) gave -1, expected 5" in last_told(model, 1)
    assert last_told(model, 2) == "All 2 examples pass."


async def test_the_async_twin_does_the_same_with_two_agents_at_once():
    last = [fenced(RIGHT), fenced(RIGHT_TOO)]

    def work(messages):
        return last.pop() if messages[-1].type == "tool" else tries(RIGHT)

    voices, _ = team(*[work] * 4, policy=SMALL.model_copy(update={"batch": 2}))
    result = await voices.ainvoke({"task": TASK})
    assert (result["verdict"], result["usage"].calls) == ("verified", 4)


def test_a_model_that_calls_no_tool_is_a_plain_coder():
    voices, model = team(fenced(RIGHT), fenced(RIGHT_TOO))
    assert voices.invoke({"task": TASK})["verdict"] == "verified"
    assert model.asked[0].tools == ["run_examples", "check_code", "run_code"]


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(["All examples pass."], id="words without code"),
        pytest.param([truncated("```python\ndef add(a, b):")], id="truncated"),
        pytest.param([tries(WRONG)], id="out of rounds"),
    ],
)
def test_what_did_best_is_handed_in_when_the_last_answer_holds_no_code(ending):
    voices, _ = team(tries(WRONG), tries(RIGHT), *ending, fenced(RIGHT_TOO), rounds=3)
    result = voices.invoke({"task": TASK})
    assert (result["verdict"], result["code"]) == ("verified", RIGHT)


def test_at_the_limit_the_agent_ends_with_what_it_has():
    voices, model = team(tries(RIGHT), tries(RIGHT_TOO), fenced(RIGHT))
    result = voices.invoke({"task": TASK}, context=TeamContext(limits=BudgetLimits(max_calls=1)))
    assert (len(model.asked), result["usage"].calls) == (1, 1)
    assert (result["verdict"], result["code"]) == ("plausible", RIGHT)
    assert "max_calls" in result["evidence"].reason


def test_an_agent_that_never_comes_to_code_is_void_and_paid_for():
    voices, _ = team(tool_call("run_code", code="print(1)"), "I give up.", fenced(RIGHT), fenced(RIGHT_TOO))
    result = voices.invoke({"task": TASK})
    assert (result["verdict"], result["usage"].calls) == ("verified", 4)


def test_a_server_that_goes_away_takes_nothing_with_it():
    voices, _ = team(tries(RIGHT), Fault.SERVER_ERROR, Fault.SERVER_ERROR, Fault.SERVER_ERROR, Fault.SERVER_ERROR)
    result = voices.invoke({"task": TASK})
    assert (result["verdict"], result["code"]) == ("plausible", RIGHT)
    assert "server error" in result["evidence"].reason


def test_what_a_tool_cannot_do_is_told_to_the_model_and_ends_nothing():
    @tool
    def lookup(word: str) -> str:
        """Look a word up."""
        raise ConnectionError("no route to the dictionary")

    voices, model = team(
        *[tool_call("lookup", word="add"), tool_call("run_examples"), tool_call("no_such_tool"), fenced(RIGHT)],
        fenced(RIGHT_TOO),
        tools=[lookup],
    )
    assert voices.invoke({"task": TASK})["verdict"] == "verified"
    assert "`lookup` failed: ConnectionError: no route" in last_told(model, 1)
    assert "code" in last_told(model, 2)
    assert "no_such_tool is not a valid tool" in last_told(model, 3)


def test_a_tool_of_the_users_own_takes_the_place_of_motets_with_its_name():
    @tool
    def run_code(code: str) -> str:
        """Run code elsewhere."""
        return "elsewhere"

    voices, model = team(tool_call("run_code", code="1"), fenced(RIGHT), fenced(RIGHT_TOO), tools=[run_code])
    voices.invoke({"task": TASK})
    assert last_told(model, 1) == "elsewhere"
    assert model.asked[0].tools == ["run_examples", "check_code", "run_code"]


def test_middleware_of_the_users_own_is_added_and_goes_before_motets():
    seen = []

    class Counting(AgentMiddleware):
        def wrap_model_call(self, request, handler):
            seen.append(len(request.messages))
            return handler(request)

    own = [Counting(), ModelCallLimitMiddleware(run_limit=1)]
    voices, _ = team(tries(RIGHT), tries(RIGHT_TOO), middleware=own)
    result = voices.invoke({"task": TASK})
    assert seen == [1, 1]
    assert (result["verdict"], result["usage"].calls) == ("verified", 2)


def test_what_the_agent_does_is_streamed_under_the_coders_name_without_asking_for_subgraphs():
    voices, _ = team(tries(RIGHT), fenced(RIGHT), fenced(RIGHT_TOO))
    parts = voices.stream({"task": TASK}, stream_mode=["custom"], version="v2")
    told = [part["data"] for part in parts if part["data"]["role"] == "coder"]
    assert [event["event"] for event in told] == ["writing", "tool", "candidate", "writing", "candidate"]
    assert (told[1]["tool"], told[1]["result"]) == ("run_examples", "All 2 examples pass.")
    voices, _ = team(tries(RIGHT), fenced(RIGHT), fenced(RIGHT_TOO))
    tokens = list(voices.stream({"task": TASK}, stream_mode=["messages"], subgraphs=True, version="v2"))
    assert {part["data"][1].get("lc_agent_name") for part in tokens} == {"coder"}


def test_the_users_tests_stay_out_of_the_agents_sight():
    voices, model = team(tries(WRONG), fenced(WRONG), *[fenced(WRONG)] * 3, fenced(RIGHT))
    voices.invoke({"task": TASK, "tests": "assert add(20, 22) == 42"})
    prompts = ["".join(str(message.text) for message in asked.messages) for asked in model.asked[:5]]
    assert not any("42" in prompt for prompt in prompts)


def test_a_broken_off_agent_goes_on_where_it_was_and_pays_for_nothing_twice():
    with SqliteSaver.from_conn_string(":memory:") as saver:  # it knows no async
        model = ScriptedChatModel(coder=[tries(WRONG), tries(RIGHT), fenced(RIGHT), fenced(RIGHT_TOO)])

        class Breaks(AgentMiddleware):
            done = False

            def before_model(self, state, runtime):
                if len(state["messages"]) == 5 and not self.done:
                    self.done = True
                    raise KeyboardInterrupt

        coder = {"middleware": [Breaks()]}
        voices = create_team(model=model, policy="small", sandbox="bubblewrap", coder=coder, checkpointer=saver)
        config = {"configurable": {"thread_id": "1"}}
        with pytest.raises(KeyboardInterrupt):
            voices.invoke({"task": TASK}, config)
        assert len(model.asked) == 2
        result = voices.invoke(None, config)
    assert result["verdict"] == "verified"
    assert [len(asked.messages) for asked in model.asked] == [2, 4, 6, 2], "nothing is asked again"
    assert result["usage"].calls == 4, "what was paid before is not forgotten"


async def test_so_does_its_async_twin_whose_budget_knows_what_was_spent():
    reached = asyncio.Event()

    async def hang(messages):
        reached.set()
        await asyncio.Event().wait()

    model = ScriptedChatModel(coder=[tries(WRONG), tries(RIGHT), hang, fenced(RIGHT)])
    voices = create_team(
        model=model, policy="small", sandbox="bubblewrap", coder={"rounds": 8}, checkpointer=InMemorySaver()
    )
    config = {"configurable": {"thread_id": "1"}}
    running = asyncio.create_task(voices.ainvoke({"task": TASK}, config))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    result = await voices.ainvoke(None, config, context=TeamContext(limits=BudgetLimits(max_calls=4)))
    assert [len(asked.messages) for asked in model.asked] == [2, 4, 6, 6]
    assert (result["verdict"], result["code"], result["usage"].calls) == ("plausible", RIGHT, 4)
    assert "max_calls" in result["evidence"].reason


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_human_can_be_asked_before_a_tool_runs(decision):
    model = ScriptedChatModel(coder=[tool_call("run_code", code="print(6 * 7)"), fenced(RIGHT), fenced(RIGHT_TOO)])
    asks = HumanInTheLoopMiddleware(interrupt_on={"run_code": True})
    voices = create_team(
        model=model, policy="small", sandbox="bubblewrap", coder={"middleware": [asks]}, checkpointer=InMemorySaver()
    )
    config = {"configurable": {"thread_id": "1"}}
    (asked,) = voices.invoke({"task": TASK}, config)["__interrupt__"]
    assert asked.value["action_requests"][0]["args"] == {"code": "print(6 * 7)"}
    result = voices.invoke(Command(resume={"decisions": [{"type": decision}]}), config)
    assert result["verdict"] == "verified"
    assert ("42" in last_told(model, 1)) == (decision == "approve")


async def test_the_tools_serve_an_agent_outside_of_motet():
    model = ScriptedChatModel(
        [
            AIMessage(
                "",
                tool_calls=[
                    {"name": "check_code", "args": {"code": "import numpyy\nx = y"}, "id": "1"},
                    {"name": "run_code", "args": {"code": "print('é' * 9000)"}, "id": "2"},
                    {"name": "run_code", "args": {"code": "1 / 0"}, "id": "3"},
                    {"name": "run_examples", "args": {"code": "def add(a, b) return a"}, "id": "4"},
                ],
            ),
            "done",
        ]
        * 2
    )
    agent = create_agent(model, create_coding_tools(TASK, sandbox="bubblewrap"))
    for state in (agent.invoke({"messages": "go"}), await agent.ainvoke({"messages": "go"})):
        checked, long, failed, unreadable = [str(message.text) for message in state["messages"][2:6]]
        assert "`numpyy` does not exist" in checked
        assert "`y` is not defined" in checked
        assert len(long) < 2200
        assert "characters left out" in long
        assert "ZeroDivisionError" in failed
        assert "Not run" in unreadable
        assert "line 1" in unreadable


def test_a_task_without_examples_or_a_name_and_a_program_can_be_tried_as_well():
    (run, *_) = create_coding_tools("Write a function that adds two numbers.", sandbox="bubblewrap")
    assert "no example" in run.invoke({"code": RIGHT})
    (run, *_) = create_coding_tools("Write a script that prints the sum of 2 and 3.", sandbox="bubblewrap")
    assert "'5\\n'" in run.invoke({"code": "print(2 + 3)"})


def test_what_the_agent_is_told_is_as_it_was_reviewed():
    """Delete the file and run the test to write it anew; the difference then shows in review."""
    mends = SMALL.model_copy(update={"candidates": 4, "repair_rounds": 1})
    voices, model = team(fenced(WRONG), *[fenced(WRONG)] * 3, fenced(RIGHT), policy=mends)
    voices.invoke({"task": TASK})
    told = [f"===== {type(one).__name__}\n{one.text}\n" for at in (0, 4) for one in model.asked[at].messages]
    tools = create_coding_tools(TASK, sandbox="bubblewrap")
    told += [f"===== {one.name}\n{json.dumps(convert_to_openai_tool(one), indent=2)}\n" for one in tools]
    snapshot = SNAPSHOTS / "agent_coder.txt"
    if not snapshot.exists():
        snapshot.parent.mkdir(exist_ok=True)
        snapshot.write_text("".join(told), encoding="utf-8")
        pytest.fail(f"{snapshot} is new: read it, and commit it if that is what the agent should be told.")
    assert "".join(told) == snapshot.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "written",
    [
        pytest.param('```json\n{"name": "run_examples", "arguments": {"code": "CODE"}}\n```', id="fenced JSON"),
        pytest.param(
            'I test it.\n<tool_call>\n{"name": "run_examples", "arguments": {"code": "CODE"}}\n</tool_call>', id="tags"
        ),
        pytest.param(
            '{"name": "run_examples", "parameters": "{\\"code\\": \\"CODE\\"}"}', id="bare, arguments as text"
        ),
        pytest.param(
            '```python\n{"name": "run_examples", "arguments": {"code": """CODE"""}}\n```\n```\n```', id="Python"
        ),
    ],
)
def test_a_tool_call_that_is_written_as_text_is_made(written):
    code = "def add(a, b): return a - b"
    voices, model = team(written.replace("CODE", code), fenced(RIGHT), fenced(RIGHT_TOO))
    assert voices.invoke({"task": TASK})["verdict"] == "verified"
    assert "0 of 2 examples pass" in last_told(model, 1)


def test_an_answer_that_only_looks_like_a_call_is_an_answer():
    answer = '```python\ndef add(a, b):\n    return {"name": a + b, "arguments": {}}["name"]\n```'
    voices, model = team(answer, fenced(RIGHT))
    assert voices.invoke({"task": TASK})["usage"].calls == 2
    assert len(model.asked[1].messages) == 2
