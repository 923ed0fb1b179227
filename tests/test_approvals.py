"""Humans in the loop, through the team's public door: every question and answer, with a restart in between."""

import json
from contextlib import asynccontextmanager

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.errors import is_invalid_resume
from langgraph.types import Command
from pydantic import ValidationError

from motet.agents import EditCode, Plan, Reject, TeamContext
from motet.graphs import SMALL, create_team
from motet.models import BudgetLimits, ScriptedChatModel, truncated

pytestmark = pytest.mark.bubblewrap

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
RIGHT_TOO = "```python\ndef add(a, b):\n    return sum((a, b))\n```"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```"
PLAN = '{"steps": ["Add the numbers.", "Return the sum."]}'
PLANNED = SMALL.model_copy(update={"plan": True})
APPROVE = {"decision": "approve"}
CONFIG = {"configurable": {"thread_id": "1"}}


class Conversation:
    """A run whose process ends at each question: the next step has a team and a connection of its own."""

    def __init__(self, mode, folder, *answers, approve, planner=(), policy=SMALL, context=None, **options):
        self.model = ScriptedChatModel(coder=answers, planner=planner)
        self.options = {"policy": policy, "approve": approve, "sandbox": "bubblewrap", **options}
        self.mode, self.path, self.context = mode, str(folder / "run.sqlite"), context

    @asynccontextmanager
    async def team(self):
        if self.mode == "async":
            async with AsyncSqliteSaver.from_conn_string(self.path) as saver:
                yield create_team(model=self.model, checkpointer=saver, **self.options)
        else:
            with SqliteSaver.from_conn_string(self.path) as saver:
                yield create_team(model=self.model, checkpointer=saver, **self.options)

    async def say(self, given):
        """Give the task or an answer; returns the next question as `(what, shown)`, or else the result."""
        async with self.team() as team:
            if self.mode == "async":
                result = await team.ainvoke(given, CONFIG, context=self.context, version="v2")
            else:
                result = team.invoke(given, CONFIG, context=self.context, version="v2")
        if not result.interrupts:
            return result.value
        (interrupt,) = result.interrupts
        assert interrupt.response_schema["discriminator"]["propertyName"] == "decision"
        assert json.loads(json.dumps(interrupt.value)) == interrupt.value, "any user interface can show it"
        return interrupt.value["what"], interrupt.value["shown"]

    async def begin(self, task=TASK):
        return await self.say({"task": task})

    async def answer(self, answer):
        return await self.say(Command(resume=answer))


@pytest.fixture(params=["sync", "async"])
def converse(request, tmp_path):
    return lambda *answers, **options: Conversation(request.param, tmp_path, *answers, **options)


def decisions(result):
    return [(one.what, one.answer.decision) for one in result["decisions"]]


async def test_an_approved_contract_goes_on(converse):
    run = converse(RIGHT, RIGHT_TOO, approve=("contract",))
    what, shown = await run.begin()
    assert (what, shown["entry_point"], len(shown["examples"])) == ("contract", "add", 2)
    assert run.model.asked == [], "nothing is paid for before the contract is approved"
    result = await run.answer(APPROVE)
    assert (result["verdict"], result["usage"].calls) == ("verified", 2)
    assert decisions(result) == [("contract", "approve")]
    assert result["decisions"][0].shown.task == TASK


async def test_an_edited_contract_is_what_the_coder_is_told_and_the_tester_runs(converse):
    run = converse(WRONG, WRONG, WRONG, WRONG, WRONG, approve=("contract",))
    _, shown = await run.begin("Write add(a, b). add(2, 0) == 2 and add(0, 0) == 0.")
    edited = {
        **shown,
        "signature": "def add(a: int, b: int = 0) -> int:",
        "parameters": [],
        "constraints": ["Never use `sum`."],
        "examples": [*shown["examples"], {"code": "add(10, 5)", "expected": "15"}],
    }
    result = await run.answer({"decision": "edit", "contract": edited})
    told = str(run.model.asked[0].messages[-1].content)
    assert all(words in told for words in ("Never use `sum`.", "`add(10, 5)` is `15`", "b: int=0"))
    assert result["verdict"] == "unverified"
    assert result["evidence"].failures == ("example 3: add(10, 5) gave 5, expected 15",)
    contract = result["decisions"][0].answer.contract
    assert [(one.name, one.annotation) for one in contract.parameters] == [("a", "int"), ("b", "int")]


async def test_a_contract_whose_words_alone_were_changed_is_read_again(converse):
    run = converse(RIGHT, RIGHT_TOO, approve=("contract",))
    _, shown = await run.begin("Write add(a, b). add(2, 3) == 5.")
    result = await run.answer({"decision": "edit", "contract": {**shown, "task": TASK}})
    assert (result["verdict"], result["evidence"].examples_total) == ("verified", 2)


async def test_feedback_on_a_contract_is_read_as_words_of_the_task_and_shown_again(converse):
    run = converse(RIGHT, RIGHT_TOO, approve=("contract",))
    await run.begin("Write add(a, b). add(2, 3) == 5.")
    what, shown = await run.answer({"decision": "reject", "feedback": "add(-1, 1) == 0 as well."})
    assert (what, [one["code"] for one in shown["examples"]]) == ("contract", ["add(2, 3)", "add(-1, 1)"])
    result = await run.answer(APPROVE)
    assert result["verdict"] == "verified"
    assert "add(-1, 1) == 0 as well." in str(run.model.asked[0].messages[-1].content)


@pytest.mark.parametrize("what", ["contract", "plan", "code"])
async def test_a_rejection_without_feedback_ends_the_run_with_an_honest_verdict(converse, what):
    run = converse(RIGHT, RIGHT_TOO, planner=[PLAN], policy=PLANNED, approve=(what,))
    await run.begin()
    result = await run.answer({"decision": "reject"})
    assert (result["verdict"], decisions(result)) == ("unverified", [(what, "reject")])
    assert result["evidence"].reason == f"The {what} was rejected by a human."
    assert len(run.model.asked) == {"contract": 0, "plan": 1, "code": 3}[what]


async def test_an_approved_plan_goes_on_and_is_paid_for_once(converse):
    run = converse(RIGHT, RIGHT_TOO, planner=[PLAN], policy=PLANNED, approve=("contract", "plan"))
    assert (await run.begin())[0] == "contract"
    assert run.model.asked == [], "no plan is written for a contract that nobody has approved"
    assert await run.answer(APPROVE) == ("plan", {"steps": ["Add the numbers.", "Return the sum."]})
    result = await run.answer(APPROVE)
    assert (result["verdict"], result["usage"].calls, result["usage"].by_role["planner"].calls) == ("verified", 3, 1)
    assert "2. Return the sum." in str(run.model.asked[1].messages[-1].content)
    assert decisions(result) == [("contract", "approve"), ("plan", "approve")]


async def test_an_edited_plan_takes_the_place_of_the_one_that_was_written(converse):
    run = converse(RIGHT, RIGHT_TOO, planner=[PLAN], policy=PLANNED, approve=("plan",))
    await run.begin()
    result = await run.answer({"decision": "edit", "plan": {"steps": ["Use the operator."]}})
    told = str(run.model.asked[1].messages[-1].content)
    assert "1. Use the operator." in told
    assert "Return the sum." not in told
    assert result["decisions"][0].shown == Plan(steps=["Add the numbers.", "Return the sum."])


async def test_feedback_on_a_plan_is_told_to_the_planner_which_writes_another(converse):
    better = '{"steps": ["Use the operator."]}'
    run = converse(RIGHT, RIGHT_TOO, planner=[PLAN, better], policy=PLANNED, approve=("plan",))
    await run.begin()
    assert await run.answer({"decision": "reject", "feedback": "One step is enough."}) == (
        "plan",
        {"steps": ["Use the operator."]},
    )
    told = str(run.model.asked[1].messages[-1].content)
    assert "One step is enough." in told
    assert "2. Return the sum." in told
    assert (await run.answer(APPROVE))["verdict"] == "verified"


async def test_approved_code_is_delivered_with_the_verdict_of_its_evidence(converse):
    run = converse(RIGHT, RIGHT_TOO, approve=("code",))
    what, shown = await run.begin()
    assert (what, shown["verdict"], shown["evidence"]["agreeing"]) == ("code", "verified", 2)
    result = await run.answer(APPROVE)
    assert (result["verdict"], result["usage"].calls, decisions(result)) == ("verified", 2, [("code", "approve")])
    assert result["decisions"][0].shown.candidate.code == result["code"]


async def test_approval_makes_nothing_verified(converse):
    run = converse(WRONG, WRONG, WRONG, WRONG, WRONG, approve=("code",))
    assert (await run.begin())[1]["verdict"] == "unverified"
    result = await run.answer(APPROVE)
    assert result["verdict"] == "unverified"
    assert "gave -1, expected 5" in result["evidence"].reason


async def test_edited_code_is_tested_and_judged_by_its_evidence(converse):
    run = converse(RIGHT, RIGHT_TOO, approve=("code",))
    await run.begin()
    result = await run.answer({"decision": "edit", "code": "def add(a, b):\n    return b + a"})
    assert result["code"] == "def add(a, b):\n    return b + a\n"
    assert (result["verdict"], result["evidence"].agreeing) == ("verified", 2)
    assert result["usage"].calls == 2


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("def add(a, b):\n    return a - b\n", "gave -1, expected 5"),
        ("def plus(a, b):\n    return a + b\n", "add"),
        ("import os; os._exit(0)\ndef add(a, b):\n    return a + b\n", ""),
        ("def add(a, b):\n    if a == 10**9:\n        return nowhere\n    return a + b\n", "nowhere"),
    ],
)
async def test_an_edit_that_breaks_the_code_is_shown_again_and_never_verified(converse, broken, says):
    run = converse(RIGHT, RIGHT_TOO, approve=("code",))
    await run.begin()
    what, shown = await run.answer({"decision": "edit", "code": broken})
    assert (what, shown["candidate"]["origin"], shown["verdict"]) == ("code", "human", "unverified")
    assert says in json.dumps(shown["evidence"])
    result = await run.answer(APPROVE)
    assert (result["verdict"], result["code"]) == ("unverified", broken)
    assert decisions(result) == [("code", "edit"), ("code", "approve")]


async def test_an_edit_that_behaves_in_another_way_than_the_answers_is_contradicted(converse):
    run = converse(RIGHT, RIGHT_TOO, approve=("code",))
    await run.begin()
    result = await run.answer({"decision": "edit", "code": "def add(a, b):\n    return 99 if a > 3 else a + b"})
    assert result["verdict"] == "plausible"
    assert "gives 99 here" in result["evidence"].reason


async def test_feedback_on_code_is_one_more_repair_and_asked_about_again(converse):
    run = converse(RIGHT, RIGHT_TOO, RIGHT_TOO, truncated("```python\n"), WRONG, approve=("code",))
    await run.begin()
    _, shown = await run.answer({"decision": "reject", "feedback": "Use the builtin."})
    told = str(run.model.asked[-1].messages[-1].content)
    assert "Use the builtin." in told
    assert "return a + b" in told
    assert (shown["candidate"]["origin"], shown["candidate"]["repairs"]) == ("repair", 0)
    assert "sum((a, b))" in shown["candidate"]["code"]
    _, shown = await run.answer({"decision": "reject", "feedback": "Name the numbers."})
    assert "sum((a, b))" in shown["candidate"]["code"], "what the human saw last stays, when nothing new came"
    assert shown["problem"]
    _, shown = await run.answer({"decision": "reject", "feedback": "Use an operator."})
    assert (shown["candidate"]["index"], shown["verdict"]) == (4, "unverified"), "rounds are the human's to grant"
    result = await run.answer({"decision": "reject"})
    assert (result["verdict"], len(run.model.asked)) == ("unverified", 5)
    assert result["evidence"].reason == "The code was rejected by a human."


