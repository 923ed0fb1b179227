"""The command as a user meets it: a process of its own, its exit code, and what it prints where."""

import ctypes
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from testing_server import ModelServer

MOTET = str(Path(sys.executable).with_name("motet"))
TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"


def motet(*arguments, stdin="", **env):
    return subprocess.run(
        [MOTET, *map(str, arguments)],
        check=False,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "NO_COLOR": "1", **env},
    )


@pytest.fixture
def right():
    with ModelServer(RIGHT) as server:
        yield server.spec
        server.shutdown()


@pytest.mark.bubblewrap
def test_json_is_the_only_thing_on_standard_output(right, tmp_path):
    out = tmp_path / "add.py"
    done = motet("solve", TASK, "--model", right, "--sandbox", "bubblewrap", "--json", "--out", out)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["verdict"] == "verified"
    assert result["code"] == out.read_text() == "def add(a, b):\n    return a + b\n"
    assert result["run"]
    assert (result["usage"]["tokens"], result["usage"]["calls"]) == (45, 3), "the same program again proves little"
    assert result["usage"]["by_role"]["coder"]["calls"] == 3
    assert result["evidence"]["sandbox"] == "bubblewrap"


@pytest.mark.bubblewrap
def test_the_code_alone_is_on_standard_output_and_its_story_on_standard_error(right, tmp_path):
    task = tmp_path / "task.md"
    task.write_text(TASK)
    done = motet("solve", task, "--model", right, "--sandbox", "bubblewrap")
    assert (done.returncode, done.stdout) == (0, "def add(a, b):\n    return a + b\n")
    for word in ("planner", "coder", "tester", "reviewer", "verified", "2 of 2 examples passed", "tokens"):
        assert word in done.stderr


@pytest.mark.bubblewrap
@pytest.mark.model
def test_another_process_remembers_what_was_solved(right, tmp_path):
    given = ("solve", TASK, "--model", right, "--sandbox", "bubblewrap", "--memory", tmp_path / "memory")
    first, second = motet(*given), motet(*given, "--json")
    assert "learn  admitted" in first.stderr
    result = json.loads(second.stdout)
    assert (second.returncode, result["verdict"], result["usage"]["calls"]) == (0, "verified", 0)
    assert result["code"] == first.stdout
    shown = motet("show", result["run"])
    assert "from the memory" in shown.stdout + shown.stderr
    without = motet(*given, "--memory", "off", "--json")
    assert json.loads(without.stdout)["usage"]["calls"] == 3


@pytest.mark.bubblewrap
def test_a_memory_that_cannot_be_opened_is_told_of_and_done_without(right, tmp_path):
    file = tmp_path / "file"
    file.write_text("no folder")
    done = motet("solve", TASK, "--model", right, "--sandbox", "bubblewrap", "--memory", file)
    assert (done.returncode, done.stdout) == (0, "def add(a, b):\n    return a + b\n")
    assert "works without the memory" in done.stderr


@pytest.mark.bubblewrap
def test_what_is_delivered_without_proof_exits_with_3_and_what_fails_the_users_tests_too(tmp_path):
    tests = tmp_path / "test_add.py"
    tests.write_text("from solution import add\n\ndef test_add():\n    assert add(1, 1) == 3\n")
    with ModelServer(RIGHT) as server:
        shown = motet("solve", "-", "--model", server.spec, "--sandbox", "bubblewrap", stdin="Write add(a, b).")
        tested = motet("solve", "Write add(a, b).", "--model", server.spec, "--sandbox", "bubblewrap", "--tests", tests)
        server.shutdown()
    assert (shown.returncode, tested.returncode) == (3, 3)
    assert "return a + b" in shown.stdout
    assert "test_add" in tested.stderr


