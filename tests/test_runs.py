"""The record of runs: what lies in the folder, who may touch it, and what happens when something is wrong with it."""

import asyncio
import json
import os
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from testing_motet import run_motet
from testing_server import ModelServer

from motet.agents import TeamContext
from motet.graphs import Policy, create_team
from motet.graphs.runs import (
    RunBusyError,
    RunRequest,
    RunStore,
    RunStoreError,
    RunUnreadableError,
    UnknownRunError,
    lift_stop,
    team_for,
)
from motet.models import BudgetLimits, Fault, ModelCallError, ScriptedChatModel

pytestmark = pytest.mark.bubblewrap

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
RIGHT_TOO = "```python\ndef add(a, b):\n    return sum((a, b))\n```"
NUMBERS = Policy(model_inputs=0)
CONFIG = {"configurable": {"thread_id": "1"}}


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def asked(**more):
    return RunRequest(**{"task": TASK, "policy": NUMBERS, "sandbox": "bubblewrap", **more})


def solve(store, run, *answers, **context):
    with store.open(run) as it:
        team = team_for(it.request, model=ScriptedChatModel(answers), checkpointer=it.checkpointer)
        return team.invoke(it.input, it.config, context=TeamContext(**context), durability="sync")


def motet(folder, *arguments):
    return run_motet(*arguments, env={**os.environ, "NO_COLOR": "1", "MOTET_STATE_DIR": str(folder)})


def test_a_run_tells_where_it_stands_from_its_beginning_to_its_end(store):
    run = store.create(asked(limits=BudgetLimits(max_calls=7), seed=3))
    assert (run.status, run.next, run.usage.calls, run.resumable) == ("interrupted", (), 0, True)
    with pytest.raises(ModelCallError):
        solve(store, run.id, *[Fault.SERVER_ERROR] * 5)
    failed = store.get(run.id)
    assert (failed.status, failed.next, failed.verdict) == ("failed", ("coder",), None)
    assert "server error" in failed.error
    assert solve(store, run.id, RIGHT, RIGHT_TOO)["verdict"] == "verified"
    done = store.get(run.id[:2])
    assert (done.status, done.verdict, done.error, done.resumable) == ("finished", "verified", None, False)
    assert (done.usage.calls, done.request.limits.max_calls, done.request.seed) == (2, 7, 3)
    assert 0 < done.bytes < 1_000_000
    events = [(step.role, event["event"]) for step in store.steps(run.id) for event in step.events]
    assert events[:3] == [("planner", "contract"), ("coder", "candidate"), ("tester", "inputs")]
    assert events[-2:] == [("reviewer", "review"), ("finish", "verdict")]
    assert store.state(run.id)["code"] == "def add(a, b):\n    return a + b\n"


def test_one_at_a_time_works_on_a_run(store):
    run = store.create(asked())
    with store.open(run.id):
        for busy in (lambda: store.open(run.id).__enter__(), lambda: store.remove(run.id)):
            with pytest.raises(RunBusyError, match=f"process {os.getpid()}, since"):
                busy()
        assert store.get(run.id).status == "running"
    assert store.get(run.id).owner is None
    with store.open(run.id):
        pass


def test_a_run_can_be_opened_from_async_code(store):
    run = store.create(asked())

    async def work():
        async with store.aopen(run.id) as it:
            team = team_for(it.request, model=ScriptedChatModel([RIGHT, RIGHT_TOO]), checkpointer=it.checkpointer)
            return await team.ainvoke(it.input, it.config, durability="sync")

    assert asyncio.run(work())["verdict"] == "verified"
    assert store.get(run.id).verdict == "verified"


def test_a_stop_can_be_lifted(store):
    run = store.create(asked(limits=BudgetLimits(max_calls=1)))
    assert solve(store, run.id, RIGHT, limits=BudgetLimits(max_calls=1))["verdict"] == "plausible"
    assert "max_calls" in store.get(run.id).stopped
    with store.open(run.id) as it:
        team = team_for(it.request, model=ScriptedChatModel([RIGHT_TOO]), checkpointer=it.checkpointer)
        team.update_state(it.config, *lift_stop(team.get_state(it.config).values))
        assert store.get(run.id).next == ("coder",)
        result = team.invoke(None, it.config, durability="sync")
    assert (result["verdict"], result["usage"].calls) == ("verified", 2)


