"""What a change may do to tests: add to them. A patch must not pass because the tests say something else now."""

import pytest

from motet.tools.checks import ChangedFile, check_change
from motet.tools.sandbox import Execution

OLD = '''\
"""Old tests."""
import pytest
from shop import total

CASES = [1, 2]
UNUSED = [1]


@pytest.fixture
def cart():
    return [1, 2]


def helper(x):
    return x


@pytest.mark.parametrize("x", [1, 2])
def test_case(x, cart):
    assert x in cart


def test_total(cart):
    """It adds."""
    # the sum
    assert total(cart) == helper(3), CASES


class TestCart:
    def setup_method(self):
        self.cart = []

    def test_empty(self):
        assert not self.cart
'''
FINE = {
    "format and prose": [('"""It adds."""', '"""It adds up."""'), ("# the sum", "# all"), ("[1, 2]", "[1,   2]")],
    "a test more": [("class TestCart", "def test_more():\n    assert 1\n\n\nclass TestCart")],
    "a skipped test more": [("class TestCart", "@pytest.mark.skip\ndef test_more():\n    pass\n\n\nclass TestCart")],
    "a method more": [("    def test_empty", "    def test_more(self):\n        pass\n\n    def test_empty")],
    "cases more": [('"x", [1, 2]', '"x", [0, 1, 2, 3]'), ("CASES = [1, 2]", "CASES = [1, 2, 3]")],
    "an import more": [("import pytest", "import os\nimport pytest")],
    "a mark for new tests": [("CASES =", "slow = pytest.mark.skipif(True, reason='')\nCASES =")],
    "a fixture more": [("CASES =", "@pytest.fixture\ndef other():\n    return 1\n\n\nCASES =")],
    "what no test uses": [("UNUSED = [1]", "UNUSED = [2]")],
}
WRONG = {
    "an assertion": ([("== helper(3)", "!= helper(3)")], "changed_test", "test_total", "!= helper(3)"),
    "a case less": ([('"x", [1, 2]', '"x", [1]')], "changed_test", "test_case", '"x", [1])'),
    "a case that differs": ([("CASES = [1, 2]", "CASES = [1, 3]")], "changed_test", "CASES", "CASES = [1, 3]"),
    "a fixture": ([("return [1, 2]", "return [1, 2, 3]")], "changed_test", "cart", "return [1, 2, 3]"),
    "a helper": ([("return x", "return 3 * x")], "changed_test", "helper", "return 3 * x"),
    "another origin": ([("from shop import", "from fake import")], "changed_test", "total", "from fake import"),
    "a setup": ([("self.cart = []", "self.cart = ()")], "changed_test", "TestCart.setup_method", "self.cart = ()"),
    "a method": ([("not self.cart", "True")], "changed_test", "TestCart.test_empty", "assert True"),
    "a skip": ([("def test_total", "@pytest.mark.skip\ndef test_total")], "deleted_test", "test_total", "mark.skip"),
    "an expected failure": (
        [("@pytest.mark.par", "@pytest.mark.xfail\n@pytest.mark.par")],
        "deleted_test",
        "test_case",
        "mark.xfail",
    ),
    "a skip inside": (
        [("    assert total", "    pytest.skip('no')\n    assert total")],
        "deleted_test",
        "test_total",
        "pytest.skip(",
    ),
    "all skipped": ([("CASES =", "pytestmark = pytest.mark.skip\nCASES =")], "deleted_test", None, "pytestmark"),
    "all skipped at once": (
        [("CASES =", "pytest.skip('no', allow_module_level=True)\nCASES =")],
        "deleted_test",
        None,
        "allow_module_level",
    ),
    "a class skipped": (
        [("class TestCart", "@pytest.mark.skip\nclass TestCart")],
        "deleted_test",
        "TestCart",
        "mark.skip",
    ),
    "a class that is not run": (
        [("    def setup", "    __test__ = False\n\n    def setup")],
        "changed_test",
        "TestCart.__test__",
        "__test__",
    ),
    "a class of another name": (
        [("class TestCart", "class Cart")],
        "deleted_test",
        "TestCart.test_empty",
        "def test_empty",
    ),
    "a test under a condition": (
        [("def test_total(cart):\n", "if False:\n  def test_total(cart):\n")],
        "changed_test",
        "test_total",
        "def test_total",
    ),
    "a test of another name": ([("def test_total", "def check_total")], "deleted_test", "test_total", "def test_total"),
    "a second test of that name": (
        [("class TestCart", "def test_total():\n    pass\n\n\nclass TestCart")],
        "changed_test",
        "test_total",
        "def test_total():",
    ),
    "what runs around all": (
        [("CASES =", "@pytest.fixture(autouse=True)\ndef quiet():\n    pass\n\n\nCASES =")],
        "changed_test",
        "quiet",
        "def quiet",
    ),
}
SETTINGS = {
    "tests/conftest.py": ("import os\n", "import os\nos._exit(0)\n"),
    "conftest.py": (None, "collect_ignore = ['tests']\n"),
    "pytest.ini": (None, "[pytest]\naddopts = -k nothing\n"),
    "pyproject.toml": ("[project]\nname = 'a'\n", "[project]\nname = 'a'\n[tool.pytest.ini_options]\naddopts = '-x'\n"),
    "tox.ini": ("[pytest]\naddopts = -x\n", "[tox]\n"),
    "setup.cfg": ("[tool:pytest]\naddopts = -x\n", "[tool:pytest]\naddopts = -y\n"),
}
FREE = {
    "tests/conftest.py": ("import os\n", "# a comment\nimport os\n"),
    "pyproject.toml": ("[tool.pytest]\na = 1\n", "[project]\nname = 'a'\n[tool.pytest]\na=1\n"),
    "setup.cfg": ("[metadata]\nname = a\n", "[metadata]\nname = b\n"),
    "tests/__init__.py": (None, ""),
}


