"""The decisions that move a team are pure functions, tested by their laws."""

from hypothesis import given
from hypothesis import strategies as st

from motet.agents import Candidate, Contract, Example, Report
from motet.graphs import SMALL
from motet.graphs.selection import best, set_aside
from motet.graphs.verdict import judge
from motet.tools.testing import CaseResult

OUTCOMES = st.sampled_from(["passed", "failed", "error", "timeout", "not_run"])


def result(name: str, outcome: str, value: str | None = None) -> CaseResult:
    return CaseResult(name=name, outcome=outcome, value=value)


def report(index: int, examples=(), values=(), *, loads="passed", isolated=True, given=(), **more) -> Report:
    return Report(
        candidate=index,
        loads=result("loads", loads),
        given=tuple(result(f"test {at}", outcome) for at, outcome in enumerate(given)),
        examples=tuple(result(f"example {at}", outcome) for at, outcome in enumerate(examples)),
        observations=tuple(result(f"input {at}", "passed", value) for at, value in enumerate(values)),
        sandbox="bubblewrap",
        isolated=isolated,
        **more,
    )


def candidate(index: int, *, repairs: int | None = None) -> Candidate:
    origin = "repair" if repairs is not None else "sample" if index else "first"
    return Candidate(index=index, code=f"x = {index}", entry_point="f", origin=origin, repairs=repairs)


@st.composite
def pools(draw):
    tests = draw(st.integers(1, 4))
    size = draw(st.integers(1, 5))
    candidates, reports = [], {}
    for index in range(size):
        repairs = draw(st.none() | st.integers(0, index - 1)) if index else None
        candidates.append(candidate(index, repairs=repairs))
        examples = draw(st.lists(OUTCOMES, min_size=tests, max_size=tests))
        values = draw(st.lists(st.sampled_from(["1", "2"]), min_size=2, max_size=2))
        reports[index] = report(index, examples, values)
    return candidates, reports


@given(pools())
def test_the_best_has_as_many_passed_examples_as_any_answer_that_is_no_repair(pool):
    candidates, reports = pool
    chosen = best(candidates, reports)
    most = max(len(reports[one.index].passed()) for one in candidates if one.repairs is None)
    assert len(reports[chosen.index].passed()) >= most


@given(pools())
def test_a_repair_that_loses_what_its_target_passed_is_never_chosen(pool):
    candidates, reports = pool
    chosen = best(candidates, reports)
    if chosen.repairs is not None:
        assert reports[chosen.repairs].passed() <= reports[chosen.index].passed()


@given(pools())
def test_among_equals_the_first_answer_stays(pool):
    candidates, reports = pool
    same = {index: reports[0].model_copy(update={"candidate": index}) for index in reports}
    assert best(candidates, same).index == 0


def weigh(candidates, reports, aside=frozenset()):
    leader = best(candidates, reports, aside=aside)
    examples = [Example(form="comparison", code=f"f({at})", expected="1", text=f"f({at}) == 1") for at in range(-1, 3)]
    contract = Contract(task="f", entry_point="f", examples=tuple(examples))
    return judge(leader, candidates, reports, contract=contract, review=None, policy=SMALL, aside=aside)


ALIKE = [str(value) for value in range(8)]
PAIR = [candidate(0), candidate(1)]


def test_two_answers_that_pass_the_examples_and_behave_alike_are_a_proof():
    reports = {index: report(index, ["passed"] * 2, ALIKE) for index in (0, 1)}
    verdict, evidence = weigh(PAIR, reports)
    assert verdict == "verified"
    assert (evidence.examples_passed, evidence.agreeing, evidence.inputs_compared) == (2, 2, 8)


@given(pools())
def test_nothing_that_fails_a_trusted_test_or_ran_on_the_bare_host_is_verified(pool):
    candidates, reports = pool
    verdict, evidence = weigh(candidates, reports)
    chosen = best(candidates, reports)
    if verdict == "verified":
        assert not reports[chosen.index].failures()
        assert evidence.isolated
    bare = {index: one.model_copy(update={"isolated": False}) for index, one in reports.items()}
    assert weigh(candidates, bare)[0] != "verified"


def test_what_is_missing_for_a_proof_leaves_it_plausible():
    one_example = {index: report(index, ["passed"], ALIKE) for index in (0, 1)}
    dissent = {0: report(0, ["passed"] * 2, ALIKE), 1: report(1, ["passed"] * 2, [*ALIKE[:7], "other"])}
    alone = {0: report(0, ["passed"] * 2, ALIKE)}
    nothing_compared = {index: report(index, ["passed"] * 2) for index in (0, 1)}
    for reports in (one_example, dissent, nothing_compared):
        assert weigh(PAIR, reports)[0] == "plausible"
    assert weigh([candidate(0)], alone)[0] == "plausible"


def test_a_repair_does_not_confirm_what_it_was_made_from():
    candidates = [candidate(0), candidate(1, repairs=0)]
    reports = {0: report(0, ["passed", "failed"], ALIKE), 1: report(1, ["passed"] * 2, ALIKE)}
    verdict, evidence = weigh(candidates, reports)
    assert (verdict, evidence.agreeing) == ("plausible", 0)


def test_an_example_that_nobody_passes_is_set_aside_and_costs_the_proof():
    candidates = [candidate(index) for index in range(3)]
    reports = {index: report(index, ["passed", "failed", "passed"], ALIKE) for index in range(3)}
    aside = set_aside(reports, after=3)
    assert aside == {"example 1"}
    verdict, evidence = weigh(candidates, reports, aside)
    assert verdict == "plausible"
    assert evidence.set_aside == ("f(-1) == 1",)
    assert set_aside({index: reports[index] for index in (0, 1)}, after=3) == frozenset()


def test_all_examples_failing_blames_the_answers_and_not_the_examples():
    reports = {index: report(index, ["failed", "failed"], ALIKE) for index in range(4)}
    assert set_aside(reports, after=3) == frozenset()


def test_the_users_own_tests_decide_where_they_are_given():
    passing = {0: report(0, values=ALIKE, given=["passed"])}
    failing = {0: report(0, ["passed"] * 2, ALIKE, given=["failed"])}
    assert weigh([candidate(0)], passing)[0] == "verified"
    assert weigh([candidate(0)], failing)[0] == "unverified"
