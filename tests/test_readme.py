"""What the README tells a newcomer to type leads where it says."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from motet.agents import read_contract

ROOT = Path(__file__).parent.parent


def solved_tasks(text: str) -> list[str]:
    """The tasks of all `motet solve '...'` lines."""
    lines = re.findall(r"^\S*motet solve ('[^']+')", text, re.MULTILINE)
    return [shlex.split(line)[0] for line in lines]


def test_the_first_tasks_that_a_newcomer_runs_have_examples_enough_to_be_verified():
    demo = subprocess.run(["make", "-n", "demo"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tasks = solved_tasks(demo) + solved_tasks((ROOT / "README.md").read_text())
    assert len(tasks) == 2
    for task in tasks:
        contract = read_contract(task)
        assert contract.entry_point == "is_leap_year"
        assert len(contract.examples) >= 2


@pytest.mark.bubblewrap
def test_the_first_python_example_of_the_readme_runs():
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    from motet.models import ScriptedChatModel

    answer = "```python\ndef add(a, b):\n    return a + b\n```"
    code = blocks[0].replace("create_team()", "create_team(model=model, policy='small', sandbox='bubblewrap')")
    names = {"model": ScriptedChatModel([answer] * 3)}
    exec(code, names)
    assert names["result"]["verdict"] == "verified"