class Broken:
    """A session whose sandbox fails: what tests say needs none."""

    def run(self, argv, **options):
        return Execution(
            verdict="infrastructure",
            exit_code=None,
            stdout="",
            stderr="no room",
            seconds=0,
            cpu_seconds=None,
            peak_memory_bytes=None,
            sandbox="broken",
            isolated=True,
        )


def checked(*files):
    change = [
        ChangedFile(path=path, **{side: None if text is None else text.encode() for side, text in texts.items()})
        for path, texts in ((path, {"before": before, "after": after}) for path, before, after in files)
    ]
    return check_change(Broken(), change, is_test=lambda path: path.startswith("tests/"))


def replaced(edits):
    text = OLD
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize("edits", FINE.values(), ids=FINE)
def test_what_leaves_the_old_tests_as_they_were_is_free(edits):
    assert checked(("tests/test_a.py", OLD, replaced(edits))).findings == ()


def test_a_test_that_need_not_fail_any_more_may_say_so():
    skipped = replaced([("def test_total", "@pytest.mark.xfail(reason='a bug')\ndef test_total")])
    assert checked(("tests/test_a.py", skipped, OLD)).findings == ()
    weaker = replaced([("== helper(3)", "")])
    assert checked(("tests/test_a.py", skipped, weaker)).blocking


@pytest.mark.parametrize(("edits", "kind", "name", "words"), WRONG.values(), ids=WRONG)
def test_what_makes_an_old_test_say_less_blocks_and_names_the_line(edits, kind, name, words):
    new = replaced(edits)
    texts = {"before": OLD.splitlines(), "after": new.splitlines()}
    told = [one for one in checked(("tests/test_a.py", OLD, new)).blocking if (one.kind, one.name) == (kind, name)]
    assert len(told) == 1
    assert words in texts[told[0].side][told[0].line - 1]
    assert (told[0].side == "before") == told[0].message.endswith("was deleted.")


@pytest.mark.parametrize(("path", "texts"), SETTINGS.items(), ids=SETTINGS)
def test_settings_of_the_tests_stay_as_they_are(path, texts):
    assert [finding.kind for finding in checked((path, *texts)).blocking] == ["changed_test"]


@pytest.mark.parametrize(("path", "texts"), FREE.items(), ids=FREE)
def test_what_says_nothing_to_pytest_is_free(path, texts):
    assert checked((path, *texts)).findings == ()


def test_a_deleted_file_blocks_once_and_a_moved_one_does_not():
    assert [one.kind for one in checked(("tests/test_a.py", OLD, None)).findings] == ["deleted_test"]
    assert checked(("tests/test_a.py", OLD, None), ("tests/test_b.py", None, OLD)).findings == ()


def test_what_tests_compare_with_stays_as_it_is():
    found = checked(("tests/data/a.txt", "1\n", "2\n"), ("tests/b.txt", "1\n", None), ("tests/c.txt", "1\n", "1\r\n"))
    assert {(one.kind, one.path) for one in found.blocking} == {
        ("changed_test", "tests/data/a.txt"),
        ("deleted_test", "tests/b.txt"),
    }


def test_a_sandbox_that_fails_is_told_and_hides_nothing_that_needs_none():
    checks = checked(("a.py", "x = 1\n", "x = 2\n"), ("tests/test_a.py", OLD, None))
    assert checks.blocking
    assert checks.problems == ("The Python files could not be checked in the sandbox (infrastructure): no room",)
