"""Cases asked of code in a sandbox: honest code is judged rightly, and no trick of the code makes it pass."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from testing_boxes import KINDS, session_in
from testing_cheats import CHEATS

from motet.tools.sandbox import Limits, Session
from motet.tools.testing import Case, CaseResult, TestRun, arun_cases, run_cases


@pytest.fixture(scope="module", params=KINDS)
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    with session_in(request.param) as session:
        yield session


def call(code: str, expected: str | None = None, name: str = "case") -> Case:
    return Case(name=name, kind="call", code=code, expected=expected)


def statement(code: str, name: str = "case") -> Case:
    return Case(name=name, kind="statement", code=code)


def example(code: str, expected: str | None, name: str = "case") -> Case:
    return Case(name=name, kind="doctest", code=code, expected=expected)


def ask(session: Session, code: str, *cases: Case, **options: Any) -> TestRun:
    return run_cases(session, code, cases, **options)


def only(run: TestRun) -> CaseResult:
    (result,) = run.results
    return result


HONEST = """
import collections, dataclasses, enum, fractions, sys

@dataclasses.dataclass
class Point:
    x: int

class Color(enum.IntEnum):
    RED = 1

Pair = collections.namedtuple("Pair", "a b")

def give(value=4):
    return value

def add_to(items, item):
    items.append(item)

def count():
    yield 1

def boom():
    raise ValueError("no good")

def hello():
    print("hello  there")

if __name__ == "__main__":
    sys.exit("must not run")