@pytest.mark.bubblewrap
def test_an_answer_without_code_is_a_failure_and_leaves_no_file(tmp_path):
    with ModelServer("I would rather not.") as server:
        done = motet("solve", TASK, "--model", server.spec, "--sandbox", "bubblewrap", "--out", tmp_path / "x.py")
        server.shutdown()
    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["solve", ""], "empty"),
        (["solve", "   "], "empty"),
        (["solve", "-"], "empty"),
        (["solve", "no/such/task.md"], "no file"),
        (["solve", "."], "cannot be read"),
        (["solve", TASK, "--model", "local:gpt-9"], "gpt-9"),
        (["solve", TASK, "--model", "nonsense"], "nonsense"),
        (["solve", TASK, "--model", "local:/no/such.gguf"], "/no/such.gguf"),
        (["solve", TASK, "--sandbox", "cloud"], "cloud"),
        (["solve", TASK, "--policy", "huge"], "huge"),
        (["solve", TASK, "--max-tokens", "0"], "--max-tokens"),
        (["solve", TASK, "--max-seconds", "-1"], "--max-seconds"),
        (["solve", TASK, "--max-seconds", "nan"], "--max-seconds"),
        (["solve", TASK, "--max-calls", "0"], "--max-calls"),
        (["solve", TASK, "--max-cost", "-0.5"], "--max-cost"),
        (["solve", TASK, "--prices", "no/such/prices.toml"], "no/such/prices.toml"),
        (["solve", TASK, "--prices", "pyproject.toml"], "no table of prices"),
        (["solve", TASK, "--max-cost", "1", "--model", "http://127.0.0.1:9/v1#some"], "some has no price"),
        (["solve", TASK, "--tests", "no/such/tests.py"], "no/such/tests.py"),
        (["solve", TASK, "--out", "no/such/folder/x.py"], "no/such/folder"),
        (["solve", TASK, "--out", "."], "folder"),
        (["solve", TASK, "--entry-point", "not a name"], "not a name"),
        (["models", "pull", "gpt-9"], "gpt-9"),
    ],
)
def test_bad_input_ends_with_2_and_one_clear_line(arguments, says):
    done = motet(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.bubblewrap
def test_money_is_counted_shown_and_limited(right, tmp_path):
    prices = tmp_path / "prices.toml"
    prices.write_text("tiny-1b = { input = 0, output = 100_000 }\n", encoding="utf-8")
    at_a_limit = ["--sandbox", "bubblewrap", "--model", right, "--prices", prices, "--max-calls", "1", "--json"]
    usage = json.loads(motet("solve", TASK, *at_a_limit).stdout)["usage"]
    assert (usage["calls"], usage["cost"]) == (1, pytest.approx(5 * 0.1))
    assert "max_calls" in usage["stopped"]
    done = motet("solve", TASK, "--sandbox", "bubblewrap", "--model", right, "--prices", prices, "--max-cost", "0.5")
    assert done.returncode == 3
    assert "max_cost allows $0.5" in done.stderr
    assert "$0.5000" in done.stderr


def test_a_tests_file_without_tests_is_bad_input(tmp_path):
    empty = tmp_path / "empty.py"
    empty.write_text("x = 1\n")
    done = motet("solve", TASK, "--tests", empty)
    assert done.returncode == 2
    assert "no tests" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_in_one_line():
    command = f"{MOTET} graph > /dev/full"
    done = subprocess.run(["sh", "-c", command], check=False, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 2
    assert "full" in done.stderr
    assert "Traceback" not in done.stderr


def interrupt(pid):
    os.kill(pid, signal.SIGINT)


def interrupt_another_thread(pid):
    """Leave the main thread waiting, as a signal does that comes just before the wait begins."""
    thread = max(map(int, os.listdir(f"/proc/{pid}/task")))
    assert thread != pid
    assert ctypes.CDLL(None).tgkill(pid, thread, signal.SIGINT) == 0


@pytest.mark.bubblewrap
@pytest.mark.parametrize("record", ["--record", "--no-record"])
@pytest.mark.parametrize("end", [interrupt, interrupt_another_thread])
def test_ctrl_c_ends_at_once_with_one_line_and_nothing_half_written(tmp_path, end, record):
    with ModelServer(RIGHT, delay=60) as server:
        process = subprocess.Popen(
            [
                MOTET,
                "solve",
                TASK,
                "--model",
                server.spec,
                "--sandbox",
                "bubblewrap",
                record,
                "--out",
                tmp_path / "x.py",
            ],
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.asked.wait(30)
        end(process.pid)
        try:
            stdout, stderr = process.communicate(timeout=30)
        finally:
            process.kill()
            server.shutdown()
    assert process.returncode == 130
    assert stdout == ""
    assert "Interrupted" in stderr
    assert "Traceback" not in stderr
    assert list(tmp_path.iterdir()) == []


def test_graph_prints_mermaid_and_doctor_tells_what_is_here():
    assert "coder --> tester" in motet("graph").stdout
    found = json.loads(motet("doctor", "--json").stdout)
    assert {status["kind"] for status in found["sandboxes"]} == {"docker", "bubblewrap"}
    kinds = {model["name"]: model["kind"] for model in found["models"]}
    assert kinds == {"qwen2.5-coder-0.5b": "chat", "qwen2.5-coder-1.5b": "chat", "all-minilm-l6-v2-int8": "embedding"}
    assert len(json.loads(motet("models", "list", "--json").stdout)) == 3
    assert "Apache-2.0" in motet("models", "list").stdout


@pytest.mark.model
@pytest.mark.bubblewrap
def test_the_main_job_on_real_parts():
    task = "Write is_even(n: int) -> bool.\n>>> is_even(4)\nTrue\n>>> is_even(7)\nFalse\n>>> is_even(0)\nTrue"
    done = motet("solve", task, "--model", "local:qwen2.5-coder-0.5b", "--json")
    result = json.loads(done.stdout)
    assert (done.returncode, result["verdict"]) == (0, "verified"), done.stderr
    assert result["usage"]["by_role"]["coder"]["calls"] >= 2


@pytest.mark.bubblewrap
def test_coverage_on_request_and_the_security_screen_are_shown(tmp_path):
    tests = tmp_path / "tests.py"
    tests.write_text("assert value('[1]') == [1]")
    insecure = "```python\ndef value(x):\n    if x is None:\n        return None\n    return eval(x)\n```"
    common = ("solve", "Write value(x).", "--sandbox", "bubblewrap", "--no-record", "--tests", tests, "--coverage")
    with ModelServer(insecure) as server:
        shown = motet(*common, "--model", server.spec)
        printed = motet(*common, "--json", "--model", server.spec)
    assert shown.returncode == 0
    assert "security: line 4: B307 (medium severity)" in shown.stderr
    assert "% of its lines and branches, not line 3" in shown.stderr
    evidence = json.loads(printed.stdout)["evidence"]
    assert evidence["coverage"]["missing_lines"] == [3]
    assert evidence["security"][0]["rule"] == "B307"
