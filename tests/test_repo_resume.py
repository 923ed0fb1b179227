"""A run of the repository team goes on from any checkpoint, and a second issue on its thread begins afresh."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from testing_repo import ISSUE, RIGHT, WORDS, WRONG, forget_places, function, shop, small, team

from motet.graphs.repo import prediction_of, write_predictions
from motet.tools.git import BrokenWorkspaceError

pytestmark = pytest.mark.bubblewrap

CONFIG = {"configurable": {"thread_id": "1"}}


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTET_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def root(tmp_path):
    return shop(tmp_path / "shop")


def test_checkpoints_give_every_value_back_and_from_each_the_run_ends_the_same(tmp_path):
    program = [sys.executable, "-W", "error", str(Path(__file__).parent / "testing_repo_checkpoints.py"), str(tmp_path)]
    environment = {**os.environ, "LANGGRAPH_STRICT_MSGPACK": "true"}
    done = subprocess.run(program, check=False, capture_output=True, text=True, timeout=280, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) >= 4, "checkpoints that were gone on from"


@pytest.mark.parametrize("lost", [False, True])
def test_stopped_between_nodes_a_run_goes_on_also_where_its_workspace_is_gone(root, tmp_path, lost):
    work = tmp_path / "work"
    voices, model = team(WRONG, RIGHT, policy=small(targets=1), options={"checkpointer": InMemorySaver()})
    asked = {"repository": str(root), "issue": ISSUE, "workspace": str(work)}
    voices.invoke(asked, CONFIG, interrupt_before=["tester"])
    assert len(model.asked) == 1
    forget_places()
    if lost:
        shutil.rmtree(work)
    result = voices.invoke(None, CONFIG)
    assert result["verdict"] == "verified"
    assert (len(model.asked), result["usage"].calls) == (2, 2)
    assert not work.exists()


def test_where_the_workspace_is_gone_and_the_repository_is_another_that_is_said(root, tmp_path):
    work = tmp_path / "work"
    voices, _ = team(WRONG, RIGHT, policy=small(targets=1), options={"checkpointer": InMemorySaver()})
    voices.invoke(
        {"repository": str(root), "issue": ISSUE, "workspace": str(work)}, CONFIG, interrupt_before=["tester"]
    )
    forget_places()
    shutil.rmtree(work)
    (root / "shop/money.py").write_text("x = 1\n")
    with pytest.raises(BrokenWorkspaceError, match="Begin a new run"):
        voices.invoke(None, CONFIG)


def test_a_second_issue_on_the_thread_begins_afresh(root):
    rounding = function("return round(amount, 2)", "def round_price(amount):")
    voices, model = team(RIGHT, rounding, policy=small(targets=1), options={"checkpointer": InMemorySaver()})
    first = voices.invoke({"repository": str(root), "issue": ISSUE}, CONFIG)
    code = "from shop.money import round_price\nassert round_price(-2.5) == -2.5\n"
    other = f"round_price is off below zero\n\n```python\n{code}```\n"
    second = voices.invoke({"repository": str(root), "issue": other}, CONFIG)
    assert (first["verdict"], second["verdict"]) == ("verified", "verified")
    assert "round_price" in second["patch"]
    assert "parse_amount" not in second["patch"].replace("def parse_amount", "")
    assert (second["evidence"].candidates, second["usage"].calls) == (1, 1)
    assert len(second["evidence"].reproductions) == 1
    assert WORDS not in model.asked[1].messages[-1].text


def test_what_was_given_with_the_first_issue_can_be_taken_back_with_the_second(root):
    own = 'from shop.money import parse_amount\n\ndef test_mine():\n    assert parse_amount("3,5") == 3.5\n'
    voices, _ = team(RIGHT, RIGHT, policy=small(targets=1), options={"checkpointer": InMemorySaver()})
    first = voices.invoke({"repository": str(root), "issue": ISSUE, "test": own}, CONFIG)
    second = voices.invoke({"repository": str(root), "issue": ISSUE, "test": None}, CONFIG)
    assert first["evidence"].reproductions[0].source == "your own test"
    assert second["evidence"].reproductions[0].source == "code in the issue"


def test_predictions_are_as_swe_bench_reads_them(tmp_path):
    result = {"patch": "diff --git a/é b/é\n"}
    made = [prediction_of(f"x__y-{at}", result, name="motet") for at in (1, 2)]
    write_predictions(tmp_path / "all.jsonl", made)
    lines = (tmp_path / "all.jsonl").read_text().splitlines()
    keys = {"instance_id", "model_name_or_path", "model_patch"}
    assert [set(json.loads(line)) for line in lines] == [keys, keys]
    write_predictions(tmp_path / "all.json", made)
    assert json.loads((tmp_path / "all.json").read_text())[1]["model_patch"] == result["patch"]
