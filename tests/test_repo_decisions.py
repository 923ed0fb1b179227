"""What moves the repository team are pure functions, tested by their laws."""

from hypothesis import given, settings
from hypothesis import strategies as st

from motet.agents import VoidProposal
from motet.agents.repo import (
    Baseline,
    ChangePlan,
    PatchCandidate,
    PatchReport,
    PatchReview,
    Reached,
    Remark,
    Reproduction,
    Target,
)
from motet.agents.repo.focus import focused
from motet.agents.repo.report_of import report_of
from motet.graphs.repo import RepoPolicy
from motet.graphs.repo.conductor import after_patch_review, leader, needs_review, needs_suite, next_patches
from motet.graphs.repo.selection import best_patch
from motet.graphs.repo.verdict import judge_patch
from motet.tools.suite import SuiteRun, SuiteSetup, TestResult

SETUP = SuiteSetup(framework="pytest", reason="a test")
GIVEN = ("g0.py", "g1.py")
WRITTEN = ("w0.py", "w1.py")
COUNTS = st.integers(0, 2)


def result(name, outcome="passed"):
    return TestResult(id=name, outcome=outcome, message="" if outcome == "passed" else "assert 1 == 2")


def reproduction(path):
    return Reproduction(path=path, text="", trust="given" if path in GIVEN else "written", source="the issue")


def baseline(*paths, isolated=True, **more):
    shows = tuple(map(reproduction, paths))
    return Baseline(setup=SETUP, sandbox="bubblewrap", isolated=isolated, reproductions=shows, **more)


def candidate(index, *, repairs=None, **more):
    origin = "repair" if repairs is not None else "sample" if index else "first"
    return PatchCandidate(index=index, patch="x", files=("a.py",), origin=origin, repairs=repairs, **more)


@st.composite
def reports(draw, index=0, paths=GIVEN + WRITTEN):
    outcomes = {path: draw(st.sampled_from(["passed", "failed", "not_run"])) for path in paths}
    return PatchReport(
        candidate=index,
        reproductions={path: result(path, outcome) for path, outcome in outcomes.items() if outcome != "not_run"},
        given=tuple(path for path in paths if path in GIVEN),
        regressions=tuple(result(f"r{at}", "failed") for at in range(draw(COUNTS))),
        kept=draw(COUNTS),
        mended=tuple(f"m{at}" for at in range(draw(COUNTS))),
        isolated=draw(st.booleans()),
        infrastructure=draw(st.sampled_from([None, None, None, "the sandbox failed"])),
        concluded=draw(st.booleans()),
    )


def remark(*, blocks):
    return Remark(path="a.py", line=1, kind="undefined_name", message="no", blocks=blocks)


@st.composite
def reviews(draw, index=0):
    remarks = tuple(remark(blocks=blocks) for blocks in draw(st.lists(st.booleans(), max_size=2)))
    problems = draw(st.sampled_from([(), ("ruff did not start",)]))
    return PatchReview(candidate=index, remarks=remarks, problems=problems)


@st.composite
def pools(draw):
    candidates, found, reviewed = [], {}, {}
    for index in range(draw(st.integers(1, 5))):
        repairs = draw(st.none() | st.integers(0, index - 1)) if index else None
        likeness = draw(st.sampled_from("ab"))
        candidates.append(candidate(index, repairs=repairs, likeness=likeness, lines=draw(st.integers(1, 3))))
        found[index] = draw(reports(index))
        if draw(st.booleans()):
            reviewed[index] = draw(reviews(index))
    return candidates, found, reviewed


def tried(pool):
    candidates, found, _ = pool
    return [one for one in candidates if found[one.index].infrastructure is None]


@given(pools())
def test_no_other_first_hand_patch_leaves_fewer_given_reproductions_failing(pool):
    candidates, found, reviewed = pool
    chosen = best_patch(candidates, found, reviews=reviewed)
    own = [len(found[one.index].vetoed) for one in tried(pool) if one.repairs is None]
    if own:
        assert len(found[chosen.index].vetoed) <= min(own)


