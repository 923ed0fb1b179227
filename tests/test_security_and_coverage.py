"""What bandit finds and what the tests reach: both travel with the result, and neither blocks."""

import json

import pytest
from testing_boxes import session_in

from motet.graphs import create_team, telling
from motet.models import ScriptedChatModel
from motet.tools.checks import NoCoverageError, NoScreenError, acover, ascreen, cover, screen
from motet.tools.testing import Case

INSECURE = [
    ("import subprocess\ndef f(x):\n    return subprocess.call('ls ' + x, shell=True)", "B602", "high", 3),
    ("import hashlib\ndef f(x):\n    return hashlib.md5(x).hexdigest()", "B324", "high", 3),
    ("def f(x):\n    return eval(x)", "B307", "medium", 2),
    ("import pickle\ndef f(x):\n    return pickle.loads(x)", "B301", "medium", 3),
    ("import yaml\ndef f(x):\n    return yaml.load(x, yaml.Loader)", "B506", "medium", 3),
    ("def f(db, name):\n    db.execute(\"SELECT * FROM users WHERE name = '%s'\" % name)", "B608", "medium", 2),
    ("import tempfile\ndef f():\n    return tempfile.mktemp()", "B306", "medium", 3),
    ("import requests\ndef f(u):\n    return requests.get(u, verify=False, timeout=5)", "B501", "high", 3),
]
SIGN = "def sign(x):\n    if x > 0:\n        return 1\n    if x < 0:\n        return -1\n    return 0\n"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
        pytest.param("docker", marks=pytest.mark.docker),
    ],
)
def session(request):
    with session_in(request.param) as session:
        yield session


@pytest.mark.parametrize(("code", "rule", "severity", "line"), INSECURE, ids=[case[1] for case in INSECURE])
def test_insecure_code_is_found_without_running_it(session, code, rule, severity, line):
    found = {finding.rule: finding for finding in screen(session, code)}
    assert (found[rule].severity, found[rule].line) == (severity, line)


def test_noise_is_left_out_and_a_comment_switches_nothing_off(session):
    noise = "import random, subprocess\ndef f(token):\n    assert token\n    return token == '(' or random.random()"
    assert screen(session, noise) == ()
    assert screen(session, "def f(x):\n    return eval(x)  # nosec\n")


async def test_what_cannot_be_screened_or_measured_says_why(session):
    with pytest.raises(NoScreenError, match="could not read the code"):
        await ascreen(session, "def f(:")
    with pytest.raises(NoCoverageError, match="ended the run"):
        await acover(session, "import os\nos._exit(0)")
    with pytest.raises(NoCoverageError, match="Nothing was measured"):
        await acover(session, "def f(:")


def test_lines_and_branches_that_no_test_reaches_are_named(session):
    reached = cover(session, SIGN, cases=[Case(name="one", kind="call", code="sign(3)")])
    assert (reached.lines, reached.lines_reached, reached.missing_lines) == (6, 3, (4, 5, 6))
    assert (2, 4) in reached.missing_branches
    test = "from solution import sign\n\ndef test_it():\n    assert sign(-3) == 'wrong'\n"
    assert cover(session, SIGN, tests={"test_sign.py": test}).missing_lines == (3, 6)
    hangs = Case(name="hangs", kind="statement", code="import time; time.sleep(60)")
    assert cover(session, SIGN, cases=[hangs, Case(name="zero", kind="call", code="sign(0)")]).missing_lines == (3, 5)
    assert cover(session, "print(input())\n", program=True).lines == 1


def test_a_sandbox_without_bandit_says_so():
    class Bare:
        def run(self, *command, **more):
            with session_in("unsafe-host") as session:
                return session.run(["python3", "-c", "import sys; sys.exit('bandit: not found')"])

    with pytest.raises(NoScreenError, match="bandit: not found"):
        screen(Bare(), "x = 1")


@pytest.mark.bubblewrap
def test_both_travel_with_the_result_and_block_nothing():
    first = "```python\ndef value(text):\n    if text == 'never':\n        return None\n    return eval(text)\n```"
    second = "```python\nimport ast\n\ndef value(text):\n    return ast.literal_eval(text)\n```"
    team = create_team(
        model=ScriptedChatModel(coder=[first, second]),
        policy="small",
        sandbox="bubblewrap",
        reviewer={"coverage": True},
    )
    tests = "assert value('[1]') == [1]\nassert value('2') == 2"
    result = team.invoke({"task": "Write value(text), which reads a Python literal.", "tests": tests})
    assert result["verdict"] == "verified"
    evidence = result["evidence"]
    assert [(finding.rule, finding.line) for finding in evidence.security] == [("B307", 4)]
    assert evidence.coverage.missing_lines == (3,)
    told = json.loads(json.dumps(telling.result_object(result)))["evidence"]
    assert told["security"][0]["severity"] == "medium"
    assert told["coverage"]["lines_reached"] == 3
    lines = "\n".join(telling.tested(evidence))
    assert "security: line 4: B307 (medium severity)" in lines
    assert "not line 3" in lines
