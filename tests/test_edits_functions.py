"""Whole functions: shown to a model, and its answer put in the place of the old one."""

import ast
import contextlib
import inspect
import re
import textwrap

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from motet.tools.edits import EditError, function_source, replace_function, replace_functions

FILE = '''#!/usr/bin/env python
# coding: utf-8
"""What this is."""
from __future__ import annotations
import os; import sys
from functools import (
    wraps,
)

# Comment of plain.
def plain(a, b=(1,
                2)):  # why
    """Doc.

        deeper
    """
    text = """
  left
        right
""" + f"""
{a}
    """
    # inside
    zero = 0
    return a + \\
        b
    # behind

@wraps(plain)  # of the decorator
# between
@staticmethod
async def waiting(): zero = 0; return zero

\x0cdef größe(länge):
\x0c
    zero = 0; return länge

if sys:
    def chosen():
        zero = 0
else:
    def chosen():
        zero = 0  # other


class Box:
  # Two blanks here.
  @property
  def value(self):
      """Six."""
      zero = 0
      return self

  @value.setter
  def value(self, new):
    zero = 0

  @overload
  def get(self, a: int) -> int: zero = 0
  @overload
  def get(self, a: str) -> str: zero = 0
  def get(self, a):
    def inner(x):

        zero = 0
        class Deep:
            def er(self):
                return lambda: """
 x"""
        return x
    return inner

try:
    pass
finally:
    class Late:
        def last(self):
            zero = 0'''
SYMBOLS = ["plain", "waiting", "größe", "chosen#1", "chosen#2", "Box.value", "Box.value#2", "Box.get#1", "Box.get#2"]
SYMBOLS += ["Box.get", "Box.get.inner", "Late.last"]


def without_decorators(text):
    lines = text.split("\n")
    return "\n".join(lines[ast.parse(text).body[0].lineno - 1 :])


LONG_STRING = re.compile('"""\n')  # what it says would change with its indentation
WAYS = {
    "as it is": lambda text, _: text,
    "in a fence": lambda text, _: f"Here:\n```python\n{text}```\nDone.",
    "indented": lambda text, _: textwrap.indent(text, "    ") if not LONG_STRING.search(text) else text,
    "without decorators": lambda text, symbol: (
        text if "@" in text and symbol.endswith("#2") else without_decorators(text)
    ),
    "in its class": lambda text, symbol: (
        f"class {symbol.split('.')[0]}:\n" + textwrap.indent(text, "    ")
        if symbol.count(".") == 1 and not LONG_STRING.search(text)
        else text
    ),
    "with other line ends": lambda text, _: text.replace("\n", "\r\n"),
}