def test_what_is_no_run_is_left_alone_and_what_is_damaged_is_said(store, tmp_path):
    good = store.create(asked())
    (store.folder / "notes.txt").write_text("mine")
    (store.folder / "backup").mkdir()
    (store.folder / "abcdef").mkdir()
    assert [run.id for run in store] == [good.id]
    broken = store.create(asked())
    (broken.folder / "run.json").write_text('{"task": "Wri')
    torn = store.create(asked())
    (torn.folder / "checkpoints.sqlite").write_bytes(b"SQLite format 3\x00" + b"\x07" * 5000)
    gone = store.create(asked())
    (gone.folder / "checkpoints.sqlite").unlink()
    states = {run.id: run.status for run in store}
    assert states == {good.id: "interrupted", **dict.fromkeys((broken.id, torn.id, gone.id), "unreadable")}
    for run in (broken, torn, gone):
        with pytest.raises(RunUnreadableError, match=run.id):
            store.state(run.id)
    listed = motet(tmp_path, "runs")
    assert listed.returncode == 0
    assert listed.stdout.count("unreadable") == 3
    shown = motet(tmp_path, "show", torn.id)
    assert (shown.returncode, "Traceback" in shown.stderr) == (1, False)
    assert "damaged" in shown.stderr
    assert motet(tmp_path, "runs", "rm", broken.id, torn.id).returncode == 0
    assert (store.folder / "notes.txt").read_text() == "mine"


def test_a_state_that_another_version_wrote_is_refused_in_words(store):
    run = store.create(asked())
    solve(store, run.id, RIGHT, RIGHT_TOO)
    with sqlite3.connect(run.folder / "checkpoints.sqlite") as connection:
        # As if candidates had been without an origin then.
        connection.execute(
            "UPDATE checkpoints SET checkpoint = CAST(replace(checkpoint, ?, ?) AS BLOB)", (b"origin", b"genius")
        )
    connection.close()
    with pytest.raises(RunUnreadableError, match="its candidates cannot be read by this version"):
        store.state(run.id)
    with pytest.raises(RunUnreadableError, match="Go on with the version that began it"):
        solve(store, run.id)


def test_ids_may_be_cut_as_long_as_one_run_is_meant(store):
    runs = [store.create(asked()) for _ in range(40)]
    assert all(store.get(run.id).id == run.id for run in runs)
    with pytest.raises(UnknownRunError, match="no run"):
        store.get("0")
    with pytest.raises(UnknownRunError, match="no run"):
        store.get("")
    letters = [run.id[0] for run in runs]
    double = next(letter for letter in letters if letters.count(letter) > 1)
    with pytest.raises(UnknownRunError, match="begins several"):
        store.get(double)


def test_the_newest_comes_first_and_only_so_many_are_kept(tmp_path):
    store = RunStore(tmp_path / "runs", keep=3)
    now = datetime.now(UTC)
    runs = [store.create(asked(created=now + timedelta(seconds=number))).id for number in range(3)]
    with store.open(runs[0]):
        later = [store.create(asked(created=now + timedelta(seconds=10 + number))).id for number in range(3)]
        assert [run.id for run in store] == [*reversed(later), runs[0]], "one that is worked on stays"


def test_a_folder_that_cannot_be_written_is_said_before_any_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunStoreError, match="MOTET_STATE_DIR"):
        RunStore(tmp_path / "file" / "runs").create(asked())
    done = motet(tmp_path / "file", "solve", TASK, "--model", "http://127.0.0.1:9/v1#tiny-1b")
    assert done.returncode == 2
    assert "--no-record" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    listed = motet(tmp_path / "file", "runs")
    assert listed.returncode == 0


def test_a_full_disk_keeps_what_was_finished(store):
    run = store.create(asked())
    model = ScriptedChatModel([RIGHT, RIGHT_TOO])

    def work_on_a_small_disk():
        with store.open(run.id) as it:
            [(pages,)] = it.checkpointer.conn.execute("PRAGMA page_count").fetchall()
            it.checkpointer.conn.execute(f"PRAGMA max_page_count = {pages + 6}")
            team = team_for(it.request, model=model, checkpointer=it.checkpointer)
            team.invoke(it.input, it.config, durability="sync")

    with pytest.raises(RunStoreError, match="full"):
        work_on_a_small_disk()
    assert store.get(run.id).status in ("interrupted", "failed")
    left = {0: [RIGHT, RIGHT_TOO], 1: [RIGHT_TOO], 2: []}[store.get(run.id).usage.calls]
    assert solve(store, run.id, *left)["verdict"] == "verified"


