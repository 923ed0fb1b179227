"""What a change brings: only what was not there before counts, and only facts block."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from testing_boxes import session_in

from motet.tools.checks import ChangedFile, acheck_change, added_lines, check_change, touched_lines

OLD = """\
import math
import os


def danger(text):
    return eval(text)


def lost():
    return not_there


def rounded(x):
    return math.cbrt2(x)
"""
"""Everything is wrong with it already."""


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


def changed(path, before, after):
    bytes_of = [one.encode() if isinstance(one, str) else one for one in (before, after)]
    return ChangedFile(path=path, before=bytes_of[0], after=bytes_of[1])


def is_test(path):
    return path.startswith("tests/")


def found(session, *files, **options):
    checks = check_change(session, files, is_test=is_test, **options)
    assert checks.problems == ()
    return {(finding.kind, finding.name, finding.line, finding.blocks) for finding in checks.findings}


def test_what_was_wrong_before_is_not_new_wherever_it_moves(session):
    head, *functions = OLD.split("\n\n\n")
    turned = "\n\n\n".join([head, *(one.strip("\n") for one in reversed(functions))]) + "\n"
    assert found(session, changed("a.py", OLD, "# a comment\n\n" + turned)) == set()
    moved = functions[1].strip("\n") + "\n"
    rest = OLD.replace(functions[1] + "\n\n\n", "")
    assert found(session, changed("a.py", OLD, rest), changed("b.py", None, moved)) == set()


def test_what_is_wrong_once_more_is_new_in_the_line_that_was_added(session):
    more = "def before(text):\n    return eval(text)\n\n\n"
    after = OLD.replace("def danger", more + "def danger") + "\n\ndef also():\n    return not_there\n"
    assert found(session, changed("a.py", OLD, after)) == {
        ("security", None, 6, True),
        ("undefined_name", "not_there", len(after.splitlines()), True),
    }


def test_a_line_that_is_rewritten_keeps_its_old_fault(session):
    after = OLD.replace("eval(text)", "eval(text, {})").replace("return not_there", "return not_there + 1")
    assert found(session, changed("a.py", OLD, after)) == set()


def test_an_import_that_became_unused_is_told_though_its_line_is_untouched(session):
    before = "import math\nimport os\n\n\ndef f(x):\n    return math.sqrt(x), os.sep\n"
    assert found(session, changed("a.py", before, before.replace(", os.sep", ""))) == {
        ("unused_import", "os", 2, False)
    }


def test_what_does_not_exist_blocks_and_what_is_provided_does_not(session):
    after = (
        "import numpyy\nimport numpy\nimport ours.part\nfrom . import near\nimport helper\n\n"
        "numpyy, numpy.x, ours, near, helper\nsorted([], reversed=True)\n''.reverse()\n"
    )
    helper = changed("tools/helper.py", None, "x = 1\n")
    assert found(session, changed("pkg/a.py", "", after), helper, provided=["ours"]) == {
        ("unknown_import", "numpyy", 1, True),
        ("not_installed", "numpy", 2, True),
        ("unknown_argument", "sorted(reversed=)", 8, True),
        ("unknown_attribute", "str.reverse", 9, True),
    }
    used_before = changed("pkg/b.py", "import numpy\nnumpy.array\n", "import numpy\nnumpy.zeros\n")
    assert found(session, used_before, changed("pkg/c.py", None, "from numpy import array\narray\n")) == set()


def test_style_follows_the_own_configuration_and_never_blocks(session):
    config = {
        "pyproject.toml": "[tool.ruff]\nline-length = 20\nfix = true\n[tool.ruff.lint]\nselect = ['E501', 'F401']\n"
    }
    long = "a_long_name = 'a long text'\n"
    wrong = changed("a.py", long, f"{long}import os\nx = y  # noqa: F821\n{long.upper()}")
    assert found(session, wrong, ruff_config=config) == {
        ("unused_import", "os", 2, False),
        ("undefined_name", "y", 3, True),  # a comment of the change switches nothing off
        ("lint", None, 4, False),
    }


def test_a_configuration_that_ruff_refuses_costs_only_the_style(session):
    checks = check_change(
        session, [changed("a.py", "", "x = nothing\n")], is_test=is_test, ruff_config={"ruff.toml": "nonsense = 3\n"}
    )
    assert [finding.kind for finding in checks.findings] == ["undefined_name"]
    assert "nonsense" in checks.problems[0]


def test_broken_syntax_blocks_unless_it_was_broken_before(session):
    files = [
        changed("a.py", "x = 1\n", "x = 1\ndef f(:\n"),
        changed("a.json", '{"a": 1}', '{"a": 1,\n}'),
        changed("a.toml", "a = 1\n", "a = 1\na = 2\n"),
        changed("tsconfig.json", None, "{} // allowed here"),
        changed("old.py", "print 'x'\n", "print 'y'\n"),
        changed("old.json", "{'a'}", "{'b'}"),
    ]
    assert {one[2] for one in found(session, *files)} == {2}
    assert {one.path for one in check_change(session, files, is_test=is_test).blocking} == {"a.py", "a.json", "a.toml"}


def test_secrets_block_in_added_lines_only(session):
    key = "AKIA" + "ABCDEFGHIJKLMNOP"
    assert found(session, changed("a.txt", f"one\n{key}\n", f"{key}\none\ntwo\n")) == set()
    assert found(session, changed("a.txt", "one\r\n", f"one\r\ntwo\x0c\r\n{key}\r\n")) == {
        ("secret", "AWS access key", 3, True)
    }
    names = [".env", "deploy/.env.production", "keys/id_ed25519", "store.p12", ".env.example"]
    checks = check_change(session, [changed(name, None, "A=1\n") for name in names], is_test=is_test)
    assert {finding.path for finding in checks.blocking} == set(names[:-1])


def test_what_no_plan_speaks_of_blocks_and_what_goes_with_the_work_does_not(session):
    files = [
        changed("pkg/a.py", "x = 1\n", "x = 2\n"),
        changed("pkg/beside.py", None, "x = 1\n"),
        changed("tests/test_new.py", None, "def test_new():\n    assert 1\n"),
        changed(
            "tests/test_old.py", "def test_a():\n    pass\n", "def test_a():\n    pass\n\n\ndef test_b():\n    pass\n"
        ),
        changed("CHANGES.rst", "a\n", "b\n"),
        changed("docs/a.md", "a\n", None),
        changed("folder/deep/c.py", "x = 1\n", "x = 2\n"),
        changed("pkg/other.py", "x = 1\n", "x = 2\n"),
        changed("setup.py", "x = 1\n", None),
        changed("same.py", "x = 1\n", "x = 1\n"),
    ]
    checks = check_change(session, files, is_test=is_test, planned=["pkg/a.py", "folder"])
    assert {(one.path, one.side) for one in checks.findings} == {("pkg/other.py", "after"), ("setup.py", "before")}
    assert found(session, *files) == set()


def test_all_files_are_checked_in_one_run(session, monkeypatch):
    runs = []
    run = session.run
    monkeypatch.setattr(session, "run", lambda *args, **options: runs.append(args) or run(*args, **options))
    found(session, *(changed(f"{number}.py", OLD, OLD + f"x = {number}\n") for number in range(5)))
    assert len(runs) == 1


def test_insecure_code_in_tests_is_a_remark(session):
    assert found(session, changed("tests/test_x.py", None, "def test_x():\n    assert eval('1')\n")) == {
        ("security", None, 2, False)
    }


ODD = [
    b"",
    b"\0\1\2\xff" * 50,
    b"x = 1\r\ny = nothing\r\n",
    "é = 1".encode("latin-1"),
    "# coding: latin-1\né = 'ü'\n".encode("latin-1"),
    b"# coding: nonsense\n",
    b"x = " + b"(" * 5000,
    b"x = " + b"-" * 50_000 + b"1",
    b"x" + b".a" * 20_000,
    b"x = '" + b"a" * 1_000_000 + b"'",
    b"\xff\xfex\0=\0",
    b"[" * 100_000,
    b"a\x85b\xe2\x80\xa8c\x0cd\n",
]


@pytest.mark.parametrize("name", ["{}.py", "tests/test_{}.py", "{}/conftest.py", "{}.json", "{}/pyproject.toml"])
async def test_odd_files_get_an_answer_and_do_not_hide_what_is_wrong_with_others(session, name):
    files = [
        changed(name.format(number), before, after)
        for number, (before, after) in enumerate(pairwise([*ODD, None, *ODD]))
    ]
    wrong = changed("wrong.py", "", "import numpyy\nx = eval(nothing)\n")
    checks = await acheck_change(session, [*files, wrong], is_test=is_test)
    kinds = {finding.kind for finding in checks.findings if finding.path == "wrong.py"}
    assert kinds >= {"unknown_import", "undefined_name", "security"}


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")), st.sampled_from(["\n", "\r\n"]))
def test_the_lines_that_were_not_added_were_there_in_this_order(old, new, end):
    before, after = "\n".join(old).encode(), end.join(new).encode()
    added, touched = added_lines(before, after), touched_lines(before, after)
    assert added <= touched <= set(range(1, len(new) + 1))
    left = iter(old)
    assert all(line in left for number, line in enumerate(new, 1) if number not in added)
    assert touched_lines(before, before) == frozenset()


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.py", "a/../../x.py", ""])
def test_a_path_that_leads_outside_is_refused(path):
    with pytest.raises(ValidationError, match="not inside the repository"):
        ChangedFile(path=path, before=None, after=b"")
