"""A rewritten function keeps the comments, the docstring and the way of writing of what it leaves alone."""

import ast
import difflib
import inspect
import random
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motet.tools.edits import keep_layout, keep_layout_in
from motet.tools.mutation import mutations_of

OLD = '''def price(items, tax=0.2):  # gross
    """What it costs."""
    # start with nothing
    total = sum(one["price"] for one in items)  # net
    if total > 3:
        # large orders
        note = "q"
        parts = [1,
                 2]
    else:
        note = 'r'

    # with tax
    return total * (1 + tax)
'''


def test_only_what_changed_is_changed():
    new = ast.unparse(ast.parse(OLD.replace("total > 3", "total >= 3").replace('"""What it costs."""', "")))
    assert keep_layout(OLD, new + "\n") == OLD.replace("total > 3", "total >= 3")


def test_comments_above_a_changed_statement_stay_and_new_statements_come_as_they_are():
    new = "def price(items, tax=0.2):\n    total = 0\n    log(total)\n    return total\n"
    kept = keep_layout(OLD, new)
    assert "log(total)" in kept
    assert kept.startswith('def price(items, tax=0.2):  # gross\n    """What it costs."""\n')


def test_a_method_in_a_file_keeps_its_comments():
    body = textwrap.indent(OLD, "    ")
    file = f"import os\n\n\nclass Shop:\n    # shop\n{body}\n    x = 1\n"
    bare = textwrap.indent(ast.unparse(ast.parse(OLD.replace("1 + tax", "1 - tax"))), "    ")
    changed = f"import os\n\n\nclass Shop:\n    # shop\n{bare}\n\n    x = 1\n"
    assert keep_layout_in(file, changed, "Shop.price") == file.replace("1 + tax", "1 - tax")


@pytest.mark.parametrize("new", ["def price(: broken", "x = 1\n", "def other(items):\n    return 1\n", ""])
def test_what_cannot_be_merged_comes_as_it_is(new):
    assert keep_layout(OLD, new) == new


FUNCTIONS = [
    textwrap.dedent(inspect.getsource(one))
    for module in (random, textwrap, difflib, inspect)
    for one in vars(module).values()
    if inspect.isfunction(one) and one.__module__ == module.__name__
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FUNCTIONS), st.integers(0, 1000))
def test_the_meaning_is_the_new_one_and_the_difference_is_no_larger(old, seed):
    found = mutations_of(old, path="a.py", seed=seed)
    if not found:
        return
    mutated = found[seed % len(found)].apply(old)
    bare = ast.unparse(ast.parse(mutated)) + "\n"
    kept = keep_layout(old, bare)
    assert ast.dump(ast.parse(kept)) in {ast.dump(ast.parse(bare)), ast.dump(ast.parse(mutated))}

    def distance(text):
        return sum(line[:1] in "+-" for line in difflib.ndiff(old.splitlines(), text.splitlines()))

    assert distance(kept) <= distance(bare)