@given(pools())
def test_a_repair_that_is_chosen_is_better_in_something_that_was_run_or_reviewed(pool):
    candidates, found, reviewed = pool
    chosen = best_patch(candidates, found, reviews=reviewed)
    if chosen.repairs is None or found[chosen.repairs].infrastructure or not tried(pool):
        return
    before, after = found[chosen.repairs], found[chosen.index]
    assert len(after.vetoed) <= len(before.vetoed)
    blocked = chosen.repairs in reviewed and reviewed[chosen.repairs].blocks
    assert (
        len(after.vetoed) < len(before.vetoed)
        or len(after.regressions) < len(before.regressions)
        or after.reproduced > before.reproduced
        or len(after.mended) > len(before.mended)
        or blocked
    )


@given(pools())
def test_a_repair_that_only_equals_what_it_mends_never_takes_its_place(pool):
    candidates, found, _ = pool
    same = {index: found[0].model_copy(update={"candidate": index, "infrastructure": None}) for index in found}
    assert best_patch(candidates, same).repairs is None


@given(pools())
def test_among_equals_the_first_patch_stays(pool):
    candidates, found, _ = pool
    alike = [one.model_copy(update={"repairs": None, "likeness": "a", "lines": 1}) for one in candidates]
    same = {index: found[0].model_copy(update={"candidate": index}) for index in found}
    assert best_patch(alike, same).index == 0


def test_a_patch_that_could_not_be_run_is_chosen_only_where_none_could():
    found = {
        0: PatchReport(candidate=0, infrastructure="lost"),
        1: PatchReport(candidate=1, regressions=(result("r"),)),
    }
    assert best_patch([candidate(0), candidate(1)], found).index == 1
    assert best_patch([candidate(0)], found).index == 0
    assert best_patch([], {}) is None


SHOWN = st.lists(st.sampled_from(GIVEN + WRITTEN), unique=True).map(sorted)


@given(st.data(), SHOWN, st.booleans())
def test_verified_is_what_ran_isolated_was_reviewed_and_nothing_speaks_against(data, paths, has_review):
    report = data.draw(reports(paths=tuple(paths)))
    review = data.draw(reviews()) if has_review else None
    best = candidate(0)
    verdict, evidence = judge_patch(best, [best], baseline=baseline(*paths), report=report, review=review)
    assert evidence.reason
    if verdict == "verified":
        assert report.isolated
        assert report.infrastructure is None
        assert not report.vetoed
        assert not report.regressions
        assert review is not None
        assert not review.blocks
        assert not review.problems
        passing = {path for path, one in report.reproductions.items() if one.outcome == "passed"}
        assert passing & set(GIVEN) or set(WRITTEN) <= passing
    if (review is not None and review.blocks) or report.vetoed or report.regressions or report.infrastructure:
        assert verdict == "unverified"


def test_a_written_reproduction_alone_is_plausible_and_two_verify():
    review = PatchReview(candidate=0)
    for paths, expected in ((WRITTEN[:1], "plausible"), (WRITTEN, "verified"), (GIVEN[:1], "verified")):
        report = PatchReport(
            candidate=0,
            reproductions={path: result(path) for path in paths},
            given=tuple(path for path in paths if path in GIVEN),
            isolated=True,
        )
        best = candidate(0)
        verdict, _ = judge_patch(best, [best], baseline=baseline(*paths), report=report, review=review)
        assert verdict == expected, paths


def test_without_a_patch_the_reason_names_the_sandbox_where_that_failed():
    verdict, evidence = judge_patch(
        None, [], baseline=baseline(infrastructure="no user namespace"), report=None, review=None
    )
    assert verdict == "unverified"
    assert "no user namespace" in evidence.reason


def plan(*symbols):
    targets = tuple(Target(path="a.py", symbol=name, start_line=at, end_line=at) for at, name in enumerate(symbols))
    return ChangePlan(title="t", targets=targets, files=("a.py",))


