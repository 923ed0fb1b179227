"""The repository team with search/replace blocks: one answer changes many files, or none of them."""

import pytest
from testing_repo import ISSUE, MONEY, fix, search_replace, shop, small, team

from motet.agents import TeamContext
from motet.agents.repo.repo_planner import ProposedPlan
from motet.models import ScriptedChatModel
from motet.tools.git import apply_patch

pytestmark = pytest.mark.bubblewrap

POLICY = small(edit="blocks")
LINE = '    return float(text.replace(",", ","))\n'
MENDED = search_replace("shop/money.py", LINE, LINE.replace('","))', '"."))'))
REFUSED = RuntimeError("The key is wrong.")
CODE = {
    "shop/windows.py": 'from shop.money import parse_amount\r\n\r\n\r\ndef total(a):\r\n\treturn "%s" % a\r\n',
    "shop/old.py": "OLD = 1\n",
    "shop/unused.py": "UNUSED = 1\n",
    "shop/read.py": "from shop.money import CENT\n\n\ndef read():\n    return CENT\n",
}


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTET_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return shop(tmp_path_factory.mktemp("repo") / "shop", **CODE)


def test_one_answer_changes_makes_deletes_and_renames_files_and_keeps_their_layout(root, tmp_path):
    answer = "\n".join(
        (
            MENDED,
            search_replace("shop/windows.py", '\treturn "%s" % a\n', '\treturn f"{a}"\n'),
            search_replace("shop/read.py", "    return CENT\n", "    return CENT + 0\n"),
            search_replace("shop/fresh.py", "", "FRESH = 1\n"),
            "DELETE shop/unused.py",
            "RENAME shop/old.py -> shop/new.py",
        )
    )
    result, model = fix(root, answer, policy=POLICY)
    assert result["verdict"] == "verified"
    assert set(result["evidence"].files) == {
        "shop/money.py",
        "shop/windows.py",
        "shop/read.py",
        "shop/fresh.py",
        "shop/unused.py",
        "shop/new.py",
    }
    copy = shop(tmp_path / "copy", **CODE)
    apply_patch(copy, result["patch"])
    windows = CODE["shop/windows.py"].replace('"%s" % a', 'f"{a}"').encode()
    assert (copy / "shop/windows.py").read_bytes() == windows
    assert (copy / "shop/new.py").read_text() == "OLD = 1\n"
    assert (copy / "shop/fresh.py").read_text() == "FRESH = 1\n"
    assert not (copy / "shop/old.py").exists()
    assert not (copy / "shop/unused.py").exists()
    told = model.asked[0].messages
    assert MONEY.strip() in told[-1].text, "the file that it is about is shown whole"
    assert "<<<<<<< SEARCH" in told[0].text
    assert "could not convert string to float" in told[-1].text


def test_an_answer_that_does_not_fit_is_asked_for_again_and_nothing_of_it_is_kept(root):
    half = search_replace("shop/read.py", "    return CENT\n", "    return 7\n") + search_replace(
        "shop/money.py", LINE.replace("float", "int"), "    return 1.5\n"
    )
    result, model = fix(root, half, MENDED, policy=POLICY)
    assert result["verdict"] == "verified"
    assert result["evidence"].files == ("shop/money.py",)
    assert LINE.strip() in model.asked[1].messages[-1].text.partition("could not be applied")[2]
    assert result["usage"].calls == 2


def test_an_answer_that_never_fits_is_void_and_a_path_out_of_the_repository_too(root, tmp_path):
    outside = tmp_path / "outside.py"
    bad = [search_replace(path, "", "x = 1\n") for path in (str(outside), "../../outside.py", ".git/hooks/pre-commit")]
    result, _ = fix(root, *bad, "No edits.", policy=POLICY)
    assert (result["verdict"], result["patch"]) == ("unverified", "")
    assert not outside.exists()
    assert not list(tmp_path.rglob("outside.py"))


@pytest.mark.parametrize("path", ["shop", "shop/money.py/deeper.py"])
def test_a_file_in_the_place_of_a_folder_is_void_and_ends_no_run(root, path):
    result, _ = fix(root, *[search_replace(path, "", "x = 1\n")] * 2, MENDED, policy=POLICY)
    assert result["verdict"] == "verified"


def test_of_two_at_once_one_may_fail_and_the_other_wins(root):
    fates = {0: REFUSED, 1: MENDED}
    voices, model = team(policy=POLICY.model_copy(update={"batch": 2}))
    model = ScriptedChatModel(coder=[lambda messages: fates[model.asked[-1].seed]] * 2)
    result = voices.invoke({"repository": str(root), "issue": ISSUE}, context=TeamContext(model=model))
    assert result["verdict"] == "verified"
    assert result["evidence"].candidates == 1
    assert len(model.asked) == 2


def test_patches_that_mean_the_same_agree_and_are_run_once(root):
    wrong = search_replace("shop/money.py", LINE, "    return float(text.strip())\n")
    remark = search_replace("shop/money.py", LINE, "    # Mended.\n    return float(text.strip())\n")
    voices, _ = team(wrong, remark, policy=POLICY.model_copy(update={"batch": 2}))
    parts = list(voices.stream({"repository": str(root), "issue": ISSUE}, stream_mode="custom"))
    assert [part["event"] for part in parts].count("testing") == 1
    assert [part["event"] for part in parts].count("patch_report") == 2
    assert parts[-1]["evidence"].agreeing == 2


def test_a_repair_begins_with_the_patch_that_it_mends(root):
    wrong = search_replace("shop/money.py", LINE, "    text = text.strip()\n    return float(text)\n")
    mended = search_replace("shop/money.py", "    return float(text)\n", '    return float(text.replace(",", "."))\n')
    policy = POLICY.model_copy(update={"candidates": 1, "repair_rounds": 1})
    result, model = fix(root, wrong, mended, policy=policy)
    assert result["verdict"] == "verified"
    assert "+    text = text.strip()" in result["patch"]
    told = model.asked[1].messages[-1].text
    assert "+    text = text.strip()" in told
    assert "could not convert string to float" in told


def test_the_plan_may_be_widened_by_a_model_and_names_what_exists(root):
    plan = {
        "places": [{"path": "shop/read.py", "symbol": "read"}, {"path": "shop/read.py", "symbol": "nothing"}]
        + [{"path": path, "symbol": "x"} for path in ("nowhere/a.py", "/etc/passwd", "../a.py", "shop/fresh.py")],
        "steps": ["Mend $it."],
    }
    policy = POLICY.model_copy(update={"widen": True, "candidates": 1})
    result, model = fix(root, MENDED, policy=policy, planner=[lambda messages: ProposedPlan(**plan)])
    assert result["verdict"] == "verified"
    assert [one.name for one in result["plan"].targets].count("shop/read.py::read") == 1
    assert "shop/fresh.py" in result["plan"].files
    assert not {"nowhere/a.py", "/etc/passwd", "../a.py"} & set(result["plan"].files)
    assert "- Mend $it." in model.asked[1].messages[-1].text
    result, _ = fix(root, MENDED, policy=policy, planner=["no plan"])
    assert result["verdict"] == "verified", "a plan that cannot be read is done without"
