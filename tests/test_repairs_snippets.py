"""Scripts made of tests: what a user would paste into an issue."""

import ast

import pytest

from motet.evals.repairs.hiding import without_tests
from motet.evals.repairs.snippet import snippet_of

TEXT = '''import unittest
import os.path as path, sys
from collections import (
    Counter,
    OrderedDict,
)

LIMIT = 3


def double(x):
    return x * LIMIT


class TestOne(unittest.TestCase):
    def test_text(self):
        """Says what it does."""
        text = """
  stays
where it is
"""
        unused = 1
        self.assertTrue(text)
        self.assertEqual(
            text.strip(),  # a comment
            double("a"),
        )
        self.assertEqual(1, 1)

    def test_raises(self):
        with self.assertRaises(KeyError):
            Counter().popitem()
        self.assertRaises(ValueError, int, "x", base=10)
        self.assertFalse(1 == 2 or LIMIT)

    def test_of_its_class(self):
        assert self.helper()


class TestTwo:
    def test_alone(self):
        assert path.join("a", "b") == sys.path
'''


def test_a_test_becomes_a_script_with_its_imports_helpers_and_plain_asserts():
    snippet = snippet_of(TEXT, "TestOne::test_text", None)
    assert snippet is not None
    assert snippet.header == "LIMIT = 3\n\ndef double(x):\n    return x * LIMIT"
    assert 'text = """\n  stays\nwhere it is\n"""\nunused = 1\nassert text\n' in snippet.body
    names: dict[str, object] = {}
    with pytest.raises(AssertionError):
        exec(snippet.script, names)
    assert names["text"] == "\n  stays\nwhere it is\n"


def test_the_script_ends_where_it_fails_and_begins_with_what_that_needs():
    snippet = snippet_of(TEXT, "TestOne::test_text", None)
    assert snippet is not None
    line = next(n for n, one in enumerate(snippet.as_test.splitlines(), 1) if 'double("a")' in one)
    short = snippet.until(line, TEXT)
    assert short is not None
    assert "assert text\n" not in short.body
    assert "1 == 1" not in short.body
    assert "unused" not in short.body
    assert "text = " in short.body
    ast.parse(short.as_test)
    for one in (snippet, short):
        lines = one.script.splitlines()
        at = next(n for n, line in enumerate(one.as_test.splitlines(), 1) if 'double("a")' in line)
        assert 'double("a")' in lines[one.line_in_script(at) - 1]


def test_expected_errors_are_told_with_pytest():
    snippet = snippet_of(TEXT, "TestOne::test_raises", None)
    assert snippet is not None
    assert snippet.header.startswith("import pytest\nfrom collections import Counter\n\nLIMIT = 3")
    assert "with pytest.raises(KeyError):\n    Counter().popitem()\n" in snippet.body
    assert "with pytest.raises(ValueError):\n    int('x', base=10)" in snippet.body.replace('"', "'")
    with pytest.raises(AssertionError):
        exec(snippet.script, {})


def test_what_needs_its_class_or_a_fixture_is_no_script():
    assert snippet_of(TEXT, "TestOne::test_of_its_class", None) is None
    assert snippet_of("def test_x(tmp_path):\n    assert tmp_path\n", "test_x", None) is None
    assert snippet_of("from . import f\n\ndef test_x():\n    assert f()\n", "test_x", None) is None


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        ('"a, b", [(1, 2), (3, 4)]', "a = 3\nb = 4\n"),
        ('["a", "b"], [(1, 2), pytest.param(5, {}, id="x")]', "a = 5\nb = {}\n"),
        ('("a", "b"), CASES', "a = 7\nb = 8\n"),
    ],
)
def test_a_case_of_a_parametrized_test_has_its_values(decorator, expected):
    text = (
        "import pytest\n\nCASES = [(0, 0), (7, 8)]\n\n"
        f"@pytest.mark.parametrize({decorator})\ndef test_it(a, b):\n    assert a == b\n"
    )
    snippet = snippet_of(text, "test_it", 1)
    assert snippet is not None
    assert snippet.body == f"{expected}assert a == b"


def test_tests_are_cut_out_and_nothing_else_changes():
    cut = without_tests(TEXT, ["TestOne::test_text", "TestTwo::test_alone"])
    assert "test_text" not in cut
    assert cut.endswith("class TestTwo:\n    pass\n")
    assert "    def test_raises(self):\n        with self.assertRaises(KeyError):" in cut
    assert cut.startswith(TEXT[: TEXT.index("    def test_text")])
    ast.parse(cut)
    decorated = "@one\n@two(\n    3\n)\ndef test_a(): pass\nx = 1\n"
    assert without_tests(decorated, ["test_a"]) == "x = 1\n"
