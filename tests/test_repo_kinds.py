"""The repository team on repositories of every kind: whatever their tests are, and whether git knows them or not."""

import subprocess

import pytest
from testing_code import git, repository, write
from testing_repo import ISSUE, MONEY, RIGHT, SHOP, WORDS, WRONG, fix, prints, search_replace, shop, small, team

from motet.models import tool_call
from motet.tools.git import NoRepositoryError, NoWorkspaceError, apply_patch

pytestmark = pytest.mark.bubblewrap

ONE = small(targets=1, candidates=1)
UNITTEST = """import unittest

from shop.money import parse_amount, round_price


class MoneyTest(unittest.TestCase):
    def test_rounds(self):
        self.assertEqual(round_price(2.5), 2.5)

    def test_point(self):
        self.assertEqual(parse_amount("1.5"), 1.5)
"""


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTET_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def without_tests():
    return {path: text for path, text in SHOP.items() if not path.startswith("tests/")}


def test_without_any_tests_the_issues_code_is_proof(tmp_path):
    root = repository(tmp_path / "shop", without_tests())
    result, _ = fix(root, RIGHT, policy=ONE)
    assert result["verdict"] == "verified"
    assert "no other test was there to run" in result["evidence"].reason
    result, _ = fix(root, RIGHT, issue=WORDS, policy=ONE)
    assert result["verdict"] == "unverified"
    assert "no test was there to run" in result["evidence"].reason


def test_unittest_suites_are_run(tmp_path):
    root = shop(tmp_path / "shop", **{"tests/test_money.py": UNITTEST, "tests/__init__.py": ""})
    result, _ = fix(root, RIGHT, policy=ONE)
    assert (result["verdict"], result["evidence"].kept, result["evidence"].whole_suite) == ("verified", 2, True)
    breaking = RIGHT.replace('text.replace(",", ".")', '"1.5" if "," in text else 0')
    result, _ = fix(root, breaking, policy=ONE)
    assert result["verdict"] == "unverified"


def test_a_command_of_the_users_tests_the_repository(tmp_path):
    check = "import sys\nfrom shop.money import parse_amount\nsys.exit(parse_amount('1.5') != 1.5)\n"
    root = shop(tmp_path / "shop", **{"check.py": check})
    given = {"test_command": "python check.py"}
    result, _ = fix(root, RIGHT, policy=ONE, given=given)
    assert (result["verdict"], result["evidence"].kept) == ("verified", 1)
    breaking = RIGHT.replace('text.replace(",", ".")', '"1.5" if "," in text else 0')
    result, _ = fix(root, breaking, policy=ONE, given=given)
    assert result["verdict"] == "unverified"
    assert result["evidence"].regressions


def test_a_folder_that_git_does_not_know_is_worked_on_and_stays_without_git(tmp_path):
    root = write(tmp_path / "shop", SHOP)
    before = prints(root)
    result, _ = fix(root, RIGHT, policy=ONE)
    assert result["verdict"] == "verified"
    assert prints(root) == before
    apply_patch(root, result["patch"])
    assert 'replace(",", ".")' in (root / "shop/money.py").read_text()


def test_what_is_not_committed_is_part_of_it_and_said_so(tmp_path):
    root = shop(tmp_path / "shop", **{"shop/money.py": "x = 1\n"})
    (root / "shop/money.py").write_text(MONEY)
    (root / "shop/staged.py").write_text("STAGED = 1\n")
    git(root, "add", "shop/staged.py")
    before = prints(root)
    result, _ = fix(root, RIGHT, policy=ONE)
    assert result["verdict"] == "verified"
    assert prints(root) == before
    assert result["evidence"].files == ("shop/money.py",)
    assert any("not committed" in note for note in result["evidence"].notes)
    apply_patch(root, result["patch"])
    assert (root / "shop/money.py").read_text() == MONEY.replace('(",", ",")', '(",", ".")')