POLICIES = st.builds(
    RepoPolicy,
    edit=st.sampled_from(["function", "blocks", "agent"]),
    targets=st.integers(1, 3),
    candidates=st.integers(1, 5),
    batch=st.integers(1, 3),
    repair_rounds=st.integers(0, 2),
)


@settings(deadline=None)
@given(st.data(), POLICIES, SHOWN, st.lists(st.sampled_from("abcd"), unique=True))
def test_whatever_happens_the_search_ends_within_its_numbers_of_patches(data, policy, paths, symbols):
    """Plays the graph: coder, tester, whole suite and reviewer answer anything at all."""
    state = {"plan": plan(*symbols), "baseline": baseline(*paths), "candidates": [], "void": [], "reports": {}}
    state["reviews"] = {}
    asked, looked, wanted = [], 0, next_patches(state, policy)
    while True:
        assert looked <= 4 * (policy.candidates + policy.repair_rounds + 1)
        if wanted:
            asked += wanted
            assert len({one.index for one in asked}) == len(asked), "each patch has a place of its own"
            for one in wanted:
                if data.draw(st.booleans()):
                    answered = state["candidates"] or any(not void.failed for void in state["void"])
                    failed = bool(answered or one.siblings) and data.draw(st.booleans())  # else the run ends
                    void = VoidProposal(index=one.index, origin=one.kind, problem="cut", failed=failed)
                    state["void"] = [*state["void"], void]
                    continue
                repairs = one.repairs.index if one.repairs else None
                likeness = data.draw(st.sampled_from("ab"))
                written = candidate(one.index, repairs=repairs, likeness=likeness, target=one.target)
                state["candidates"] = [*state["candidates"], written]
                report = data.draw(reports(one.index, tuple(paths))).model_copy(update={"concluded": False})
                state["reports"] = {**state["reports"], one.index: report}
            wanted = next_patches(state, policy)
            continue
        best = leader(state)
        looked += 1
        if needs_suite(state):
            worse = {"concluded": True, "regressions": (result("w", "failed"),) * data.draw(st.integers(0, 1))}
            report = state["reports"][best.index].model_copy(update=worse)
            state["reports"] = {**state["reports"], best.index: report}
            wanted = next_patches(state, policy)
        elif needs_review(state):
            state["reviews"] = {**state["reviews"], best.index: data.draw(reviews(best.index))}
            wanted = () if needs_review(state) else after_patch_review(state, policy)
        else:
            break
    repairs = [one for one in asked if one.kind == "repair"]
    all_failed = [one for one in state["void"] if one.failed]
    alone = 1 if len(all_failed) >= min(policy.batch, policy.candidates) else 0
    # What mends one of several faults is built upon: then the numbers hold for each fault.
    assert len(asked) - len(repairs) <= policy.candidates * max(1, len(paths)) + alone
    assert len(repairs) <= policy.repair_rounds
    if policy.edit == "function":
        assert all(one.target is not None for one in asked)


@given(POLICIES)
def test_a_patch_that_passes_a_given_reproduction_ends_the_search(policy):
    report = PatchReport(candidate=0, reproductions={GIVEN[0]: result(GIVEN[0])}, given=GIVEN[:1])
    state = {"plan": plan("f", "g"), "baseline": baseline(GIVEN[0]), "candidates": [candidate(0)], "void": []}
    state["reports"] = {0: report}
    assert not next_patches(state, policy)
    failing = report.model_copy(update={"reproductions": {GIVEN[0]: result(GIVEN[0], "failed")}})
    more = next_patches({**state, "reports": {0: failing}}, policy)
    assert bool(more) == (policy.candidates > 1 or policy.repair_rounds > 0)


def test_each_function_is_tried_once_before_one_is_tried_again():
    policy = RepoPolicy(candidates=4, targets=2)
    state = {"plan": plan("f", "g", "h"), "baseline": baseline(), "void": []}
    drawn = []
    for _ in range(4):
        [one] = next_patches(state, policy)
        drawn.append((one.index, one.target.symbol, one.temperature > 0, one.wording))
        state["void"] = [*state["void"], VoidProposal(index=one.index, origin=one.kind, problem="cut")]
    assert drawn == [
        (0, "f", False, "repo_function"),
        (1, "g", False, "repo_function"),
        (2, "f", True, "repo_function_variant"),
        (3, "g", True, "repo_function_variant"),
    ]
    assert not next_patches(state, policy)


