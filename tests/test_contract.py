"""Tasks in many notations, and what must be read from them; and what must not."""

import ast
import doctest
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motet.agents.cases import example_cases
from motet.agents.reading import read_contract

STUB = 'def clamp(x: int, top: int = 9) -> int:\n    """Keep x below top.\n\n    {}\n    """\n'


def pairs(task, **options):
    return [(example.code, example.expected) for example in read_contract(task, **options).examples]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (">>> clamp(12)\n    9", "9"),
        (">>> clamp(\n    ...     12,\n    ... )\n    9", "9"),
        (">>> clamp(12) == 9", "9"),
        (">>> clamp(12) == 9\n    True", "9"),
        ("clamp(12) ==> 9", "9"),
        ("clamp(12) => 9", "9"),
        ("clamp(12) -> 9", "9"),
        ("clamp(12) ->12 - 3 = 9", "9"),
        ("clamp(12) ➞ 9", "9"),
        ("clamp(12) → 9", "9"),
        ("clamp(12)   # => 9", "9"),
        ("clamp(12)  # returns 9", "9"),
        ("clamp(12)  # 9", "9"),
        ("result = clamp(12)  # 9", "9"),
        ("clamp(12) returns 9", "9"),
        ("clamp(12) should return 9.", "9"),
        ("clamp(12) should\n    return 9, since 12 is too much.", "9"),
        ("* `clamp(12)` returns `9`", "9"),
        ("clamp(12) = 9", "9"),
        ("clamp(12) == 9  # the top", "9"),
        ("clamp(12) == 4 + 5 = 9", "9"),
        ("for clamp(12) == 9", "9"),
        ("For example, clamp(12) is 9.", "9"),
        ("Input: x = 12\n    Output: 9\n    Explanation: 12 is more than 9", "9"),
        ("Input: 12, 9\n    Output: 9", "9"),
        ("**Input:** x = 12, top = 9\n    **Output:** 9", "9"),
        ("Input:\n        x : 12\n        limit : 9\n    Output: 9", "9"),
        ("For x = 12 the output should be 9.", "9"),
        ("for x = 12, the result is 9", "9"),
        ("If x = 12 and top = 9, return 9.", "9"),
        ("For x = 12, the digits give 3 the output should be 9", "9"),
        ("assert clamp(12) == 9", None),
    ],
)
def test_an_example_is_read_in_every_notation(words, expected):
    found = pairs(STUB.format(words))
    assert [value for _, value in found] == [expected]
    namespace = {"clamp": lambda x, top=9: min(x, top)}
    if expected is None:
        exec(found[0][0], namespace)
    else:
        assert eval(found[0][0], namespace) == eval(expected)


@pytest.mark.parametrize(
    "words",
    [
        "clamp(12) returns 9 apples",
        "clamp(12) returns 9 or 12",
        "clamp(12) returns 9 if top is 9",
        "clamp(12) -> 9 * k",
        "clamp(12) -> 9 - 3 = 5",
        "clamp(12) => 1,000",
        "clamp(12) == nine",
        "clamp(12) == ''9'",
        'clamp(12) == "9"',
        "clamp(12) -> (9)",
        "clamp(12) -> 1-9",
        "clamp(12) != 9",
        "clamp(x) == 9",
        "clamp(12, 3, 4) == 9",
        "clamp('12') == 9",
        "if clamp(12) == 9 then",
        "2 * clamp(12) = 18",
        "other.clamp(12) == 9",
        "reclamp(12) == 9",
        "clamp(12) prints 9",
        "clamp(12) # 9 is the top",
        ">>> clamp(12)",
        ">>> clamp(12)\n    nine",
        ">>> clamp(12)\n    9\n    is what comes out",
        "Input: x = y\n    Output: 9",
        "Input: 12\n    Output: depends",
        "For x = 12 to 14 the output is 9",
        "if clamped = 12 return 9",
        "clamp(12) == 9\n    clamp(12) == 8",
        "clamp(x) = clamp(x - 1) + 1\n    clamp(1) = 1",
        "assert clamp(y) == 9",
    ],
)
def test_what_may_mean_something_else_is_left_out(words):
    assert pairs(STUB.format(words)) == []


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("null", None),
        ("None", None),
        ("“a’b”", "a’b"),  # noqa: RUF001
        ("‘ab’", "ab"),  # noqa: RUF001
        ("[1, [2.5, -3], 'x']", [1, [2.5, -3], "x"]),
        ("{'a': {1, 2}, 'b': ()}", {"a": {1, 2}, "b": ()}),
        ('{"a": [true, null]}', {"a": [True, None]}),
        ("−4", -4),  # noqa: RUF001
        ("set()", set()),
        ("2 ** 3 + 1", 9),
        ("[\n  [1, 2],\n  [3, 4]\n]", [[1, 2], [3, 4]]),
        ("float('inf')", float("inf")),
    ],
)
def test_values_are_read_in_the_tasks_own_notation(written, value):
    [(code, expected)] = pairs(f"Write a function pick(items).\n\npick([1, 2]) => {written}\n")
    assert (code, eval(expected)) == ("pick([1, 2])", value)


