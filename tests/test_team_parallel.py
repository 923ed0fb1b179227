"""Voices at once: the tester's two steps, branches that fail, and siblings that go on."""

import asyncio

import pytest
from langchain_core.runnables import RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver

from motet.agents import Candidate, Report
from motet.agents.node import run_in_background
from motet.graphs import POLICIES, SMALL, Policy, create_team
from motet.models import ModelCallError, ScriptedChatModel, UnknownModelError
from motet.tools.sandbox import NoSandboxError, SandboxError, resolve_sandbox
from motet.tools.testing import CaseResult

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
BARE_TASK = "Write a function that adds two numbers."
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
RIGHT_TOO = "```python\ndef add(a, b):\n    return sum((a, b))\n```"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```"
CALLS = '{"calls": ["add(1, 2)", "add(0, 0)", "add(-3, 3)", "add(10, 5)"]}'


def team(model, *, policy=None, **more):
    numbers = policy if isinstance(policy, Policy) else SMALL.model_copy(update=policy or {})
    return create_team(model=model, policy=numbers, sandbox="unsafe-host", **more)


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


API = POLICIES["api"].model_copy(update={"plan": False, "comment": False, "candidates": 2, "role_seconds": 5})


def answering(first, second):
    """A coder of the user's own, with another fate for each of two branches."""

    async def coder(state):
        index = state["assignment"].index
        fate = (first, second)[index] if index < 2 else second
        if isinstance(fate, Exception):
            raise fate
        if fate is None:
            await asyncio.Event().wait()
        return {"candidates": [Candidate(index=index, code=fate, entry_point="add", origin=state["assignment"].kind)]}

    def sync(state):
        return run_in_background(coder(state))

    return RunnableLambda(sync, afunc=coder)


def both_ways(voices, given, **more):
    return [voices.invoke(given, **more), asyncio.run(voices.ainvoke(given, **more))]


ADD = "def add(a, b):\n    return a + b\n"


@pytest.mark.parametrize("problem", [ModelCallError("the server is down", 4), ConnectionError("reset"), TimeoutError()])
def test_a_branch_that_fails_is_void_and_its_sibling_goes_on(problem):
    voices = team(ScriptedChatModel(), policy=API, coder=answering(problem, ADD), tester=RunnableLambda(passing))
    for result in both_ways(voices, {"task": TASK}):
        assert result["code"] == ADD
    parts = list(voices.stream({"task": TASK}, stream_mode=["custom"], version="v2"))
    voids = [part["data"] for part in parts if part["data"]["event"] == "void"]
    assert [(one["role"], one["index"], one["answer"].failed) for one in voids] == [("coder", 0, True)]


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_a_branch_that_hangs_is_void_and_paid_for_and_its_sibling_goes_on(way):
    async def hang(messages):
        await asyncio.Event().wait()

    fates = iter([hang, RIGHT])
    model = ScriptedChatModel(coder=[lambda messages: next(fates)] * 2)
    voices = team(model, policy=API, tester=RunnableLambda(passing))
    given = {"task": TASK}
    result = await (voices.ainvoke(given) if way == "async" else asyncio.to_thread(voices.invoke, given))
    assert "return a + b" in result["code"]
    assert result["usage"].calls == 2, "whoever hung was asked all the same"


def test_where_nothing_at_all_was_answered_the_caller_gets_the_error():
    down = ModelCallError("the server is down", 4)
    for policy in (API, SMALL):
        voices = team(ScriptedChatModel(), policy=policy, coder=answering(down, down))
        with pytest.raises(ModelCallError, match="the server is down"):
            voices.invoke({"task": TASK})
    bug = team(ScriptedChatModel(), policy=SMALL, coder=answering(KeyError("a bug of mine"), ADD))
    with pytest.raises(KeyError, match="a bug of mine"):
        bug.invoke({"task": TASK})


@pytest.mark.parametrize("policy", [API, SMALL], ids=["two at once", "one alone"])
def test_a_run_that_ended_with_an_error_tries_again_when_it_is_resumed(policy):
    down = ModelCallError("the server is down", 4)
    fates = [down] * (3 if policy is API else 1)

    def coder(state):
        if fates:
            raise fates.pop()
        index, kind = state["assignment"].index, state["assignment"].kind
        return {"candidates": [Candidate(index=index, code=ADD, entry_point="add", origin=kind)]}

    config = {"configurable": {"thread_id": "1"}}
    voices = team(
        ScriptedChatModel(),
        policy=policy,
        coder=RunnableLambda(coder),
        tester=RunnableLambda(passing),
        checkpointer=InMemorySaver(),
    )
    with pytest.raises(ModelCallError, match="the server is down"):
        voices.invoke({"task": TASK}, config)
    assert voices.invoke(None, config)["code"] == ADD


def test_a_mistake_in_the_set_up_is_no_matter_of_one_branch():
    missing = UnknownModelError("No such model.")
    voices = team(ScriptedChatModel(), policy=API, coder=answering(missing, ADD), tester=RunnableLambda(passing))
    with pytest.raises(UnknownModelError):
        voices.invoke({"task": TASK})


async def test_cancelling_a_run_cancels_all_its_branches_and_is_not_swallowed():
    asked = []

    async def hang(messages):
        asked.append(asyncio.current_task())
        await asyncio.Event().wait()

    model = ScriptedChatModel(coder=[hang, hang])
    run = asyncio.create_task(team(model, policy=API).ainvoke({"task": TASK}))
    while len(asked) < 2:
        await asyncio.sleep(0.01)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    await asyncio.sleep(0)
    assert all(task.done() for task in asked)


class Flaky:
    """A sandbox whose sessions fail as a script says: `None` works, an exception is raised."""

    kind = "unsafe-host"

    def __init__(self, *fates):
        self.real = resolve_sandbox("unsafe-host")
        self.capabilities = self.real.capabilities
        self.fates = list(fates)

    def session(self):
        fate = self.fates.pop(0) if self.fates else None
        if fate is not None:
            raise fate
        return self.real.session()

    def close(self):
        self.real.close()


GONE = SandboxError("the container was killed")


def test_a_session_that_fails_is_taken_again():
    sandbox = Flaky(GONE, GONE)
    voices = create_team(model=ScriptedChatModel(coder=[RIGHT, RIGHT_TOO]), policy="1.5b", sandbox=sandbox)
    parts = list(voices.stream({"task": TASK}, stream_mode=["custom", "values"], version="v2"))
    failures = [part["data"] for part in parts if part["data"].get("event") == "sandbox_failed"]
    assert [one["index"] for one in failures] == [0, 0]
    assert parts[-1]["data"]["evidence"].agreeing == 2


def test_a_sandbox_that_fails_on_one_answer_for_good_leaves_the_others():
    sandbox = Flaky(None, GONE, GONE, GONE)
    model = ScriptedChatModel(coder=[RIGHT, WRONG, RIGHT_TOO])
    result = create_team(model=model, policy="1.5b", sandbox=sandbox).invoke({"task": TASK})
    assert "return a + b" in result["code"]
    assert result["evidence"].agreeing == 2


def test_a_sandbox_that_is_lost_before_the_review_costs_the_proof_and_not_the_answer():
    model = ScriptedChatModel(coder=[RIGHT])
    voices = create_team(model=model, policy="1.5b", sandbox=Flaky(GONE, GONE, GONE), tester=RunnableLambda(passing))
    result = voices.invoke({"task": TASK, "tests": "assert add(2, 3) == 5"})
    assert "return a + b" in result["code"]
    assert (result["verdict"], result["evidence"].reason) == (
        "plausible",
        "The review could not be made: the container was killed",
    )


def test_a_machine_without_any_sandbox_is_an_error_at_once():
    sandbox = Flaky(*[NoSandboxError("there is none")] * 9)
    with pytest.raises(NoSandboxError):
        create_team(model=ScriptedChatModel(coder=[RIGHT]), policy="1.5b", sandbox=sandbox).invoke({"task": TASK})


def test_an_answer_that_the_review_blocks_gives_way_to_another_that_passes():
    leaky = "```python\nKEY = 'AKIA" + "ABCDEFGH12345678" + "'\ndef add(a, b):\n    return a + b\n```"
    model = ScriptedChatModel(coder=[leaky, RIGHT_TOO])
    result = create_team(model=model, policy="1.5b", sandbox="unsafe-host").invoke({"task": TASK})
    assert "KEY" not in result["code"]
    assert not result["evidence"].failures