@given(
    st.lists(st.sampled_from("abcdef"), unique=True, min_size=2),
    st.sets(st.sampled_from("abcdefgh")),
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 50)),
    st.data(),
)
def test_running_when_the_fault_shows_never_moves_a_target_back(symbols, ran, passing, data):
    one = data.draw(st.sampled_from(symbols))

    def place(names):
        reached = [
            Reached(
                path="a.py", symbol=name, start_line=1, end_line=2, tests=(), passing=passing.get(name, 0), shows=(0,)
            )
            for name in sorted(names)
        ]
        return [target.symbol for target in focused(plan(*symbols), reached).targets].index(one)

    others = ran - {one}
    if others:
        assert place(others | {one}) <= place(others)


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.sets(st.sampled_from("abcdefgh")))
def test_focus_loses_no_target_and_finds_those_that_ran(symbols, ran):
    reached = [
        Reached(path=f"{name}.py", symbol=name, start_line=1, end_line=2, tests=(), passing=0, shows=(0,))
        for name in sorted(ran)
    ]
    found = focused(plan(*symbols), reached)
    assert {(one.path, one.symbol) for one in found.targets} == {
        *(("a.py", name) for name in symbols),
        *((f"{name}.py", name) for name in ran),
    }
    assert {one.path for one in found.targets[:10]} <= set(found.files), "what is tried may be touched"


NAMES = [f"t{at}.py::test_{of}" for at in range(3) for of in "ab"]
OUTCOMES = st.sampled_from(["passed", "failed", "error", "timeout", "skipped", "not_run"])


def run_of(outcomes, **more):
    return SuiteRun(results=tuple(result(name, outcome) for name, outcome in outcomes.items()), **more)


@given(
    st.dictionaries(st.sampled_from(NAMES), OUTCOMES),
    st.none() | st.dictionaries(st.sampled_from(NAMES), OUTCOMES),
    st.sets(st.sampled_from(NAMES)),
)
def test_a_test_that_passed_before_is_kept_broken_or_unknown_and_a_second_pass_excuses_it(first, second, chosen):
    report = report_of(
        candidate(0),
        baseline(),
        chosen=sorted(chosen),
        runs=[run_of(first, isolated=True)],
        again=run_of(second) if second is not None else None,
        content={},
    )
    broken = {one.id for one in report.regressions}
    excused = {name for name, outcome in (second or {}).items() if outcome == "passed"}
    failed = {name for name in chosen if first.get(name) in ("failed", "error", "timeout")}
    assert broken == failed - excused
    assert report.kept >= sum(first.get(name) == "passed" for name in chosen)
    assert report.unknown == sum(first.get(name, "not_run") in ("not_run", "skipped") for name in chosen)
    assert not broken or not report.passes


def test_a_test_file_that_loads_no_more_is_a_regression():
    report = report_of(
        candidate(0), baseline(), chosen=NAMES[:2], runs=[run_of({"t0.py": "error"})], again=None, content={}
    )
    assert [one.id for one in report.regressions] == ["t0.py"]
    assert not report.passes


def test_of_a_reproduction_with_several_tests_all_must_pass():
    shown = {f"{GIVEN[0]}::test_a": "passed", f"{GIVEN[0]}::test_b": "failed"}
    report = report_of(candidate(0), baseline(GIVEN[0]), chosen=[], runs=[run_of(shown)], again=None, content={})
    assert report.vetoed == GIVEN[:1]
    nothing = report_of(candidate(0), baseline(GIVEN[0]), chosen=[], runs=[run_of({})], again=None, content={})
    assert nothing.vetoed == GIVEN[:1], "what did not run has not passed"
