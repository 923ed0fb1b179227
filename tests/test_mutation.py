"""Procedural mutations: small edits that people could have made, and nothing beside them."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motet.tools.mutation import OPERATORS, MutationError, mutations_of

TEXT = '''"""Prices, in € and ¢."""  # a comment that stays
import re


class  Cart( object ):
    """Untidy on purpose."""

    def add( self, price, count = 1, *, strict = True ):
        """Add a price; "1 < 2" is no comparison here."""
        if not strict and price < 0:   # ümläut
            raise ValueError(f"{price < 0}")
        elif price is None:
            return  False
        else:
            price = round(price, 2)
        self.items.append( (price, count) )
        self.log("é", price) ; self.dirty = True
        return True

    def best(self, n):
        found = sorted(self.items, key=lambda item: item[0], reverse=True)
        try:
            rest = max(found) if found else min(self.items)
        except (KeyError, ValueError):
            rest = None
        for at in range(1, n + 1):
            while at < n or (at
                             >= 10):  # a < b
                at += 1
        return found[:n], (rest)


def parse(text, flag=False):
    return int(text.strip().rstrip("¢") or 0)


async def poll(client):
    return [one async for one in client if one and one.startswith("x")][-1]
'''
FUNCTIONS = {
    symbol: next((one.lineno, one.end_lineno) for one in ast.walk(ast.parse(TEXT)) if getattr(one, "name", "") == name)
    for symbol, name in {"Cart.add": "add", "Cart.best": "best", "parse": "parse", "poll": "poll"}.items()
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_mutation_parses_differs_and_touches_only_lines_of_its_function(newline):
    text = TEXT.replace("\n", newline)
    lines = text.splitlines(keepends=True)
    found = mutations_of(text, path="a.py")
    for one in found:
        mutated = one.apply(text)
        assert ast.dump(ast.parse(mutated)) != ast.dump(ast.parse(text)), one
        first, last = FUNCTIONS[one.symbol]
        assert first <= one.line <= last
        assert mutated.startswith("".join(lines[: first - 1])), one
        assert mutated.endswith("".join(lines[last:])), one
        assert one.undo(mutated) == text
    assert {one.operator for one in found} == set(OPERATORS)
    assert {one.symbol for one in found} == set(FUNCTIONS)


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    operators=st.sets(st.sampled_from(OPERATORS), min_size=1),
    symbols=st.sets(st.sampled_from(sorted(FUNCTIONS))),
)
def test_the_seed_decides_the_order_and_nothing_else(seed, operators, symbols):
    def made(seed: int):
        return mutations_of(TEXT, path="a.py", operators=operators, symbols=symbols, seed=seed)

    assert made(seed) == made(seed)
    assert sorted(map(repr, made(seed))) == sorted(map(repr, made(0)))
    assert {one.operator for one in made(seed)} <= operators
    assert {one.symbol for one in made(seed)} <= symbols


def test_each_operator_makes_the_mistake_that_it_is_named_for():
    def made(code: str, operator: str) -> set[str]:
        text = f"def f(a, b, flag=True):\n    {code}\n    return a\n"
        found = mutations_of(text, path="a.py", operators=[operator])
        return {one.apply(text).split("\n", 1)[1].removesuffix("    return a\n") for one in found}

    assert "    x = a - b\n" in made("x = a + b", "arithmetic")
    assert "    a -= b\n" in made("a += b", "arithmetic")
    assert made("x = '%s' % b", "arithmetic") == set()
    assert made("x = a < b", "comparison") == {"    x = a > b\n"}
    assert made("x = a not in b", "comparison") == {"    x = a in b\n"}
    assert made("x = a and b", "boolean") == {"    x = a or b\n"}
    assert "    x = b if not flag else 1\n" in made("x = b if flag else 1", "condition")
    assert made("x = not (a or b)", "missing_not") == {"    x = (a or b)\n"}
    assert made("x = a <= b", "off_by_one") == {"    x = a < b\n"}
    assert made("x = range(a)", "off_by_one") == {"    x = range(a - 1)\n", "    x = range(a + 1)\n"}
    assert made("x = a[-1]", "off_by_one") == {"    x = a[0]\n"}
    assert "    x = b(a, flag)\n" not in made("x = b(flag, 1)", "argument")
    assert {"    x = b(flag, a)\n", "    x = b(a)\n"} <= made("x = b(a, flag)", "argument")
    assert made("x = a.startswith(b)", "call") == {"    x = a.endswith(b)\n"}
    assert "    x = b.c\n" in made("x = a.c", "variable")
    assert made("b.save(a)", "statement") == {""}
    assert made("if a:\n        return b", "branch") == {""}
    assert made("if a:\n        b()\n    else:\n        b(1)", "branch") == {"    if a:\n        b()\n"}


def test_a_first_branch_can_be_forgotten_and_the_next_becomes_it():
    text = "def f(a):\n    if a == 1:\n        return 2\n    elif a == 2:\n        return 3\n    return a\n"
    found = {one.apply(text) for one in mutations_of(text, path="a.py", operators=["branch"])}
    assert "def f(a):\n    if a == 2:\n        return 3\n    return a\n" in found
    assert "def f(a):\n    if a == 1:\n        return 2\n    return a\n" in found


def test_no_function_is_left_without_a_statement():
    assert mutations_of("def f(a):\n    'Doc.'\n    a.run()\n", path="a.py", operators=["statement", "branch"]) == []


def test_the_wrong_text_is_refused_in_words():
    one = mutations_of(TEXT, path="a.py")[0]
    with pytest.raises(MutationError, match="Give the text"):
        one.apply("x = 1")
    with pytest.raises(MutationError, match="not Python"):
        mutations_of("def f(:", path="a.py")
    with pytest.raises(MutationError, match="No such operators: typo"):
        mutations_of(TEXT, path="a.py", operators=["typo"])