"""


TABLE: list[tuple[Case, str]] = [
    (call("give()", "4"), "passed"),
    (call("give()", "5"), "failed"),
    (call("give(True)", "1.0"), "passed"),
    (call("give([1, 2])", "(1, 2)"), "failed"),
    (call("give(0.1 + 0.2)", "0.3"), "passed"),
    (call("give(10 / 3)", "3.33"), "failed"),
    (call("give(float('nan'))", "nan"), "passed"),
    (call("give(None)", "None"), "passed"),
    (call("give(2**70000)", "2**70000"), "passed"),
    (call("give(10**5000)", "10**5000 + 1"), "failed"),
    (call("give('x' * 300_000)", "'x' * 300_000"), "passed"),
    (call("give('x' * 300_000)", "'y'"), "failed"),
    (call("collections.OrderedDict(b=1, a=2)", "{'a': 2, 'b': 1}"), "passed"),
    (call("collections.Counter('aab')", "{'a': 2, 'b': 1}"), "passed"),
    (call("Pair(1, 2)", "(1, 2)"), "passed"),
    (call("Color.RED", "1"), "passed"),
    (call("fractions.Fraction(1, 2)", "0.5"), "passed"),
    (call("{1, 2}", "{2, 1}"), "passed"),
    (call("(lambda items: (add_to(items, 3), items))([1])", "(None, [1, 3])"), "passed"),
    (call("count()", "[1]"), "failed"),
    (call("list(count())", "[1]"), "passed"),
    (call("give(7)", "give() + 3"), "passed"),
    (call("give(7)", "give() + 4"), "failed"),
    (call("give(7)", "no_such_name"), "error"),
    (call("Point(1)", "Point(1)"), "passed"),
    (call("Point(1)", "Point(2)"), "failed"),
    (call("boom()", "1"), "error"),
    (call("give(", "1"), "error"),
    (statement("assert give() == 4"), "passed"),
    (statement("assert give() == 5, 'must be five'"), "failed"),
    (statement("assert give(0.1 + 0.2) == 0.3"), "failed"),
    (statement("assert abs(give(0.1 + 0.2) - 0.3) < 1e-9"), "passed"),
    (statement("assert give() == 4 and give(1) == 2"), "failed"),
    (statement("assert not give([])"), "passed"),
    (statement("assert give(None) is None"), "passed"),
    (statement("assert 3 in give([1, 2])"), "failed"),
    (statement("for n in range(3):\n    assert give(n) == n"), "passed"),
    (statement("for n in range(3):\n    assert give(n) == 0"), "failed"),
    (statement("def check(f):\n    assert f(1) == 1\n    assert f(2) == 1\ncheck(give)"), "failed"),
    (statement("assert Point(1) == Point(1)"), "passed"),
    (statement("assert Point(1) == Point(2)"), "failed"),
    (statement("from unittest.mock import ANY\nassert [Point(1), 2] == [ANY, 2]"), "passed"),
    (statement("from solution import give as g\nimport solution\nassert g() == solution.give()"), "passed"),
    (statement("raise ValueError('x')"), "error"),
    (statement("raise SystemExit(0)"), "error"),
    (statement("raise KeyboardInterrupt"), "error"),
    (example("give('it')", "'it'\n"), "passed"),
    (example("give('it')", '"it"\n'), "passed"),
    (example("give({3, 1, 2})", "{3, 2, 1}\n"), "passed"),
    (example("give('a  b')", "'a b'\n"), "failed"),
    (example("give(1)", "True\n"), "failed"),
    (example("hello()", "hello  there\n"), "passed"),
    (example("hello()", "hello there\n"), "failed"),
    (example("hello()  # doctest: +NORMALIZE_WHITESPACE", "hello there\n"), "passed"),
    (example("hello()", "hello...\n"), "passed"),
    (example("print('a\\n\\nb')", "a\n<BLANKLINE>\nb\n"), "passed"),
    (example("give(None)", ""), "passed"),
    (example("boom()", "Traceback (most recent call last):\n  ...\nValueError: no good\n"), "passed"),
    (example("boom()", "Traceback (most recent call last):\n  ...\nValueError: other\n"), "error"),
    (example("give()", "Traceback (most recent call last):\n  ...\nValueError: no good\n"), "failed"),
    (example("boom()", "1\n"), "error"),
    (example("for n in range(2):\n    n", "0\n1\n"), "passed"),
]


@pytest.fixture(scope="module")
def answers(session: Session) -> tuple[CaseResult, ...]:
    cases = [case.model_copy(update={"name": str(number)}) for number, (case, _) in enumerate(TABLE)]
    return ask(session, HONEST, *cases).results


@pytest.mark.parametrize("number", range(len(TABLE)), ids=lambda number: f"{number}: {TABLE[number][0].code[:40]!r}")
def test_honest_code_is_judged_as_python_would(answers: tuple[CaseResult, ...], number: int) -> None:
    _, outcome = TABLE[number]
    assert answers[number].outcome == outcome, answers[number]
    assert bool(answers[number].message) == (outcome != "passed")


def test_a_failure_shows_both_sides(session: Session) -> None:
    cases = [
        call("give([1, 2])", "[1, 3]", "call"),
        statement("assert give(2) == 3", "host"),
        statement("for n in [2]:\n    assert give(n) > 3", "worker"),
        example("give(2)", "3\n", "doctest"),
    ]
    messages = {result.name: result.message for result in ask(session, HONEST, *cases).results}
    assert "[1, 2]" in messages["call"]
    assert "[1, 3]" in messages["call"]
    assert "2 == 3" in messages["host"]
    assert "2 > 3" in messages["worker"]
    assert "'2'" in messages["doctest"]
    assert "'3'" in messages["doctest"]


def test_a_call_without_an_expected_value_is_observed(session: Session) -> None:
    run = ask(
        session, HONEST, call("give({'b': {2, 1}})", name="plain"), call("count", name="not"), call("boom()", name="x")
    )
    plain, other, raised = run.results
    assert (plain.outcome, plain.value) == ("passed", "{'b': {1, 2}}")
    assert other.outcome == "passed"
    assert other.value is not None
    assert other.value.startswith("<function count")
    assert (raised.outcome, raised.value, raised.exception) == ("error", None, "ValueError")
    assert "line 23" in raised.message


def test_doctests_share_their_names_and_other_cases_do_not(session: Session) -> None:
    cases = [
        example("give = 3", None, "a"),
        example("give", "3\n", "b"),
        statement("give = 5", "c"),
        call("give()", "4", "d"),
    ]
    assert [result.outcome for result in ask(session, HONEST, *cases).results] == ["passed"] * 4


def test_one_bad_case_costs_no_other(session: Session) -> None:
    code = """