async def test_feedback_that_no_budget_is_left_for_ends_in_a_question_and_then_in_the_end(converse):
    context = TeamContext(limits=BudgetLimits(max_calls=2))
    run = converse(RIGHT, RIGHT_TOO, RIGHT, approve=("code",), context=context)
    await run.begin()
    _, shown = await run.answer({"decision": "reject", "feedback": "Shorter."})
    assert "max_calls" in shown["problem"]
    assert shown["candidate"]["index"] == 0
    result = await run.answer({"decision": "reject", "feedback": "Shorter!"})
    assert result["evidence"].reason.startswith("The code was rejected by a human: Shorter!")
    assert len(run.model.asked) == 2


NAMED = {"task": "x", "entry_point": "plus"}
BAD = {
    "code": [
        ("yes", "valid dictionary"),
        ({"feedback": "no"}, "discriminator"),
        ({"decision": "maybe"}, "'approve', 'edit', 'reject'"),
        ({"decision": "edit"}, "Field required"),
        ({"decision": "edit", "code": "def add(a, b:"}, "it is not Python"),
        ({"decision": "edit", "code": "# nothing"}, "it holds no code"),
        ({"decision": "approve", "code": "def add(a, b): ..."}, "Extra inputs"),
    ],
    "plan": [({"decision": "edit", "plan": {"steps": []}}, "at least 1 item")],
    "contract": [
        ({"decision": "edit", "contract": contract}, words)
        for contract, words in [
            ({"task": " "}, "task: it is empty"),
            ({"task": "x", "exmaples": []}, "no exmaples"),
            ({"task": "x", "examples": [{"code": "add(1, 2)", "expected": "3"}]}, "without a name"),
            ({"task": "x", "entry_point": "1st"}, "'1st' is not a name"),
            ({"task": "x", "kind": "program", "entry_point": "main"}, "a program has no entry point"),
            ({**NAMED, "examples": [{"code": "add(1, 2)", "expected": "3"}]}, "does not call `plus`"),
            ({**NAMED, "examples": [{"code": "plus(1, 2)"}]}, "asserts nothing"),
            ({**NAMED, "examples": [{"code": "plus(1, 2)", "expected": "3 +"}]}, "is not a Python value"),
            ({**NAMED, "signature": "def add(a, b):"}, "does not define `plus`"),
            ({**NAMED, "signature": "plus of a and b"}, "is not a line such as"),
            ({**NAMED, "imports": ["imp math"]}, "imports"),
            ({**NAMED, "preamble": "def ("}, "preamble"),
        ]
    ],
}


@pytest.mark.parametrize("what", BAD)
async def test_a_bad_answer_is_refused_in_pydantics_words_and_nothing_is_lost(converse, what):
    run = converse(RIGHT, RIGHT_TOO, planner=[PLAN], policy=PLANNED, approve=(what,))
    await run.begin()
    paid = len(run.model.asked)
    for bad, words in BAD[what]:
        with pytest.raises(ValidationError, match=words) as refused:
            await run.answer(bad)
        assert is_invalid_resume(refused.value)
    assert len(run.model.asked) == paid
    assert (await run.answer(APPROVE))["verdict"] == "verified"


async def test_answers_can_be_given_as_objects(converse):
    run = converse(RIGHT, RIGHT_TOO, RIGHT_TOO, approve=("code",))
    await run.begin()
    await run.answer(Reject(feedback="Use the builtin."))
    result = await run.answer(EditCode(code="def add(a, b):\n    return a + b"))
    assert decisions(result) == [("code", "reject"), ("code", "edit")]