@pytest.mark.parametrize(
    "saver", [InMemorySaver, lambda: SqliteSaver(sqlite3.connect(":memory:", check_same_thread=False))]
)
def test_any_checkpointer_works_in_code(saver, caplog):
    saver = saver()
    with pytest.raises(ModelCallError):
        create_team(
            model=ScriptedChatModel([Fault.SERVER_ERROR] * 5), policy=NUMBERS, sandbox="bubblewrap", checkpointer=saver
        ).invoke({"task": TASK}, CONFIG)
    model = ScriptedChatModel([RIGHT, RIGHT_TOO])
    team = create_team(model=model, policy=NUMBERS, sandbox="bubblewrap", checkpointer=saver)
    assert team.invoke(None, CONFIG)["verdict"] == "verified"
    assert caplog.text == ""


async def test_async_code_takes_the_async_checkpointer(tmp_path):
    async with AsyncSqliteSaver.from_conn_string(str(tmp_path / "x.sqlite")) as saver:
        model = ScriptedChatModel([RIGHT, RIGHT_TOO])
        team = create_team(model=model, policy=NUMBERS, sandbox="bubblewrap", checkpointer=saver)
        assert (await team.ainvoke({"task": TASK}, CONFIG))["verdict"] == "verified"
        assert (await team.aget_state(CONFIG)).values["verdict"] == "verified"


def test_the_commands_show_remove_and_prune(store, tmp_path):
    done, begun = store.create(asked()), store.create(asked(task="Write neg(a).\n\nneg(1) == -1"))
    solve(store, done.id, RIGHT, RIGHT_TOO)
    lines = motet(tmp_path, "runs").stdout.splitlines()
    assert any(line.startswith(done.id) and "verified" in line for line in lines)
    assert any(line.startswith(begun.id) and "interrupted" in line and "Write neg(a)" in line for line in lines)
    told = json.loads(motet(tmp_path, "show", done.id, "--json").stdout)
    assert (told["result"]["verdict"], told["request"]["task"]) == ("verified", TASK)
    assert [call["role"] for call in told["calls"]] == ["coder", "coder"]
    assert [one["outcome"] for one in told["attempts"]] == ["passed", "passed"]
    assert [step["role"] for step in told["steps"]][:2] == ["planner", "coder"]
    shown = motet(tmp_path, "show", done.id).stdout
    for word in (TASK, "2 of 2 examples passed", "return a + b", "2 calls", str(store.folder)):
        assert word in shown
    assert json.loads(motet(tmp_path, "show", begun.id, "--json").stdout)["result"] is None
    assert "1 finished run removed" in motet(tmp_path, "runs", "prune").stdout
    assert [run.id for run in store] == [begun.id]
    assert motet(tmp_path, "runs", "rm", begun.id).returncode == 0
    assert not any(store.folder.iterdir())
    assert motet(tmp_path, "runs", "rm", begun.id).returncode == 2


def test_nobody_else_may_read_what_was_asked(store):
    run = store.create(asked())
    shutil.copytree(run.folder, store.folder / "copied")
    assert run.folder.stat().st_mode & 0o077 == 0
    assert (run.folder / "run.json").stat().st_mode & 0o077 == 0


def test_text_that_is_no_unicode_breaks_nothing(tmp_path):
    with ModelServer("```python\ndef add(a, b):\n    raise ValueError(chr(0xD83D))\n```") as server:
        asked = ("solve", TASK, "--model", server.spec, "--sandbox", "bubblewrap", "--policy", "7b", "--json")
        done = motet(tmp_path, *asked)
        assert done.returncode == 3, done.stderr
        assert "\\ud83d" in json.loads(done.stdout)["evidence"]["failures"][0]
        assert "is wrong" in server.requests[-1]["messages"][-1]["content"], "the repair is asked for as well"
        assert "ud83d" in motet(tmp_path, "show").stdout
        refused = motet(tmp_path, "solve", b"Write add(a, b) \xff", "--model", server.spec)
        assert (refused.returncode, "UTF-8" in refused.stderr) == (2, True)
        server.shutdown()