import ctypes, os, sys
def f(x):
    if x == 1: os._exit(0)
    if x == 2: ctypes.string_at(0)
    if x == 3:
        while True: pass
    if x == 4: return f(x)
    if x == 5: sys.exit(0)
    if x == 6: os.closerange(3, 200)
    if x == 7: os.kill(os.getpid(), 9)
    return x
"""
    run = ask(session, code, *(call(f"f({n})", f"{n}", str(n)) for n in range(9)), case_seconds=0.5)
    outcomes = [result.outcome for result in run.results]
    assert outcomes == ["passed", "error", "error", "timeout", "error", "error", "error", "error", "passed"]


def test_what_was_not_reached_in_time_is_not_run(session: Session) -> None:
    code = "def f():\n    while True: pass"
    cases = [call("f()", "1", str(n)) for n in range(4)]
    run = ask(session, code, *cases, case_seconds=0.6, limits=Limits(wall_seconds=1.5))
    assert [result.outcome for result in run.results] == ["timeout", "timeout", "not_run", "not_run"]


@pytest.mark.parametrize(
    "code",
    [
        "def f(:",
        "import no_such_module_anywhere",
        "raise SystemExit(0)",
        "import os; os._exit(0)",
        "while True: pass",
        "\0",
    ],
)
def test_code_that_does_not_load_fails_every_case(session: Session, code: str) -> None:
    run = ask(session, code, call("1", "1", "a"), statement("pass", "b"), case_seconds=0.2)
    assert [result.outcome in ("error", "timeout") for result in run.results] == [True, True]
    assert all("load" in result.message for result in run.results)


@pytest.mark.parametrize("kind", KINDS[1:])  # on a bare host it would look into everybody's processes
def test_the_proof_of_the_report_can_be_found_nowhere(kind: str) -> None:
    code = """
import os, re
def found():
    texts = []
    for pid in os.listdir("/proc"):
        for name in ("fd/0", "environ", "cmdline"):
            try:
                file = os.open(f"/proc/{pid}/{name}", os.O_RDONLY | os.O_NONBLOCK)
                texts.append(os.read(file, 65536))
            except OSError:
                pass
        try:
            for line in open(f"/proc/{pid}/maps"):
                start, end = (int(part, 16) for part in line.split()[0].split("-"))
                with open(f"/proc/{pid}/mem", "rb") as memory:
                    memory.seek(start)
                    texts.append(memory.read(min(end - start, 1 << 20)))
        except (OSError, ValueError, OverflowError):
            pass
    return sorted({match for text in texts for match in re.findall(rb"proof-[0-9a-f]{64}", text)})
"""
    with session_in(kind) as session:
        result = only(ask(session, code, call("found()", "[]")))
    assert result.outcome == "passed", result


@pytest.mark.parametrize("name", CHEATS)
def test_no_trick_passes(session: Session, name: str) -> None:
    cases = [
        call("f(2)", "4", "literal"),
        statement("assert f(2) == 4", "assert"),
        statement("assert 4 == f(2)", "turned"),
        example("f(2)", "4\n", "doctest")
        if name != "repr of the answer"
        else statement("assert f(2) == 4.0", "doctest"),
    ]
    run = ask(session, CHEATS[name], *cases, case_seconds=0.3)
    expected_to_remain = {"equals all but plain objects": {"assert", "turned"}}.get(name, set())
    assert {result.name for result in run.results if result.outcome == "passed"} <= expected_to_remain


WITHIN = sorted(CHEATS.keys() - {"endless repr", "endless text", "huge", "alarm"})  # slow, and the same everywhere


@pytest.mark.parametrize("name", WITHIN)
def test_no_trick_passes_asserts_that_only_the_worker_can_decide(session: Session, name: str) -> None:
    cases = [
        statement("for n in [2]:\n    assert f(n) == 4", "loop"),
        call("f(2)", "sum([2, 2])", "expression"),
        statement("def check(g):\n    assert g(2) == 4\ncheck(f)", "check"),
    ]
    assert [result.outcome == "passed" for result in ask(session, CHEATS[name], *cases).results] == [False] * 3


def test_a_worker_that_speaks_for_failing_statements_is_found_out(session: Session) -> None:
    code = """
