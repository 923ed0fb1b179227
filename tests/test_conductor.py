"""What comes next: whatever the voices say, a run ends, within its numbers, and asks no more than it should."""

from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.runnables import RunnableLambda

from motet.agents import Candidate, Contract, Finding, Report, Review, VoidProposal
from motet.graphs import POLICIES, Policy, create_team
from motet.graphs.conductor import after_review, after_test, first, standing
from motet.graphs.progress import futility, repetition, silence, why_no_more
from motet.graphs.verdict import judge
from motet.models import ModelCallError, ScriptedChatModel
from motet.tools.testing import CaseResult

TASK = "Write f(x). f(1) == 1 and f(2) == 2."
SMALL = POLICIES["1.5b"]


def report(index, examples=(), values=(), *, given=(), loads="passed", infrastructure=None):
    def results(name, outcomes):
        return tuple(CaseResult(name=f"{name} {at}", outcome=one, message=one) for at, one in enumerate(outcomes, 1))

    return Report(
        candidate=index,
        loads=CaseResult(name="loads", outcome=loads, message=loads),
        given=results("test", given),
        examples=results("example", examples),
        observations=tuple(
            CaseResult(name=f"f({at})", outcome="passed", value=value) for at, value in enumerate(values)
        ),
        sandbox="pretended",
        isolated=True,
        infrastructure=infrastructure,
    )


def candidate(index, program=None, *, repairs=None):
    origin = "repair" if repairs is not None else "sample" if index else "first"
    code = f"x = {index if program is None else program}"
    return Candidate(index=index, code=code, entry_point="f", origin=origin, repairs=repairs)


def void(index, *, failed=False, origin="sample"):
    return VoidProposal(index=index, origin=origin, problem="nobody answers", failed=failed)


def state(candidates=(), voids=(), reports=(), reviews=(), **more):
    return {
        "task": TASK,
        "contract": Contract(task=TASK, entry_point="f"),
        "candidates": list(candidates),
        "void": list(voids),
        "reports": {one.candidate: one for one in reports},
        "reviews": {one.candidate: one for one in reviews},
        **more,
    }


OUTCOMES = st.sampled_from(["passed", "failed", "timeout"])
POLICIES_DRAWN = st.builds(
    Policy,
    candidates=st.integers(2, 6),
    batch=st.integers(1, 2),
    parallel=st.booleans(),
    patience=st.integers(1, 3),
    repair_rounds=st.integers(0, 3),
)


@st.composite
def fates(draw):
    """What becomes of one assignment: of the coder's answer, of the test, of the review."""
    return SimpleNamespace(
        kind=draw(st.sampled_from(["candidate"] * 5 + ["void", "failed"])),
        program=draw(st.integers(0, 3)),
        examples=draw(st.lists(OUTCOMES, min_size=2, max_size=2)),
        values=[draw(st.sampled_from("ab"))] * 8,
        loads=draw(st.sampled_from(["passed"] * 6 + ["failed"])),
        infrastructure=draw(st.sampled_from([None] * 8 + ["the engine is gone"])),
        blocks=draw(st.booleans()),
    )


@settings(max_examples=120, deadline=None)
@given(POLICIES_DRAWN, st.lists(fates(), min_size=20, max_size=20), st.booleans())
def test_a_run_ends_within_its_numbers_and_asks_for_no_answer_after_a_proof(policy, drawn, own_tests):
    asked = []

    def coder(seen):
        assignment = seen["assignment"]
        asked.append(assignment)
        leader, aside = standing(seen)
        verdict, _ = judge(
            leader,
            seen.get("candidates", []),
            seen.get("reports", {}),
            contract=seen["contract"],
            review=None,
            policy=policy,
            aside=aside,
        )
        assert assignment.kind == "repair" or verdict != "verified", "another answer was asked for after a proof"
        fate = drawn[assignment.index]
        if fate.kind == "failed":
            raise ModelCallError("nobody answers", 4)
        if fate.kind == "void":
            return {"void": [void(assignment.index, origin=assignment.kind)]}
        repairs = assignment.target.index if assignment.target else None
        one = candidate(assignment.index, fate.program, repairs=repairs)
        return {"candidates": [one.model_copy(update={"origin": assignment.kind})]}

    def tester(seen):
        fresh = [one.index for one in seen.get("candidates", []) if one.index not in seen.get("reports", {})]
        reports = {}
        for index in fresh:
            fate = drawn[index]
            examples = fate.examples if fate.loads == "passed" else ["not_run"] * 2
            given_tests = examples[:1] if own_tests else ()
            told = {"loads": fate.loads, "infrastructure": fate.infrastructure, "given": given_tests}
            reports[index] = report(index, examples, fate.values, **told)
        return {"reports": reports}

    def reviewer(seen):
        index = seen["best"].index
        secret = Finding(kind="secret", message=f"a secret in {drawn[index].program}", blocks=True)
        return {"reviews": {index: Review(candidate=index, findings=(secret,) if drawn[index].blocks else ())}}

    voices = create_team(
        model=ScriptedChatModel(),
        policy=policy,
        coder=RunnableLambda(coder),
        tester=RunnableLambda(tester),
        reviewer=RunnableLambda(reviewer),
    )
    given_task = {"task": TASK} | ({"tests": "assert f(1) == 1"} if own_tests else {})
    try:
        result = voices.invoke(given_task, {"recursion_limit": 80})
    except ModelCallError:
        assert not any(drawn[one.index].kind == "candidate" for one in asked), "there was something to give"
        return
    indexes = [one.index for one in asked]
    assert sorted(indexes) == list(range(len(asked))), "each proposal has a place of its own"
    answered = [one for one in asked if drawn[one.index].kind != "failed"]
    assert sum(one.kind != "repair" for one in answered) <= policy.candidates
    assert sum(one.kind == "repair" for one in asked) <= policy.repair_rounds
    assert result["verdict"] in ("verified", "plausible", "unverified")


