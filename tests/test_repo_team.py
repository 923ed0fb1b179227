"""The repository team with functions through its public door: a scripted model, real repositories, a real sandbox."""

import pytest
from blockbuster import blockbuster_ctx
from langchain_core.runnables import RunnableLambda
from pydantic import TypeAdapter
from testing_repo import (
    BREAKING,
    ISSUE,
    MONEY,
    RIGHT,
    TESTS,
    VOID,
    WORDS,
    WRONG,
    BrokenSandbox,
    fix,
    function,
    prints,
    shop,
    small,
    team,
)

from motet.graphs.repo.events import RepoTeamEvent
from motet.models import BudgetLimits, ModelCallError
from motet.tools.git import apply_patch
from motet.tools.sandbox import SandboxError

pytestmark = pytest.mark.bubblewrap


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTET_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """One shop for all: that no run changes it is a test here."""
    return shop(tmp_path_factory.mktemp("repo") / "shop")


def test_a_wrong_answer_is_followed_by_a_right_one_and_the_users_tree_stays_as_it_is(root, tmp_path):
    before = prints(root)
    work = tmp_path / "work"
    elsewhere = function("return int(amount * CENT + 0.51) / CENT", "def round_price(amount):")
    result, model = fix(root, WRONG, elsewhere, RIGHT, given={"workspace": str(work)})
    assert result["verdict"] == "verified"
    assert '+    return float(text.replace(",", "."))' in result["patch"]
    assert prints(root) == before, "tree, index, HEAD and all else of git's"
    assert not work.exists()
    assert [asked.role for asked in model.asked] == ["coder"] * 3
    assert (result["usage"].calls, result["usage"].by_role["coder"].calls) == (3, 3)
    evidence = result["evidence"]
    assert (evidence.kept, evidence.whole_suite, evidence.reviewed, evidence.isolated) == (2, True, True, True)
    assert (evidence.candidates, evidence.files) == (3, ("shop/money.py",))
    assert "ValueError" in evidence.reproductions[0].before
    copy = shop(tmp_path / "copy")
    apply_patch(copy, result["patch"])
    assert 'replace(",", ".")' in (copy / "shop/money.py").read_text()


async def test_the_async_twin_does_the_same_and_blocks_no_event_loop(root):
    voices, _ = team(RIGHT)
    parts = []
    with blockbuster_ctx():
        async for part in voices.astream({"repository": str(root), "issue": ISSUE}, stream_mode=["custom", "values"]):
            parts.append(part)
    assert parts[-1][1]["verdict"] == "verified"
    events = [data for kind, data in parts if kind == "custom"]
    for one in events:
        TypeAdapter(RepoTeamEvent).validate_python(one)
    told = [one["event"] for one in events]
    order = ["reading", "located", "baseline", "patching", "patch", "patch_report", "patch_review", "patch_verdict"]
    assert [event for event in told if event in order] == [*order[:6], "patch_report", *order[6:]]


@pytest.mark.docker
def test_docker_finds_the_same(root):
    result, _ = fix(root, RIGHT, sandbox="docker")
    assert (result["verdict"], result["evidence"].sandbox, result["evidence"].kept) == ("verified", "docker", 2)


def test_a_patch_that_breaks_a_test_is_not_chosen_however_well_it_mends(root):
    result, _ = fix(root, BREAKING, RIGHT, policy=small(targets=1))
    assert result["verdict"] == "verified"
    assert "replace" in result["patch"]
    result, _ = fix(root, BREAKING, policy=small(targets=1, candidates=1))
    assert result["verdict"] == "unverified"
    assert "test_point" in result["evidence"].reason
    assert result["evidence"].regressions


def test_a_repair_is_told_what_failed_and_keeps_its_place_only_where_it_is_better(root):
    policy = small(targets=1, candidates=1, repair_rounds=1)
    result, model = fix(root, WRONG, RIGHT, policy=policy)
    assert result["verdict"] == "verified"
    told = str(model.asked[-1].messages[-1].content)
    assert "could not convert string to float" in told
    assert 'text.strip().replace(",", ",")' in told, "the function as the patch has it"
    result, _ = fix(root, WRONG, function("return 0.0"), policy=policy)
    assert result["verdict"] == "unverified"
    assert "strip()" in result["patch"]


REFUSED = RuntimeError("The key is wrong.")


def test_answers_that_are_no_patch_are_void_and_the_next_is_asked_for(root):
    policy = small(targets=1, candidates=len(VOID) + 1)
    unchanged = MONEY[MONEY.index("def parse_amount") :]
    answers = {**VOID, "unchanged": f"```python\n{unchanged}```"}
    voices, model = team(*answers.values(), RIGHT, policy=policy)
    void = []
    for kind, data in voices.stream({"repository": str(root), "issue": ISSUE}, stream_mode=["custom", "values"]):
        if kind == "custom" and data["event"] == "void":
            void.append(data["answer"].problem)
        last = data
    assert len(void) == len(VOID)
    assert last["verdict"] == "verified"
    assert last["usage"].calls == len(model.asked) == len(VOID) + 1
    assert last["evidence"].candidates == 1


def test_where_no_answer_is_a_patch_that_is_said(root):
    result, _ = fix(root, *VOID.values(), policy=small(targets=1, candidates=2))
    assert (result["verdict"], result["patch"]) == ("unverified", "")
    assert "No answer was a patch" in result["evidence"].reason


def test_a_call_that_fails_later_costs_its_answer_alone(root):
    result, _ = fix(root, VOID["no function"], REFUSED, RIGHT, policy=small(targets=1, candidates=3))
    assert result["verdict"] == "verified"