def test_a_stub_behind_helpers_is_the_entry_point():
    contract = read_contract(
        "import math\nfrom typing import List\n\nLIMIT = 3\n\n\n"
        'def root(x: float) -> float:\n    """root(4) == 2"""\n    return math.sqrt(x)\n\n\n'
        "def total(xs: List[float],\n          *, low: float = 0.0) -> float:\n"
        '    """Sum of roots.\n\n    Assume that xs is not empty.\n    1 <= len(xs) <= LIMIT\n\n'
        '    >>> round(total([4.0, 9.0]), 2)  # 2 + 3\n    5.0\n    """\n'
    )
    assert (contract.kind, contract.entry_point) == ("function", "total")
    assert contract.signature == "def total(xs: List[float], *, low: float=0.0) -> float:"
    assert [parameter.name for parameter in contract.parameters] == ["xs", "low"]
    assert contract.parameters[1].default == "0.0"
    assert contract.returns == "float"
    assert contract.imports == ("import math", "from typing import List")
    assert contract.preamble.startswith("LIMIT = 3")
    assert "math.sqrt" in contract.preamble
    assert contract.constraints == ("Assume that xs is not empty.", "1 <= len(xs) <= LIMIT")
    assert [(each.code, each.expected) for each in contract.examples] == [("round(total([4.0, 9.0]), 2)", "5.0")]


@pytest.mark.parametrize(
    ("task", "entry_point"),
    [
        ("Write a function add(a, b) that adds.", "add"),
        ("Write a function called merge that joins two dicts.", "merge"),
        ("Please implement the `to_roman(n)` function.", "to_roman"),
        ("I need a Python function named isOdd which tells odd numbers.", "isOdd"),
        ("Write a function that counts words.", None),
        ("Write a function to count words.\nassert count_words('a b') == 2", "count_words"),
        ("Count words.\nassert int(len(words_of('a b'))) == 2", "words_of"),
        ("Reverse a string.\n\n>>> flip('ab')\n'ba'\n", "flip"),
        (
            "Finish this:\n\n```python\ndef helper():\n    return 1\n\ndef area(r):\n    # your code\n```\nThanks!",
            "area",
        ),
        ("Finish this:\n\n    def area(r):\n\nand say why.", "area"),
        ("Write a class called Stack with push and pop.", "Stack"),
        ("Measure the deepest path.\nassert (deepest(root)) == 3", "deepest"),
        ("Write a function that picks the best, so pick_best([1, 5, 3]) should be 5.", "pick_best"),
        ("Write a function add that adds two numbers. add(1, 2) gives 3", "add"),
        ("Signature: def turn(nums: list[int]) -> None: turns it in place.", "turn"),
        ("Fix this.\n\n```python\ndef halve(x):\n    return x / 3\n```", "halve"),
    ],
)
def test_the_entry_point_is_what_the_task_calls_it(task, entry_point):
    assert read_contract(task).entry_point == entry_point


