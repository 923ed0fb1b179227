"""Humans at the command line: with a terminal of their own, and where nobody sits at one."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from testing_motet import run_motet
from testing_server import ModelServer

from motet.agents import Contract, Example
from motet.cli.editing import answer_of, text_of

pytestmark = pytest.mark.bubblewrap

MOTET = str(Path(sys.executable).with_name("motet"))
TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
CODE = "def add(a, b):\n    return a + b\n"
RIGHT = f"```python\n{CODE}```"


@pytest.fixture
def environment(tmp_path):
    return {**os.environ, "MOTET_STATE_DIR": str(tmp_path / "state"), "TERM": "xterm", "COLUMNS": "120"}


@pytest.fixture
def server():
    with ModelServer(RIGHT) as server:
        yield server
        server.shutdown()


@pytest.fixture
def motet(environment):
    def run(*arguments, stdin=""):
        return run_motet(*arguments, stdin=stdin, env=environment)

    return run


@pytest.fixture
def solve(motet, server):
    def run(*arguments):
        return motet("solve", TASK, "--model", server.spec, "--sandbox", "bubblewrap", *arguments)

    return run


class Terminal:
    """A process whose human is the test: it reads keys from, and writes what is no result to, a pseudo-terminal."""

    def __init__(self, *arguments, env):
        self.master, slave = pty.openpty()
        # The first terminal that a new session opens becomes its own, and sends it Ctrl-C.
        opening = f'exec "$0" "$@" <{os.ttyname(slave)} 2>{os.ttyname(slave)}'
        self.process = subprocess.Popen(
            ["sh", "-c", opening, MOTET, *map(str, arguments)],
            stdout=subprocess.PIPE,
            env=env,
            start_new_session=True,
        )
        self.slave = slave
        self.seen = ""

    def until(self, text):
        """Wait until something is on the screen that was not there before; returns all that came till then."""
        deadline = time.monotonic() + 100
        while text not in (plain := re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.seen)):
            assert time.monotonic() < deadline, f"{text!r} is not in {plain!r}"
            assert self.process.poll() is None or select.select([self.master], [], [], 0)[0], plain
            if select.select([self.master], [], [], 1)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace")
        self.seen = ""
        return plain

    def type(self, keys):
        os.write(self.master, keys.encode())

    def end(self):
        """Wait for the end; returns the exit code and standard output."""
        output, _ = self.process.communicate(timeout=100)
        return self.process.returncode, output.decode()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        os.close(self.slave)
        os.close(self.master)


@pytest.fixture
def terminal(environment, server):
    opened = []

    def start(*arguments, **env):
        opened.append(Terminal(*arguments, env={**environment, **env}))
        return opened[-1]

    def solving(*asked, **env):
        options = [word for what in asked for word in ("--approve", what)]
        return start("solve", TASK, "--model", server.spec, "--sandbox", "bubblewrap", *options, **env)

    start.solving = solving
    yield start
    for one in opened:
        one.close()


def editor(folder, old, new):
    """A program that edits a file as a human would."""
    script = folder / "editor.py"
    script.write_text(
        "import pathlib, sys\npath = pathlib.Path(sys.argv[1])\ntext = path.read_text()\n"
        f"assert {old!r} in text, text\npath.write_text(text.replace({old!r}, {new!r}))\n"
    )
    return f"{sys.executable} '{script}'"


def test_a_human_at_the_terminal_sees_the_contract_and_the_code_and_approves(terminal):
    human = terminal.solving("contract", "code")
    shown = human.until("(Ctrl-C")
    assert "add(2, 3)  is  5" in shown
    assert "called add" in shown
    human.type("a\n")
    shown = human.until("(Ctrl-C")
    assert "return a + b" in shown
    assert "2 of 2 passed" in shown
    human.type("approve\n")
    assert human.end() == (0, CODE)


def test_what_is_edited_in_the_editor_is_tested_and_delivered(terminal, tmp_path):
    human = terminal.solving("code", VISUAL="", EDITOR=editor(tmp_path, "a + b", "b + a"))
    human.until("(Ctrl-C")
    human.type("e\n")
    code, output = human.end()
    assert output == "def add(a, b):\n    return b + a\n"
    assert code == 0


def test_an_edit_that_breaks_the_code_is_asked_about_again(terminal, tmp_path, motet):
    human = terminal.solving("code", VISUAL=editor(tmp_path, "a + b", "a - b"))
    human.until("(Ctrl-C")
    human.type("e\n")
    assert "gave -1, expected 5" in human.until("(Ctrl-C")
    human.type("r\n")
    human.until("ends the run")
    human.type("\n")
    assert human.end() == (3, "def add(a, b):\n    return a - b\n")
    [run] = json.loads(motet("runs", "--json").stdout)
    assert (run["status"], run["verdict"]) == ("finished", "unverified")


def test_an_edit_that_cannot_be_used_is_refused_and_kept_for_the_next_try(terminal, tmp_path):
    human = terminal.solving("code", VISUAL=editor(tmp_path, "return", "retrun"))
    human.until("(Ctrl-C")
    human.type("e\n")
    assert "it is not Python" in human.until("(Ctrl-C")
    human.type("e\n")
    assert "ended with code 1" in human.until("(Ctrl-C"), "the editor looks for `return` and finds what was written"
    human.type("x\n")
    human.until("(Ctrl-C")
    human.type("a\n")
    assert human.end() == (0, CODE)


def test_the_contract_can_be_edited_as_toml(terminal, tmp_path):
    human = terminal.solving("contract", VISUAL=editor(tmp_path, 'expected = "0"', 'expected = "1"'))
    human.until("(Ctrl-C")
    human.type("e\n")
    code, _ = human.end()
    assert code == 3


@pytest.mark.parametrize("leave", ["\x03", "\x04"])
def test_ctrl_c_at_the_question_leaves_a_run_that_can_be_gone_on_with(terminal, motet, server, leave):
    human = terminal.solving("code")
    human.until("(Ctrl-C")
    human.type(leave)
    shown = human.until("goes on from here")
    [run] = json.loads(motet("runs", "--json").stdout)
    assert run["id"] in shown
    assert human.end()[0] == 130
    assert (run["status"], run["questions"][0]["value"]["what"]) == ("waiting", "code")
    paid = len(server.requests)
    human = terminal("resume")
    human.until("(Ctrl-C")
    human.type("a\n")
    assert human.end() == (0, CODE)
    assert len(server.requests) == paid


def test_ctrl_c_in_the_editor_is_the_editors(terminal, tmp_path):
    script = tmp_path / "patient.py"
    script.write_text(
        "import signal, sys, time\nsignal.signal(signal.SIGINT, lambda *_: sys.exit(0))\n"
        "print('editing', file=sys.stderr)\ntime.sleep(60)\n"
    )
    human = terminal.solving("code", VISUAL=f"{sys.executable} {script}")
    human.until("(Ctrl-C")
    human.type("e\n")
    human.until("editing")
    human.type("\x03")
    assert "Nothing was changed" in human.until("(Ctrl-C")
    human.type("a\n")
    assert human.end()[0] == 0


def test_where_nobody_is_there_the_run_waits_and_says_how_to_answer(solve, motet, server):
    done = solve("--approve", "contract", "--approve", "code")
    assert (done.returncode, done.stdout) == (4, "")
    run = re.search(r"motet resume (\w+) --approve", done.stderr)[1]
    assert "add(2, 3)  is  5" in done.stderr
    assert not server.requests
    assert motet("resume", run).returncode == 4
    assert "waits for your decision" in motet("show", run).stdout
    done = motet("resume", run, "--approve", "--json")
    assert done.returncode == 4
    waiting = json.loads(done.stdout)
    assert (waiting["run"], waiting["status"], waiting["waiting"]["what"]) == (run, "waiting", "code")
    assert waiting["waiting"]["value"]["candidate"]["code"] == CODE
    assert waiting["waiting"]["schema"]["discriminator"]["propertyName"] == "decision"
    assert f"motet resume {run} --edit FILE" in waiting["waiting"]["answer"]
    paid = len(server.requests)
    done = motet("resume", run, "--approve", "--json")
    result = json.loads(done.stdout)
    assert (done.returncode, result["verdict"], len(server.requests)) == (0, "verified", paid)
    assert [(one["what"], one["answer"]["decision"]) for one in result["decisions"]] == [
        ("contract", "approve"),
        ("code", "approve"),
    ]
    shown = motet("show", run).stdout
    assert "human  approves the contract" in shown
    assert "human  approves the code" in shown


def test_feedback_edits_and_rejections_come_from_options(solve, motet, server, tmp_path):
    run = json.loads(solve("--approve", "code", "--json").stdout)["run"]
    done = motet("resume", run, "--reject", "Name the numbers.", "--json")
    assert (done.returncode, json.loads(done.stdout)["waiting"]["value"]["candidate"]["repairs"]) == (4, 0)
    assert "Name the numbers." in server.requests[-1]["messages"][-1]["content"]
    bad = tmp_path / "bad.py"
    bad.write_text("def add(a, b:\n")
    done = motet("resume", run, "--edit", bad)
    assert (done.returncode, done.stdout) == (2, "")
    assert "it is not Python" in done.stderr
    done = motet("resume", run, "--edit", "-", stdin=CODE.replace("a + b", "b + a"))
    assert (done.returncode, done.stdout) == (0, CODE.replace("a + b", "b + a"))
    run = json.loads(solve("--approve", "contract", "--json").stdout)["run"]
    done = motet("resume", run, "--reject", "")
    assert done.returncode == 1
    assert "rejected by a human" in done.stderr


def test_a_contract_is_edited_from_a_file_of_toml_or_json(solve, motet, tmp_path):
    for text in ('entry_point = "add"\nconstraints = ["No sum."]\n', '{"constraints": ["No sum."]}'):
        run = json.loads(solve("--approve", "contract", "--json").stdout)["run"]
        file = tmp_path / "contract"
        file.write_text(text)
        done = motet("resume", run, "--edit", file, "--json")
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)["decisions"][0]["answer"]
        assert (answer["contract"]["constraints"], len(answer["contract"]["examples"])) == (["No sum."], 2)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--approve", "everything"], "there are contract, plan, code"),
        (["--approve", "plan"], "writes none"),
        (["--approve", "code", "--no-record"], "needs the record"),
    ],
)
def test_what_cannot_be_approved_is_bad_input(solve, server, arguments, says):
    done = solve(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert not server.requests


def test_an_answer_that_nobody_waits_for_is_bad_input(solve, motet, tmp_path):
    run = json.loads(solve("--json").stdout)["run"]
    done = motet("resume", run, "--approve")
    assert (done.returncode, "asks nothing; it is finished" in done.stderr) == (2, True)
    run = json.loads(solve("--json", "--approve", "code").stdout)["run"]
    assert "exclude each other" in motet("resume", run, "--approve", "--reject", "no").stderr
    assert "cannot be read" in motet("resume", run, "--edit", tmp_path / "none.py").stderr


def test_a_second_process_is_refused_while_a_human_is_asked(terminal, motet):
    human = terminal.solving("code")
    human.until("(Ctrl-C")
    [run] = json.loads(motet("runs", "--json").stdout)
    refused = motet("resume", run["id"], "--approve")
    assert refused.returncode in (1, 2)
    human.process.send_signal(signal.SIGKILL)
    human.process.wait()
    assert motet("resume", run["id"], "--approve").returncode == 0


words = st.text(alphabet=st.characters(exclude_categories=["Cs"])) | st.text(alphabet="'\"\\\n\r\tab\x00\x7f")


@given(words, st.lists(words, max_size=3), words)
def test_a_contract_that_is_saved_unchanged_is_the_same_contract(task, constraints, value):
    example = Example(form="doctest", code="add(1)", expected=value, text="add(1)")
    contract = Contract(
        task=task, entry_point="add", constraints=tuple(constraints), preamble=value, examples=(example,)
    )
    shown = contract.model_dump(mode="json")
    answer = answer_of("contract", shown, text_of("contract", shown))
    assert Contract.model_validate(answer["contract"]) == contract
