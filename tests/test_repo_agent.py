"""The repository team with an agent: it looks, edits and tests in a worktree, and reaches nothing else."""

import pytest
from testing_repo import ISSUE, fix, prints, shop, small, team

from motet.models import BudgetLimits, tool_call

pytestmark = pytest.mark.bubblewrap

POLICY = small(edit="agent", candidates=1, rounds=12)
LINE = '    return float(text.replace(",", ","))\n'
MENDS = tool_call("edit_file", path="shop/money.py", old=LINE, new=LINE.replace('","))', '"."))'))
DONE = "It takes a comma now."


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTET_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = shop(tmp_path_factory.mktemp("repo") / "shop")
    (root.parent / "outside.txt").write_text("hidden\n")
    return root


def heard(model):
    """What the tools said to the model."""
    return [message.text for message in model.asked[-1].messages if message.type == "tool"]


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_an_agent_reads_edits_tests_and_ends(root, way):
    before = prints(root)
    test = "tests/test_money.py"
    lines = [tool_call("read_file", path="shop/money.py"), MENDS, tool_call("run_tests", tests=[test]), DONE]
    voices, model = team(*lines, policy=POLICY)
    asked = {"repository": str(root), "issue": ISSUE}
    result = await voices.ainvoke(asked) if way == "async" else voices.invoke(asked)
    assert result["verdict"] == "verified"
    assert prints(root) == before
    read, edited, tested = heard(model)
    assert "13      return float(text" in read
    assert edited == "shop/money.py is changed."
    assert tested.startswith("2 passed, 0 did not.")
    assert result["usage"].by_role["coder"].calls == 4
    assert "shop/money.py::parse_amount" in model.asked[0].messages[-1].text
    assert {"search_code", "read_file", "edit_file", "run_tests"} <= set(model.asked[0].tools)


def test_its_tests_run_on_the_files_as_it_left_them(root):
    lines = [
        tool_call("edit_file", path="shop/money.py", old=LINE, new="    return 7\n"),
        tool_call("create_file", path="tests/test_more.py", content="def test_more():\n    assert 1 == 2\n"),
        tool_call("run_tests", tests=["tests/test_money.py::test_point", "tests/test_more.py"]),
        DONE,
    ]
    _, model = fix(root, *lines, policy=POLICY)
    assert heard(model)[-1].startswith("0 passed, 2 did not.")


def test_what_leads_out_of_the_worktree_is_refused_in_words_and_the_work_goes_on(tmp_path):
    root = shop(tmp_path / "shop")
    outside = tmp_path / "outside.txt"
    outside.write_text("hidden\n")
    (root / "out").symlink_to(tmp_path)
    bad = ["../../outside.txt", str(outside), "out/outside.txt", ".git", ".git/config"]
    lines = [
        *(tool_call("create_file", path=path, content="x") for path in bad),
        *(tool_call("edit_file", path=path, old="hidden\n", new="x\n") for path in bad),
        *(tool_call("read_file", path=path) for path in bad),
        tool_call("run_tests", tests=["../../outside.txt", "-p no:cacheprovider", "--rootdir=/"]),
        tool_call("no_such_tool"),
        MENDS,
        DONE,
    ]
    before = prints(tmp_path)
    result, model = fix(root, *lines, policy=POLICY.model_copy(update={"rounds": 30}), given=workspace(tmp_path))
    assert prints(tmp_path) == before
    assert result["verdict"] == "verified"
    assert result["evidence"].files == ("shop/money.py",)
    assert not any("hidden" in said and "outside.txt" not in said for said in heard(model))
    assert len(heard(model)) == 18


def workspace(folder):
    return {"workspace": str(folder.parent / f"{folder.name}-work")}


def test_a_test_that_the_agent_changes_or_deletes_is_blocked(root):
    weaker = tool_call(
        "edit_file", path="tests/test_money.py", old="    assert round_price(2.5) == 2.5\n", new="    pass\n"
    )
    for wrong in (weaker, tool_call("delete_file", path="tests/test_money.py")):
        result, _ = fix(root, MENDS, wrong, DONE, policy=POLICY)
        assert result["verdict"] == "unverified"
        assert any(one.blocks and one.path == "tests/test_money.py" for one in result["evidence"].remarks)


def test_a_new_test_is_welcome(root):
    new = 'from shop.money import parse_amount\n\n\ndef test_comma():\n    assert parse_amount("2,5") == 2.5\n'
    result, _ = fix(root, MENDS, tool_call("create_file", path="tests/test_comma.py", content=new), DONE, policy=POLICY)
    assert result["verdict"] == "verified"
    assert "tests/test_comma.py" in result["evidence"].files


def test_what_an_agent_did_before_it_was_stopped_is_looked_at(root):
    result, _ = fix(root, MENDS, RuntimeError("The key is wrong."), policy=POLICY)
    assert result["verdict"] == "verified"
    result, _ = fix(root, MENDS, DONE, policy=POLICY, limits=BudgetLimits(max_calls=1))
    assert result["verdict"] == "verified"


def test_an_agent_that_changes_nothing_is_void(root):
    result, _ = fix(root, "I see no fault.", policy=POLICY)
    assert (result["verdict"], result["patch"]) == ("unverified", "")
    result, _ = fix(root, *[tool_call("read_file", path="README.md")] * 20, policy=POLICY)
    assert (result["verdict"], result["patch"]) == ("unverified", "")


def test_a_repair_works_on_with_the_patch(root):
    first = [tool_call("edit_file", path="shop/money.py", old=LINE, new=f"    text = text.strip()\n{LINE}"), DONE]
    policy = POLICY.model_copy(update={"repair_rounds": 1})
    result, model = fix(root, *first, MENDS, DONE, policy=policy)
    assert result["verdict"] == "verified"
    assert "+    text = text.strip()" in result["patch"]
    assert "could not convert string to float" in model.asked[2].messages[-1].text


async def test_two_agents_at_once_work_apart(root):
    def act(messages):
        # Who asks is told by the seed; each has a script of its own.
        return scripts[model.asked[-1].seed].pop(0)

    wrong = tool_call("edit_file", path="shop/money.py", old=LINE, new="    return 7.0\n")
    scripts = {0: [wrong, tool_call("run_tests", tests=["tests/test_money.py"]), DONE], 1: [MENDS, DONE]}
    voices, model = team(*[act] * 5, policy=POLICY.model_copy(update={"candidates": 2, "batch": 2}))
    result = await voices.ainvoke({"repository": str(root), "issue": ISSUE})
    assert result["verdict"] == "verified"
    assert result["evidence"].candidates == 2
    assert "return 7.0" not in result["patch"]
    assert scripts == {0: [], 1: []}
