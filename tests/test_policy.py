"""Policies: which model gets which, what contradicts itself is refused, and the page shows what the code has."""

from pathlib import Path

import pytest
from langchain.chat_models import init_chat_model
from pydantic import ValidationError

from motet.graphs import POLICIES, Policy, create_team, resolve_policy
from motet.graphs.policies import CLASSES, NUMBERS, policy_table
from motet.graphs.repo import RepoPolicy, repo_policy_table
from motet.graphs.repo.policies import REPO_NUMBERS
from motet.models import ScriptedChatModel, resolve_model

DOCS = Path(__file__).parent.parent / "docs"


def auto(name, **profile):
    model = ScriptedChatModel(name=name)
    model.profile = profile or None
    return resolve_policy("auto", model)


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("qwen2.5-coder:0.5b", "0.5b"),
        ("qwen2.5-coder-1.5b", "1.5b"),
        ("llama3.2:3b", "1.5b"),
        ("qwen2.5-coder:7b-instruct", "7b"),
        ("qwen2.5-coder:14b", "7b"),
        ("Qwen/Qwen2.5-Coder-32B-Instruct", "32b"),
        ("mixtral-8x7b", "32b"),
        ("llama3.1:405b", "api"),
        ("claude-sonnet-4-5", "api"),
        ("gpt-5", "api"),
    ],
)
def test_auto_goes_by_the_size_in_the_name(name, policy):
    assert auto(name).name == policy


def test_auto_knows_embedded_models_and_servers_nearby(tmp_path):
    weights = tmp_path / "mine.gguf"
    weights.touch()
    specs = {
        "local": "1.5b",
        "local:qwen2.5-coder-0.5b": "0.5b",
        f"local:{weights}": "1.5b",
        "http://localhost:8000/v1#mine": "7b",
        "http://192.168.1.5:8000/v1": "7b",
        "https://models.example.com/v1#mine": "api",
        "http://localhost:8000/v1#qwen2.5-coder-32b": "32b",
    }
    assert {spec: resolve_policy("auto", resolve_model(spec)).name for spec in specs} == specs


def test_auto_keeps_within_what_langchain_knows_of_a_model():
    assert auto("small-window-7b", max_input_tokens=2048, max_output_tokens=4096).max_answer_tokens == 1024
    assert auto("short-answers", max_input_tokens=128_000, max_output_tokens=4096).max_answer_tokens == 4096
    assert auto("gpt-5", tool_calling=True).coder == "agent"
    assert {auto("gpt-5").coder, auto("tools-7b", tool_calling=True).coder} == {"whole"}
    thinker = auto("thinker", reasoning_output=True, max_output_tokens=100_000)
    assert not thinker.plan
    assert thinker.max_answer_tokens == 4 * POLICIES["api"].max_answer_tokens
    known = init_chat_model("gpt-4o", model_provider="openai", api_key="none")
    fitted = {"coder": "agent", "name": "api fitted"}
    assert resolve_policy("auto", known) == POLICIES["api"].model_copy(update=fitted), "its profile says it calls tools"


def test_policies_have_names_and_an_unknown_one_is_told_them():
    model = ScriptedChatModel()
    assert resolve_policy("small", model) is POLICIES["1.5b"]
    assert resolve_policy("large", model) is POLICIES["32b"]
    mine = Policy(candidates=2)
    assert resolve_policy(mine, model) is mine
    with pytest.raises(ValueError, match=r"'huge'; there are auto, 0\.5b, 1\.5b, 7b, 32b, api"):
        create_team(model=model, policy="huge")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch": 6}, r"batch=6 answers cannot go out at once where candidates=5"),
        ({"candidates": 1}, r"verify_agreeing=2 answers cannot agree where candidates=1"),
        ({"inputs": 0, "model_inputs": 3}, r"verify_inputs=6 inputs cannot be compared"),
        ({"candidats": 5}, "candidats"),
        ({"temperature": -1}, "temperature"),
        ({"role_seconds": 0}, "role_seconds"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused_in_words(change, words):
    with pytest.raises(ValidationError, match=words):
        POLICIES["1.5b"].model_copy(update=change)


def test_a_changed_policy_does_not_pass_for_the_original():
    changed = POLICIES["1.5b"].model_copy(update={"candidates": 8})
    assert (changed.candidates, changed.name) == (8, "1.5b changed")
    assert changed.model_copy(update={"batch": 2}).name == "1.5b changed"
    assert changed.model_copy(update={"name": "patient"}).name == "patient"


def test_every_number_has_its_row_and_its_reason():
    assert [number.field for number in NUMBERS] == [field for field in Policy.model_fields if field != "name"]
    assert all(len(number.values) == len(CLASSES) and len(number.reason) > 40 for number in NUMBERS)


def test_the_page_shows_the_table_that_the_code_has():
    page = (DOCS / "policies.md").read_text()
    assert policy_table() in page, "paste what `motet graph --policies` prints"
    assert all(f"`{name}`" in page and what in page for name, what in CLASSES.items())


def test_the_page_on_repositories_shows_the_table_that_the_code_has():
    fields = [field for field in RepoPolicy.model_fields if field != "name"]
    assert sorted(number.field for number in REPO_NUMBERS) == sorted(fields)
    assert repo_policy_table() in (DOCS / "fix.md").read_text(), "paste what `repo_policy_table()` gives"
