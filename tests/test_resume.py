"""A run that its process did not survive is gone on with, and nothing that was finished is paid for again."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from testing_server import ModelServer

pytestmark = pytest.mark.bubblewrap

HERE = Path(__file__).parent
MOTET = str(Path(sys.executable).with_name("motet"))
TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"


@pytest.fixture
def environment(tmp_path):
    return {**os.environ, "MOTET_STATE_DIR": str(tmp_path / "state"), "NO_COLOR": "1"}


@pytest.fixture
def server():
    with ModelServer(RIGHT) as server:
        yield server
        server.go_on()
        server.shutdown()


@pytest.fixture
def motet(environment):
    def run(*arguments):
        command = [MOTET, *map(str, arguments)]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, env=environment)

    return run


@pytest.fixture
def solving(environment):
    """Start `motet solve` and leave it at work."""
    processes = []

    def start(server, *arguments):
        command = [MOTET, "solve", TASK, "--model", server.spec, "--sandbox", "bubblewrap", *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("policy", "way"), [("one by one", "async"), ("at once", "async"), ("one by one", "sync")])
def test_killed_at_every_node_in_turn_a_run_ends_the_same_and_asks_for_nothing_again(policy, way, tmp_path):
    program = [sys.executable, str(HERE / "testing_kills.py"), str(tmp_path), policy, way]
    done = subprocess.run(program, check=False, capture_output=True, text=True, timeout=1100)
    assert done.returncode == 0, done.stderr
    undisturbed, *killed, last = json.loads(done.stdout)
    expected = undisturbed["after"]
    assert (expected["status"], expected["verdict"]) == ("finished", "verified")
    assert last["after"]["verdict"] == "verified"
    roles = {"planner", "coder", "tester", "reviewer", "finish"}
    assert {f"entry of {role}" for role in roles} | {"call of coder"} <= {one["killed"] for one in killed}
    for one in killed:
        before, after = one["before"], one["after"]
        assert (after["verdict"], after["code"]) == (expected["verdict"], expected["code"]), one["killed"]
        assert after["status"] == "finished"
        # The ledger: what was on the disk is there still, each call once, and as many as ever in the end.
        assert set(before["calls"]) <= set(after["calls"])
        assert len(set(after["calls"])) == len(after["calls"]) == len(expected["calls"])
        # Only calls whose answer was not on the disk yet are made again.
        lost = len(before["asked"]) - before["spent"]
        assert len(after["asked"]) == len(expected["asked"]) + lost, one["killed"]
        if one["killed"].startswith("after saving") and policy == "one by one":
            assert lost == 0
        if one["killed"].startswith("entry of") and policy == "one by one":
            assert lost == 0


@pytest.mark.parametrize("strict", ["true", "false"])
def test_checkpoints_give_every_value_back_as_what_it_was_and_nothing_warns(strict, tmp_path):
    program = [sys.executable, "-W", "error", str(HERE / "testing_checkpoints.py"), str(tmp_path)]
    environment = {**os.environ, "LANGGRAPH_STRICT_MSGPACK": strict}
    done = subprocess.run(program, check=False, capture_output=True, text=True, timeout=280, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) >= 8, "checkpoints that were gone on from"


def test_the_command_goes_on_after_kill_9_and_tells_what_is_there(solving, server, motet, tmp_path):
    server.hold = 1
    out = tmp_path / "add.py"
    process = solving(server, "--out", out)
    assert server.held.wait(60)
    [run] = json.loads(motet("runs", "--json").stdout)
    assert (run["status"], run["usage"]["calls"], run["owner"]["pid"]) == ("running", 1, process.pid)
    refused = motet("resume", run["id"])
    assert refused.returncode == 1
    assert f"process {process.pid}" in refused.stderr
    assert motet("runs", "rm", run["id"]).returncode == 1
    process.kill()
    process.wait()
    [killed] = json.loads(motet("runs", "--json").stdout)
    assert (killed["status"], killed["next"], killed["owner"]) == ("interrupted", ["coder"], None)
    shown = motet("show").stdout
    assert f"`motet resume {run['id']}` goes on with coder" in shown
    assert "answer 1: 2 of 2 examples passed" in shown
    server.go_on()
    done = motet("resume", "--json")
    result = json.loads(done.stdout)
    assert (done.returncode, result["run"], result["verdict"]) == (0, run["id"], "verified")
    assert result["code"] == out.read_text()
    assert result["usage"]["calls"] == 3
    assert len(server.requests) == 4, "the one that was under way was made again, and no other"
    again = motet("resume", run["id"][:4])
    assert (again.returncode, again.stdout) == (0, result["code"])
    assert len(server.requests) == 4, "a finished run is shown and not run"


def test_ctrl_c_says_how_to_go_on(solving, server, motet):
    server.hold = 0
    process = solving(server)
    assert server.held.wait(60)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    [run] = json.loads(motet("runs", "--json").stdout)
    assert process.returncode == 130
    assert "Interrupted" in stderr
    assert f"motet resume {run['id']}" in stderr
    assert "Traceback" not in stderr
    server.go_on()
    done = motet("resume")
    assert done.returncode == 0, done.stderr
    assert "add(a, b), 2 examples in the task" in done.stderr, "what is there is told first"


def test_a_run_that_ended_at_its_limit_goes_on_with_a_larger_one(motet, server):
    solved = motet("solve", TASK, "--model", server.spec, "--sandbox", "bubblewrap", "--max-calls", 1, "--json")
    first = json.loads(solved.stdout)
    assert (solved.returncode, first["verdict"], first["usage"]["calls"]) == (3, "plausible", 1)
    shown = motet("resume", first["run"])
    assert shown.returncode == 3
    assert "A larger limit lets it go on" in shown.stderr
    done = motet("resume", first["run"], "--max-calls", 9, "--json")
    result = json.loads(done.stdout)
    assert (done.returncode, result["verdict"], result["usage"]["calls"]) == (0, "verified", 3)
    assert len(server.requests) == 3


def test_a_failed_run_says_why_and_goes_on_with_another_model(motet, server):
    nobody = "http://127.0.0.1:9/v1#tiny-1b"
    failed = motet("solve", TASK, "--model", nobody, "--sandbox", "bubblewrap")
    assert failed.returncode == 1
    [run] = json.loads(motet("runs", "--json").stdout)
    assert run["status"] == "failed"
    assert "did not answer" in run["error"]
    assert f"motet resume {run['id']}" in failed.stderr
    done = motet("resume", "--model", server.spec)
    assert done.returncode == 0, done.stderr


def test_two_shells_at_once_do_not_meet(solving, server, motet):
    processes = [solving(server, "--json") for _ in range(3)]
    results = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    assert [result["verdict"] for result in results] == ["verified"] * 3
    assert len({result["run"] for result in results}) == 3
    assert {run["id"] for run in json.loads(motet("runs", "--json").stdout)} == {one["run"] for one in results}


@pytest.mark.model
def test_the_real_model_is_not_asked_again_for_what_it_had_answered(environment, motet):
    task = "Write is_even(n: int) -> bool.\n>>> is_even(4)\nTrue\n>>> is_even(7)\nFalse\n>>> is_even(0)\nTrue"
    model = "local:qwen2.5-coder-0.5b"
    process = subprocess.Popen(
        [MOTET, "solve", task, "--model", model], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment
    )
    # What is told is on the disk some milliseconds later, and before whatever is told next.
    told = iter(process.stderr)
    assert any(b"answer 1" in line for line in told)
    next(told)
    process.kill()
    process.communicate()
    before = json.loads(motet("show", "--json").stdout)
    assert before["status"] == "interrupted"
    assert before["usage"]["calls"] >= 1
    done = motet("resume", before["id"], "--json")
    assert done.returncode == 0, done.stderr
    after = json.loads(motet("show", before["id"], "--json").stdout)
    assert after["verdict"] == "verified"
    assert after["calls"][: len(before["calls"])] == before["calls"]
    assert after["usage"]["calls"] > before["usage"]["calls"]
