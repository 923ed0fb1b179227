"""Inputs made without a model: what every set of them must keep to."""

import ast

from hypothesis import given, settings
from hypothesis import strategies as st

from motet.agents.contract import Contract, Example, Parameter
from motet.agents.inputs import mutate_inputs, read_calls
from motet.agents.reading import read_contract

GRID = "Write a function paths(grid, k).\n\npaths([[1, 2], [3, 4], [5, 6]], 2) == 1\npaths([[7, 8, 9]], 1) == 0\n"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-50, 50) | st.floats(-9, 9) | st.text("abc ", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text("xy", max_size=2), inner, max_size=2)
        | st.sets(st.integers(-5, 5), max_size=3)
    ),
    max_leaves=8,
)


def contract_of(*calls: str) -> Contract:
    examples = tuple(Example(form="comparison", code=call, expected="0", text=call) for call in calls)
    return Contract(task="", entry_point="f", examples=examples)


def arguments(call):
    tree = ast.parse(call, mode="eval").body
    return [ast.literal_eval(node) for node in tree.args]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=3), st.integers(0, 99))
def test_mutants_parse_are_new_and_are_the_same_for_a_seed(rows, seed):
    contract = contract_of(*(f"f({first!r}, {second!r})" for first, second in rows))
    made = mutate_inputs(contract, count=20, seed=seed)
    assert made == mutate_inputs(contract, count=20, seed=seed)
    assert len(made) == len(set(made)) <= 20
    assert read_calls(made, contract) == made
    given_values = [list(map(repr, row)) for row in rows]
    assert not [call for call in made if list(map(repr, arguments(call))) in given_values]


@settings(deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8), st.integers(0, 99))
def test_mutants_do_not_explode(numbers, seed):
    contract = contract_of(f"f({numbers!r}, {max(numbers)})")
    for call in mutate_inputs(contract, count=40, seed=seed):
        values, bound = arguments(call)
        assert len(values) <= 64
        assert all(-1 <= number <= 2 * max(numbers) + 2 for number in [*values, bound])


def test_matrices_stay_rectangular():
    made = mutate_inputs(read_contract(GRID), count=40, seed=1)
    assert len(made) == 40
    for call in made:
        grid, _ = arguments(call)
        assert len({len(row) for row in grid}) <= 1


def test_one_argument_changes_at_a_time_at_first():
    made = mutate_inputs(contract_of("f([1, 2, 3], 'ab')"), count=8, seed=0)
    for call in made:
        numbers, text = arguments(call)
        assert (numbers == [1, 2, 3]) != (text == "ab")


def test_a_length_follows_its_list():
    made = mutate_inputs(contract_of("f([4, 5, 6], 3)", "f([4, 5], 2)"), count=20, seed=0)
    assert made
    assert all(len(values) == length for values, length in map(arguments, made))


def test_named_arguments_keep_their_names():
    made = mutate_inputs(contract_of("f(1, low=True)"), count=5, seed=0)
    assert made
    assert all(", low=" in call for call in made)


def test_examples_of_every_form_give_arguments():
    task = "Write a function f(x).\n\n>>> round(f(2.5), 1)\n3.0\n\nassert f(7.5) == 8\n"
    assert any(call.startswith("f(") for call in mutate_inputs(read_contract(task), count=5, seed=0))


def test_without_examples_the_annotations_say_what_to_try():
    contract = read_contract(
        "def pack(items: list[str], sizes: dict[str, int], best: tuple[int, float] | None, strict: bool) -> int:\n"
        '    """Pack."""\n'
    )
    made = mutate_inputs(contract, count=12, seed=0)
    assert len(made) == 12
    for call in made:
        items, sizes, best, strict = arguments(call)
        assert all(isinstance(item, str) for item in items)
        assert all(isinstance(key, str) and isinstance(size, int) for key, size in sizes.items())
        assert best is None or (isinstance(best[0], int) and isinstance(best[1], float))
        assert isinstance(strict, bool)


def test_without_examples_and_types_nothing_is_guessed():
    assert mutate_inputs(read_contract('def f(x, y):\n    """Do."""\n'), count=9, seed=0) == ()
    assert mutate_inputs(read_contract("Do something."), count=9, seed=0) == ()


def test_of_proposed_calls_only_literal_calls_of_the_entry_point_are_kept():
    contract = Contract(
        task="",
        entry_point="f",
        signature="def f(a, b=1):",
        parameters=(Parameter(name="a"), Parameter(name="b", default="1")),
    )
    proposed = [
        "f(1)",
        "`f( 1 )`",
        ">>> f([1, 'x'], b=-2)",
        "f()",
        "f(1, 2, 3)",
        "f(c=1)",
        "g(1)",
        "f(open('x'))",
        "f(x)",
    ]
    assert read_calls([*proposed, "f(1); g(2)", "f(1) + 1", "", "f(", "f(*[1])"], contract) == (
        "f(1)",
        "f([1, 'x'], b=-2)",
    )