def test_where_nothing_was_ever_answered_the_run_ends_with_the_error(root):
    with pytest.raises(ModelCallError):
        fix(root, REFUSED, policy=small())
    with pytest.raises(ModelCallError):
        fix(root, *[REFUSED] * 3, policy=small(edit="blocks", batch=2))


def test_at_the_limit_the_run_ends_with_its_best_so_far(root):
    result, model = fix(root, WRONG, RIGHT, limits=BudgetLimits(max_calls=1))
    assert len(model.asked) == 1
    assert (result["verdict"], "strip()" in result["patch"]) == ("unverified", True)
    assert "max_calls" in result["evidence"].reason
    assert "max_calls" in result["usage"].stopped


FLAKY = """import os, time
import shop.money
import pytest


@pytest.mark.parametrize("n", range(40))
def test_by_chance(n):
    time.sleep(0.01)
    assert os.urandom(1)[0] % 2
"""


def test_flaky_tests_are_named_and_count_for_nothing(tmp_path):
    root = shop(tmp_path / "shop", **{"tests/test_flaky.py": FLAKY})
    policy = small(targets=1, candidates=1, affected_seconds=1e-6, suite_seconds=0)  # the patch meets none of them
    result, _ = fix(root, RIGHT, policy=policy)
    assert result["verdict"] == "verified"
    evidence = result["evidence"]
    assert evidence.flaky
    assert all("test_by_chance" in name for name in evidence.flaky)
    assert not set(evidence.flaky) & set(evidence.failing_before)


def test_written_tests_of_the_fault_count_only_if_they_fail_before(root):
    def written(*lines):
        return (
            "```python\nfrom shop.money import parse_amount\n\ndef test_issue():\n"
            + "".join(f"    {line}\n" for line in lines)
            + "```"
        )

    one = written('assert parse_amount("1,5") == 1.5')
    two = written('assert parse_amount("0,25") == 0.25')
    passes = written('assert parse_amount("2.5") == 2.5')
    own_mistake = written('assert parse(parse_amount("1.5")) == 1.5')
    for tester, expected, shown in (
        ([one, two], "verified", 2),
        ([one, passes], "plausible", 1),
        ([own_mistake, REFUSED], "plausible", 0),
    ):
        policy = small(targets=1, candidates=1, reproductions=2)
        result, model = fix(root, RIGHT, issue=WORDS, policy=policy, tester=tester)
        assert (result["verdict"], len(result["evidence"].reproductions)) == (expected, shown)
        assert [asked.role for asked in model.asked] == ["tester", "tester", "coder"]


def test_the_users_own_test_goes_before_the_issues_code(root):
    own = 'from shop.money import parse_amount\n\ndef test_mine():\n    assert parse_amount("3,5") == 3.5\n'
    result, _ = fix(root, RIGHT, given={"test": own})
    assert result["verdict"] == "verified"
    assert [one.source for one in result["evidence"].reproductions] == ["your own test"]


@pytest.mark.parametrize("after", [3, 4])
def test_a_sandbox_that_is_lost_at_the_end_costs_the_proof_and_not_the_patch(root, after):
    """Sessions: baseline, tester, whole suite, reviewer."""
    result, _ = fix(root, RIGHT, sandbox=BrokenSandbox(lost=range(after, after + 2)))
    assert "replace" in result["patch"]
    assert result["verdict"] == ("verified" if after == 3 else "plausible")
    if after == 3:
        assert any("whole suite could not be run" in note for note in result["evidence"].notes)


def test_a_sandbox_that_is_lost_once_is_tried_again(root):
    result, _ = fix(root, RIGHT, sandbox=BrokenSandbox(lost=[1, 3, 5, 7]))
    assert (result["verdict"], result["evidence"].whole_suite) == ("verified", True)


def test_a_sandbox_that_stays_lost_ends_the_run(root):
    with pytest.raises(SandboxError):
        fix(root, RIGHT, sandbox=BrokenSandbox(lost=range(1, 99)))


def test_an_empty_issue_is_refused_before_anything_is_done(root):
    with pytest.raises(ValueError, match="There is no issue"):
        fix(root, RIGHT, issue=" \n")


def test_a_failing_test_of_before_is_held_against_nobody(tmp_path):
    failing = TESTS + "\n\ndef test_never():\n    assert 1 == 2\n"
    broken = {"tests/test_broken.py": "def test_x(:\n    pass\n"}
    result, _ = fix(shop(tmp_path / "shop", **{"tests/test_money.py": failing}, **broken), RIGHT)
    assert result["verdict"] == "verified"
    assert "tests/test_money.py::test_never" in result["evidence"].failing_before
    assert result["evidence"].kept == 2


def test_roles_of_the_users_own_are_asked_and_a_silent_reviewer_proves_nothing(root, tmp_path):
    work = tmp_path / "work"
    options = {
        "coder": {"system_prompt": "Be $brief."},
        "reviewer": RunnableLambda(lambda state: {}),
        "keep_worktrees": True,
    }
    voices, model = team(RIGHT, options=options)
    result = voices.invoke({"repository": str(root), "issue": ISSUE, "workspace": str(work)})
    assert result["verdict"] == "plausible"
    assert "the reviewer said nothing on it" in result["evidence"].reason
    assert model.asked[0].messages[0].text == "Be $brief."
    assert 'replace(",", ".")' in (work / "candidate-1/shop/money.py").read_text()
    with pytest.raises(ValueError, match="gave neither"):
        team(options={"coder": RunnableLambda(lambda state: {})})[0].invoke({"repository": str(root), "issue": ISSUE})