def test_a_bare_repository_is_worked_on_at_its_head(tmp_path):
    shop(tmp_path / "shop")
    bare = tmp_path / "shop.git"
    subprocess.run(["git", "clone", "-q", "--bare", tmp_path / "shop", bare], check=True)
    before = prints(bare)
    result, _ = fix(bare, RIGHT, policy=ONE)
    assert result["verdict"] == "verified"
    assert prints(bare) == before


def test_a_folder_inside_of_a_repository_stands_for_all_of_it(tmp_path):
    root = shop(tmp_path / "shop")
    result, _ = fix(root / "shop", WRONG, policy=ONE)
    assert result["evidence"].files == ("shop/money.py",)
    assert "test_reproduction" in str(result["evidence"].reproductions)


def test_a_folder_that_the_repository_around_it_ignores_is_a_project_of_its_own(tmp_path):
    root = shop(tmp_path / "around", **{".gitignore": "inner/\n"})
    inner = write(root / "inner", SHOP)
    before = prints(root)
    voices, model = team(
        tool_call("search_code", question="parse_amount"),
        tool_call("edit_file", path="shop/money.py", old='(",", ",")', new='(",", ".")'),
        tool_call("list_files"),
        "Done.",
        policy=small(edit="agent", candidates=1),
    )
    voices.invoke({"repository": str(inner), "issue": ISSUE})
    said = [message.text for message in model.asked[-1].messages if message.type == "tool"]
    assert "shop/money.py" in said[0]
    assert not any("inner/" in one for one in said)
    assert prints(root) == before


def test_where_the_issue_leads_to_no_function_that_is_said(tmp_path):
    root = repository(tmp_path / "js", {"a.js": "function f() {\n  return 1\n}\n"})
    issue = "f in a.js returns 1, and should return 2."
    result, model = fix(root, policy=ONE, issue=issue)
    assert "leads to no Python function" in result["evidence"].reason
    assert model.asked == []
    answer = search_replace("a.js", "  return 1\n", "  return 2\n")
    result, _ = fix(root, answer, issue=issue, policy=small(edit="blocks", candidates=1))
    assert (result["verdict"], result["evidence"].files) == ("unverified", ("a.js",))
    assert "no test was there to run" in result["evidence"].reason


@pytest.mark.parametrize("name", ["nothing", "empty", "a file"])
def test_what_is_no_repository_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a file").write_text("x")
    with pytest.raises(NoRepositoryError):
        fix(tmp_path / name, RIGHT, policy=ONE)


def test_names_and_layouts_of_all_kinds(tmp_path):
    """Packages below src, paths that git quotes, a file in another encoding, line ends of Windows."""
    files = {
        "src/preis liste/__init__.py": "",
        "src/shop/__init__.py": "",
        "src/shop/geld_é.py": MONEY.replace("\n", "\r\n").replace("Prices", "Preise"),
        "src/shop/old.py": "# -*- coding: latin-1 -*-\nNAME = 'caf\xe9'\n".encode("latin-1"),
        "src/shop/data.bin": b"\0\1\2",
        "tests/test_geld.py": "from shop.geld_é import parse_amount as p\n\n\ndef test_point():\n    assert p('1.5')\n",
    }
    root = repository(tmp_path / "mein shop", files)
    issue = ISSUE.replace("shop.money", "shop.geld_é").replace("shop/money.py", "src/shop/geld_é.py")
    result, _ = fix(root, RIGHT, issue=issue, policy=ONE)
    assert result["verdict"] == "verified"
    apply_patch(root, result["patch"])
    after = (root / "src/shop/geld_é.py").read_bytes()
    assert b'replace(",", ".")' in after
    assert after.count(b"\r\n") == after.count(b"\n")


@pytest.mark.parametrize("where", [".", "shop", "shop/.git", "other", "other/file.txt"])
def test_where_a_run_works_nothing_is_lost(tmp_path, where):
    root = shop(tmp_path / "shop")
    write(tmp_path, {"other/file.txt": "mine\n"})
    before = prints(tmp_path)
    with pytest.raises(NoWorkspaceError):
        fix(root, RIGHT, policy=ONE, given={"workspace": str(tmp_path / where)})
    assert prints(tmp_path) == before