def test_a_signature_in_words_ends_where_the_sentence_ends():
    contract = read_contract("Write roman(n: int, *, low: bool = False) -> dict[str, int] | None. roman(4) gives None.")
    assert contract.signature == "def roman(n: int, *, low: bool=False) -> dict[str, int] | None:"
    assert contract.returns == "dict[str, int] | None"
    assert [(each.code, each.expected) for each in contract.examples] == [("roman(4)", "None")]


def test_a_given_entry_point_wins():
    contract = read_contract("def a(x):\n    pass\n\ndef b(y):\n    pass\n", entry_point="a")
    assert (contract.entry_point, contract.signature) == ("a", "def a(x):")


def test_a_class_with_one_method_to_write_is_the_coat_of_a_function():
    contract = read_contract(
        "Return the longest run.\n\n"
        "Example 1:\n\nInput: bits = [1,1,0], skip = true\nOutput: 2\nExplanation: Output 2.\n\n"
        "Example 2:\nInput: bits = [], skip = false\nOutput: 0\n\n"
        "Constraints:\n\n0 <= bits.length <= 10^5\nbits[i] is 0 or 1.\n\n"
        "```python\nclass Solution:\n    def longestRun(self, bits: List[int], skip: bool) -> int:\n```\n"
    )
    assert (contract.kind, contract.entry_point, contract.defines) == ("class", "Solution().longestRun", "Solution")
    assert [parameter.name for parameter in contract.parameters] == ["bits", "skip"]
    assert [(each.code, each.expected) for each in contract.examples] == [
        ("Solution().longestRun([1, 1, 0], True)", "2"),
        ("Solution().longestRun([], False)", "0"),
    ]
    assert contract.constraints == ("0 <= bits.length <= 10^5", "bits[i] is 0 or 1.")


def test_a_notation_for_objects_is_no_example():
    stub = "class Solution:\n    def turn(self, head: ListNode) -> ListNode:"
    task = f"Input: head = [1,2]\nOutput: [2,1]\n```python\n{stub}\n```"
    assert pairs(task) == []


def test_where_any_order_will_do_lists_are_compared_sorted():
    task = "Write a function common(a, b). Return the values in any order.\ncommon([1, 2, 3], [3, 1]) => [3, 1]\n"
    assert pairs(task) == [("sorted(common([1, 2, 3], [3, 1]))", "[1, 3]")]


def test_where_any_answer_will_do_only_the_tests_of_the_author_count():
    words = "Write a function pick(a). If there are several, return any of them."
    task = f"{words}\npick([1, 2]) => 1\nassert pick([3]) == 3\n"
    assert pairs(task) == [("assert pick([3]) == 3", None)]


def test_a_session_brings_what_its_examples_need():
    contract = read_contract(
        'class Stack:\n    """A stack.\n\n'
        "    >>> s = Stack()\n    >>> s.push(1)\n    >>> s.push(2)\n    >>> s.pop()\n    2\n"
        '    >>> Stack().pop()\n    Traceback (most recent call last):\n        ...\n    IndexError: empty\n    """\n'
    )
    assert (contract.kind, contract.entry_point) == ("class", "Stack")
    assert [(each.code, each.expected) for each in contract.examples] == [
        ("s = Stack()\n_ = s.push(1)\n_ = s.push(2)\ns.pop()", "2"),
        ("Stack().pop()", "Traceback (most recent call last):\n    ...\nIndexError: empty"),
    ]