@settings(deadline=None)
@given(
    st.sampled_from(SYMBOLS),
    st.sampled_from(sorted(WAYS)),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.sampled_from(["", "\n", "\n# end\n"]),
)
def test_a_changed_body_changes_its_line_and_nothing_else(symbol, way, newline, tabs, end):
    text = FILE + end
    if tabs:
        text = re.sub("^(?:  )+", lambda blanks: "\t" * (len(blanks[0]) // 2), text, flags=re.MULTILINE)
    text = text.replace("\n", newline)
    source = function_source(text, symbol)
    answer = WAYS[way](source.text.replace("zero = 0", "zero = 1"), symbol)
    lines = text.split(newline)
    new = replace_function(text, symbol, answer).split(newline)
    changed = [at for at, (old, line) in enumerate(zip(lines, new, strict=True), 1) if old != line]
    assert len(changed) == 1
    assert source.start_line <= changed[0] <= source.end_line
    assert new[changed[0] - 1] == lines[changed[0] - 1].replace("zero = 0", "zero = 1")


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_function_by_itself_is_python_and_answering_it_changes_nothing(symbol):
    source = function_source(FILE, symbol)
    assert ast.parse(source.text).body[0].name == symbol.split("#")[0].split(".")[-1]
    with pytest.raises(EditError, match="changes nothing"):
        replace_function(FILE, symbol, source.text)
    with pytest.raises(EditError, match="changes nothing"):
        replace_function(FILE, symbol, "# a remark\n" + source.text)


def test_the_lines_of_a_function_include_its_decorators():
    source = function_source(FILE, "waiting")
    lines = FILE.split("\n")
    assert lines[source.start_line - 1] == "@wraps(plain)  # of the decorator"
    assert lines[source.end_line - 1].startswith("async def waiting")
    assert function_source(FILE, "Box.value#2").indent == "  "


CLASS = """import os


class A:
    x = 1

    # Why.
    @cached
    def f(self):
        return 1

    def g(self): ...
"""


def test_imports_and_helpers_come_along_where_they_are_used_and_missing():
    answer = """
        import re
        import json
        import os
        from collections.abc import Iterable

        LIMIT = 3

        def outside(x):
            return re.sub("a", "b", x)

        class A:
            def helper(self, many: "Iterable"):
                return LIMIT

            def g(self):
                return "not asked for"

            def f(self, more=2):
                return outside(self.helper([])) + os.sep  # no json here, nothing unused

        def unused(): ...

        print(A().f())
    """
    assert replace_function(CLASS, "A.f", textwrap.dedent(answer)) == textwrap.dedent("""\
        import os
        import re
        from collections.abc import Iterable


        LIMIT = 3


        def outside(x):
            return re.sub("a", "b", x)


        class A:
            x = 1

            def helper(self, many: "Iterable"):
                return LIMIT

            # Why.
            @cached
            def f(self, more=2):
                return outside(self.helper([])) + os.sep  # no json here, nothing unused

            def g(self): ...
        """)


def test_a_method_beside_an_unwrapped_one_goes_to_the_class_and_a_function_to_the_module():
    answer = "def f(self):\n    return self.m() + top()\n\ndef m(self):\n    return 1\n\ndef top():\n    return 2\n"
    tree = ast.parse(replace_function(CLASS, "A.f", answer))
    assert [node.name for node in tree.body[1:]] == ["top", "A"]
    assert [node.name for node in tree.body[2].body[1:]] == ["m", "f", "g"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "import re\n\n\n"),
        ("#!/bin/python\n# coding: utf-8\n", "#!/bin/python\n# coding: utf-8\n\nimport re\n\n\n"),
        ("# About f.\n", "import re\n\n\n# About f.\n"),
        ("# Licence.\n\n", "# Licence.\n\nimport re\n\n"),
        ('"""Doc."""\n\n', '"""Doc."""\n\nimport re\n\n'),
        ('"""Doc."""\nfrom __future__ import annotations\nx = 1\n', None),
        ("import a; x = (\n1)\n", "import a; x = (\n1)\nimport re\n"),
    ],
)
def test_new_imports_stand_where_imports_belong(before, after):
    new = replace_function(before + "def f(): return 1\n", "f", "import re\ndef f():\n    return re")
    expected = after or before.replace("annotations\n", "annotations\nimport re\n")
    assert new == expected + "def f():\n    return re\n"


def test_an_import_that_would_change_what_a_name_means_in_the_file_is_refused():
    text = "from datetime import datetime\ndef f(): return 1\n"
    with pytest.raises(EditError, match="would change what `datetime` means"):
        replace_function(text, "f", "import datetime\ndef f():\n    return datetime.datetime.now()")
    with pytest.raises(EditError, match="Import the names"):
        replace_function(text, "f", "from math import *\ndef f():\n    return pi")
    added = replace_function("import os\ndef f(): return 1\n", "f", "import os.path\ndef f():\n    return os.path.sep")
    assert added.startswith("import os\nimport os.path\n")


def test_an_answer_in_another_indentation_is_written_in_that_of_the_file():
    text = "class A:\n\tdef f(self):\n\t\treturn 1\n"
    answer = 'def f(self):\n    """Doc.\n\n    More.\n    """\n    if self:\n        return g(1,\n                 2)\n'
    new = replace_function(text, "A.f", answer)
    assert "\t\tif self:\n\t\t\treturn g(1,\n" in new
    method = ast.parse(new).body[0].body[0]
    assert ast.get_docstring(method) == "Doc.\n\nMore."


def test_lines_within_strings_stay_what_they_are():
    answer = 'def f(self):\n    return """\nleft\n    right\n"""\n'
    new = replace_function(CLASS, "A.f", answer)
    assert '        return """\nleft\n    right\n"""\n' in new