def test_the_first_answers_go_out_together_but_for_tests_and_names_that_one_alone_may_settle():
    api = POLICIES["api"]
    assert [(one.index, one.kind, one.wording) for one in first(state(), api)] == [
        (0, "first", "coder"),
        (1, "sample", "coder_variant"),
    ]
    assert len(first(state(tests="assert f(1) == 1"), api)) == 1
    assert len(first(state(contract=Contract(task="adds two numbers")), api)) == 1
    assert len(first(state(), SMALL)) == 1


def failing(*indexes):
    return [report(index, ["failed", "failed"], "a" * 8) for index in indexes]


def test_answers_that_repeat_themselves_end_the_asking_and_a_new_program_renews_the_patience():
    same = state([candidate(index, 7) for index in range(4)], reports=failing(0, 1, 2, 3))
    policy = SMALL.model_copy(update={"candidates": 8, "repair_rounds": 1})
    assert "last 3 answers brought no new program" in repetition(same, policy)
    assert [one.kind for one in after_test(same, policy)] == ["repair"]
    assert why_no_more(same, policy) == repetition(same, policy)
    renewed = state([*same["candidates"], candidate(4, 8)], reports=failing(0, 1, 2, 3, 4))
    assert repetition(renewed, policy) is None
    assert [one.kind for one in after_test(renewed, policy)] == ["sample"]


def test_answers_without_code_wear_the_patience_out_as_well():
    nothing = state([candidate(0)], [void(1), void(2), void(3)], failing(0))
    assert "last 3 answers" in repetition(nothing, SMALL.model_copy(update={"candidates": 8}))


def test_a_repair_that_repeats_itself_or_leaves_the_failure_is_the_last():
    policy = SMALL.model_copy(update={"candidates": 2, "repair_rounds": 3})
    pair = [candidate(0), candidate(1)]
    for repair, left in (
        (candidate(2, 1, repairs=0), report(2, ["failed", "timeout"])),
        (candidate(2, repairs=0), failing(2)[0]),
    ):
        futile = state([*pair, repair], reports=[*failing(0, 1), left])
        assert "last repair" in futility(futile)
        assert after_test(futile, policy) == ()
        assert why_no_more(futile, policy) == futility(futile)
    useful = state([*pair, candidate(2, repairs=0)], reports=[*failing(0, 1), report(2, ["timeout", "failed"])])
    assert [one.kind for one in after_test(useful, policy)] == ["repair"]


def test_a_server_that_is_silent_is_asked_no_more_but_one_failed_branch_of_two_is_no_silence():
    one_of_two = state([candidate(0)], [void(1, failed=True)], failing(0))
    assert silence(one_of_two, SMALL) == "nobody answers"
    assert after_test(one_of_two, SMALL) == ()
    assert after_test(one_of_two, POLICIES["api"])


def test_a_sandbox_that_fails_on_one_candidate_does_not_sink_the_others():
    lost = report(1, loads="not_run", infrastructure="the container was killed")
    mixed = state([candidate(0), candidate(1)], reports=[*failing(0), lost])
    assert standing(mixed).best.index == 0
    assert [one.kind for one in after_test(mixed, SMALL)] == ["sample"]
    assert after_test(state([candidate(1)], reports=[lost]), SMALL) == ()


def test_an_answer_that_the_review_blocks_gives_way_to_an_equal_one():
    pair = [candidate(0), candidate(1)]
    reports = [report(index, ["passed", "passed"], "a" * 8) for index in (0, 1)]
    blocked = Review(candidate=0, findings=(Finding(kind="secret", message="a key", blocks=True),))
    assert standing(state(pair, reports=reports)).best.index == 0
    seen = state(pair, reports=reports, reviews=[blocked])
    assert standing(seen).best.index == 1
    assert after_review(seen, SMALL) == ()