def test_a_session_becomes_one_case_that_shows_only_its_last_value():
    task = "Write a class Bag.\n\n>>> b = Bag()\n>>> b.add('x')\n1\n>>> b.all()\n[\"x\"]\n"
    [_, case] = example_cases(read_contract(task))
    assert case.kind == "doctest"
    [example] = doctest.DocTestParser().get_examples(
        f">>> {case.code}".replace("\n", "\n... ") + f"\n{case.expected}\n"
    )
    shown = []
    bag = type("Bag", (), {"add": lambda self, item: 1, "all": lambda self: ["x"]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "displayhook", shown.append)
        exec(compile(example.source, "<test>", "single"), {"Bag": bag})
    assert shown == [["x"]]


def test_asserts_bring_the_lines_that_prepare_them():
    task = "Write a class Counter2.\n\nc = Counter2()\nc.hit()\nassert c.hits == 1\nassert unknown(c) == 2\n"
    assert pairs(task) == [("c = Counter2()\n_ = c.hit()\nassert c.hits == 1", None)]


def test_escapes_in_a_docstring_are_read_as_their_author_meant_them():
    as_source = 'def lines(s):\n    """\n    >>> lines("a\\nb")\n    2\n    """\n'
    as_text = 'def lines(s):\n    """\n    >>> lines("a\\\\nb")\n    2\n    """\n'
    assert pairs(as_source) == pairs(as_text) == [("lines('a\\nb')", "2")]


def test_a_program_has_no_entry_point():
    contract = read_contract("Write a program that reads two numbers from stdin and prints their sum.")
    assert (contract.kind, contract.entry_point, contract.examples) == ("program", None, ())


def test_examples_become_calls_wherever_that_means_the_same():
    task = (
        'Write a function f(x).\n\n>>> f(1)\n"one"\n\n>>> f(2)\n{3, 2}\n\n'
        ">>> f(3)\nFraction(1, 3)\n\n>>> print(f(4))\n4\n\n"
        "f(5) -> [5]\n\nassert f(6) == 6\nassert 7 == f(7)\nassert f(8)\nassert f(9) is None\n"
    )
    cases = example_cases(read_contract(task))
    assert [(case.name, case.kind, case.code, case.expected) for case in cases] == [
        ("example 1", "call", "f(1)", "'one'"),
        ("example 2", "call", "f(2)", "{2, 3}"),
        ("example 3", "doctest", "f(3)", "Fraction(1, 3)"),
        ("example 4", "doctest", "print(f(4))", "4"),
        ("example 5", "call", "f(5)", "[5]"),
        ("example 6", "call", "f(6)", "6"),
        ("example 7", "call", "f(7)", "7"),
        ("example 8", "statement", "assert f(8)", None),
        ("example 9", "call", "f(9)", "None"),
    ]


PIECES = """
def_f(x):|class_A:|____|>>>_f(1)|f([1,_2])|f(|)|_==_|_->_|_#_=>_|returns_|[1,_2]|Input:_|Output:_|x_=_|3|1_-_|'a|True|.|,
|assert_|For_|the_output_should_be_|```|import_os|if_|return_any_of_them|in_any_order|None|...|{|]|2_**_9_**_9|-|*|\\
|\"\"\"|\u201c|\u2212""".replace("_", " ").split("|")


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=200))
def test_any_text_can_be_read_and_what_is_admitted_parses(task):
    contract = read_contract(task)
    assert read_contract(contract.task) == contract
    for example in contract.examples:
        ast.parse(example.code)
        assert example.text in task or example.text.strip()
    for case in example_cases(contract):
        if case.expected is not None and case.kind == "call":
            ast.parse(case.expected, mode="eval")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=150)
@given(
    VALUES,
    VALUES,
    st.sampled_from([">>> f({0})\n{1}\n", "f({0}) == {1}\n", "`f({0})` => `{1}`\n", "assert f({0}) == {1}\n"]),
)
def test_any_plain_value_comes_back_as_it_was_written(argument, value, notation):
    task = "Write a function f(x).\n\n" + notation.format(repr(argument), repr(value))
    [case] = example_cases(read_contract(task))
    assert eval(case.code, {"f": lambda x: x}) == argument
    assert case.expected is not None
    assert eval(case.expected) == value