import json, os, sys
def f(x):
    frame = sys._getframe()
    while frame and "send" not in frame.f_locals:
        frame = frame.f_back
    send = frame.f_locals["send"]
    cases = frame.f_locals["job"]["cases"]
    send("done", frame.f_locals["index"], '{"values": []}')
    for index in range(len(cases)):
        send("start", index)
        send("done", index, '{"values": []}')
    send("end")
    os._exit(0)
"""
    run = ask(session, code, *(statement(f"for n in [{n}]:\n    assert f(n) == 4", str(n)) for n in range(3)))
    assert run.tampering is not None
    assert not any(result.outcome == "passed" for result in run.results)


def test_the_expected_value_never_enters_the_sandbox(session: Session) -> None:
    code = """
import gc, sys
def seen():
    frame, found = sys._getframe(), []
    while frame:
        found += [repr(frame.f_locals), repr(frame.f_globals)]
        frame = frame.f_back
    return any(str(123454320 + 1) in text for text in found) or any(
        type(item) is str and str(123454320 + 1) in item or item == 123454320 + 1 for item in gc.get_objects()
    )
"""
    cases = [call("seen()", "False", "a"), call("1", "123454321", "b"), statement("assert 1 + 1 == 123454321", "c")]
    run = ask(session, code, *cases)
    assert [result.outcome for result in run.results] == ["passed", "failed", "failed"]


@pytest.fixture(scope="module")
def bare() -> Iterator[Session]:
    """For what is the same in every sandbox."""
    with session_in("unsafe-host") as session:
        yield session


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.integers() | st.text() | st.floats(allow_nan=False), inner, max_size=4)
        | st.frozensets(st.integers() | st.text() | st.binary(), max_size=4)
        | st.sets(st.integers() | st.text(), max_size=4)
    ),
    max_leaves=12,
)


def source(value: object) -> str:
    """Source that makes the value anywhere; `repr` writes nan and inf as names."""
    return f"(lambda nan, inf: {value!r})(float('nan'), float('inf'))"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(plain_values, min_size=1, max_size=25))
def test_every_plain_value_equals_its_repr_and_nothing_else(bare: Session, values: list[object]) -> None:
    values = [value for value in values if "nanj" not in repr(value) and "infj" not in repr(value)]
    code = "\n".join(f"def f{number}(): return {source(value)}" for number, value in enumerate(values))
    right = [call(f"f{number}()", repr(value), f"right {number}") for number, value in enumerate(values)]
    wrong = [call(f"f{number}()", f"[{value!r}]", f"wrong {number}") for number, value in enumerate(values)]
    run = ask(bare, code, *right, *wrong)
    assert [result.outcome for result in run.results] == ["passed"] * len(right) + ["failed"] * len(wrong)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(plain_values, plain_values), min_size=1, max_size=25))
def test_two_values_pass_for_each_other_only_where_python_says_they_are_equal(
    bare: Session, pairs: list[tuple[Any, Any]]
) -> None:
    pairs = [
        (a, b) for a, b in pairs if a != b and "nan" not in f"{a}{b}" and "j" not in f"{a!r}{b!r}" and not close(a, b)
    ]
    code = "\n".join(f"def f{number}(): return {source(a)}" for number, (a, _) in enumerate(pairs))
    run = ask(bare, code, *(call(f"f{number}()", repr(b), str(number)) for number, (_, b) in enumerate(pairs)))
    assert not any(result.outcome == "passed" for result in run.results)


def close(a: Any, b: Any) -> bool:
    return isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6)


async def test_the_async_twin_agrees(session: Session) -> None:
    run = await arun_cases(session, HONEST, [call("give()", "4", "a"), call("give()", "5", "b")])
    assert [result.outcome for result in run.results] == ["passed", "failed"]
    assert run.execution.stdout == ""


def test_two_cases_of_one_name_are_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="same name"):
        ask(session, "", call("1"), call("2"))