def test_accessors_and_overloads_are_told_apart_by_their_decorators():
    new = replace_function(FILE, "Box.value", "@value.setter\ndef value(self, new):\n    zero = 2\n")
    assert new == FILE.replace("def value(self, new):\n    zero = 0", "def value(self, new):\n    zero = 2")
    both = "@property\ndef value(self):\n    return 1\n\n@value.setter\ndef value(self, new):\n    zero = 2\n"
    box = next(
        node for node in ast.parse(replace_function(FILE, "Box.value", both)).body if isinstance(node, ast.ClassDef)
    )
    assert [ast.unparse(node.body[-1]) for node in box.body[:2]] == ["return 1", "zero = 2"]
    with pytest.raises(EditError, match=r"`chosen#1` \(line 39\), `chosen#2` \(line 42\)"):
        replace_function(FILE, "chosen", "def chosen(): return 1")


def test_several_functions_change_together_or_not_at_all():
    answers = {"A.f": "def f(self):\n    return 2", "A.g": "def g(self):\n    return 3"}
    new = replace_functions(CLASS, answers)
    assert new == CLASS.replace("return 1", "return 2").replace("def g(self): ...", "def g(self):\n        return 3")
    with pytest.raises(EditError) as raised:
        replace_functions(CLASS, answers | {"A.h": "def h(): ...", "A.f": "def other(): ..."})
    assert len(raised.value.problems) == 2


@pytest.mark.parametrize(
    ("symbol", "answer", "words"),
    [
        ("A.f", "def g(self): return 1", "defines `g` and not `f`"),
        ("A.f", "return 1", "defines no function at all"),
        ("A.f", "class B:\n    def f(self): return 2", r"defines `B\.f`"),
        ("A.f", "def f(self:\n    return 2", "is no Python.* on line 1"),
        ("A.f", "```\ndef f(): return 2\n```\nor\n```\ndef f(): return 3\n```", "2 blocks"),
        ("A.h", "def h(): ...", "has no function `A.h`"),
        ("A", "class A: ...", "has no function `A`"),
        ("A.f#2", "def f(self): return 2", "no `A.f#2`"),
        ("A..f", "", "no name of a function"),
        ("A.f", "def f(self): return 2\ndef f(self): return 3", "not clear"),
    ],
)
def test_what_cannot_be_done_is_said(symbol, answer, words):
    with pytest.raises(EditError, match=words):
        replace_function(CLASS, symbol, answer)


@pytest.mark.parametrize("text", ["def f(:", "\0", "def f(): return " + "1+" * 5000 + "1"])
def test_a_file_that_cannot_be_handled_is_an_error_in_words(text):
    with pytest.raises(EditError):
        replace_function(text, "f", "def f(): return 2")


LINES = ["def f(self):", "    def f(self):", "class A:", "    return 2", "        return 3", "import re", "@property"]
LINES += [
    "x = '''",
    "'''",
    "```",
    "\treturn re",
    "    @a",
    "# c",
    "",
    "async def f(): return 4",
    "    if x:",
    "\\",
    "\f",
]
CODE = st.lists(st.sampled_from(LINES), max_size=9).map("\n".join)


@settings(deadline=None)
@given(CODE, CODE)
@example("", "def f(self):\n    return 2 \\\n")
def test_whatever_is_answered_the_rest_of_the_file_stays(answer, around):
    for text in (CLASS, around + "\n" + CLASS, CLASS + around):
        with contextlib.suppress(EditError):
            new = ast.parse(replace_function(text, "A.f", answer))
            kept = {ast.dump(node) for node in ast.walk(new)}
            for node in ast.parse(text).body:
                if getattr(node, "name", "") != "A":
                    assert ast.dump(node) in kept


def test_real_code_survives():
    text = inspect.getsource(textwrap) + "\n"
    for symbol in ("dedent", "TextWrapper.__init__", "TextWrapper._wrap_chunks"):
        source = function_source(text, symbol)
        new = replace_function(text, symbol, source.text + "    return 1\n")
        lines = text.split("\n")
        indent = source.indent + "    return 1"
        assert new.split("\n") == [*lines[: source.end_line], indent, *lines[source.end_line :]]
