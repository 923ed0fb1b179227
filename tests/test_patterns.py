"""The pattern memory: what gets in, what comes out, what is forgotten, what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motet.memory import ChromaStore, Draft, Interface, PatternMemory, PatternTests, Source, Use
from motet.memory.conformance import WordEmbeddings
from motet.tools.sandbox import SandboxError, resolve_sandbox
from motet.tools.testing import Case

pytestmark = pytest.mark.bubblewrap


@pytest.fixture(scope="module")
def sandbox():
    return resolve_sandbox("bubblewrap")


class Clock:
    """A calendar that a test turns."""

    def __init__(self):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.now

    def pass_days(self, days):
        self.now += timedelta(days=days)


@pytest.fixture
def clock():
    return Clock()


def open_memory(path=None, **options):
    embeddings = WordEmbeddings()
    store = ChromaStore(path, index={"dims": 256, "embed": embeddings, "fields": ["text"]})
    return PatternMemory(store, embeddings=embeddings, **options)


@pytest.fixture
def memory(clock):
    opened = open_memory(clock=clock, floor=0.3)
    yield opened
    opened.store.close()


def draft(task, solution, *tests, name="f", **options):
    """Tests as pairs of a call and its value."""
    cases = [Case(name=f"example {n}", kind="call", code=code, expected=value) for n, (code, value) in enumerate(tests)]
    interface = options.pop("interface", Interface(entry_point=name))
    options.setdefault("gist", " ".join(word for word in task.split() if word != name))
    return Draft(task=task, interface=interface, solution=solution, tests=PatternTests(cases=tuple(cases)), **options)


EVENS = "def f(numbers):\n    return sum(n for n in numbers if n % 2 == 0)\n"
SUM_EVENS = draft("Write f that sums the even numbers of a list.", EVENS, ("f([1, 2, 4])", "6"), ("f([])", "0"))


def test_only_what_passes_gets_in(memory, sandbox):
    wrong = SUM_EVENS.model_copy(update={"solution": "def f(numbers):\n    return sum(numbers)\n"})
    refused = memory.admit(wrong, sandbox=sandbox)
    assert refused.outcome == "refused"
    assert "example 0" in refused.reason
    assert list(memory.patterns()) == []

    assert memory.admit(SUM_EVENS, sandbox=sandbox).outcome == "admitted"
    (pattern,) = memory.patterns()
    assert pattern.solution == EVENS
    assert pattern.proof.passed == 2
    assert pattern.proof.sandbox == "bubblewrap"
    assert pattern.proof.environment.startswith("Python 3")
    assert pattern.proof.coverage == 100


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (SUM_EVENS.model_copy(update={"tests": PatternTests()}), "no tests"),
        (SUM_EVENS.model_copy(update={"solution": EVENS + "# AKIA" + "ABCDEFGHIJKLMNOP\n"}), "secret"),
        (SUM_EVENS.model_copy(update={"solution": EVENS + "#" * 70_000}), "too large"),
        (SUM_EVENS.model_copy(update={"solution": "import os\nos._exit(0)\n"}), "does not pass"),
    ],
    ids=["untested", "secret", "huge", "exits"],
)
def test_what_nobody_should_learn_is_refused_with_the_reason(memory, sandbox, spoilt, why):
    admission = memory.admit(spoilt, sandbox=sandbox)
    assert admission.outcome == "refused"
    assert why in admission.reason
    assert list(memory.patterns()) == []


def test_what_ran_on_the_bare_host_proves_nothing(memory):
    with pytest.raises(SandboxError, match="bare host"):
        memory.admit(SUM_EVENS, sandbox=resolve_sandbox("unsafe-host"))
    assert list(memory.patterns()) == []


def test_the_same_in_other_words_merges_and_a_variant_does_not(memory, sandbox):
    memory.admit(SUM_EVENS, sandbox=sandbox)
    other_name = "def g(xs):\n    return sum(x for x in xs if x % 2 == 0)\n"
    again = draft("Give back by g what the even numbers in a list add up to", other_name, ("g([8, 3])", "8"), name="g")
    merged = memory.admit(again, sandbox=sandbox)
    assert (merged.outcome, merged.pattern) == ("merged", SUM_EVENS.id)
    (pattern,) = memory.patterns()
    assert [case.code for case in pattern.tests.cases] == ["f([1, 2, 4])", "f([])", "f([8, 3])"]
    assert pattern.proof.passed == 3

    odd = "def f(numbers):\n    return sum(n for n in numbers if n % 2)\n"
    variant = draft("Write f that sums the odd numbers of a list.", odd, ("f([1, 2, 4])", "1"))
    assert memory.admit(variant, sandbox=sandbox).outcome == "admitted"
    assert len(list(memory.patterns())) == 2


def test_a_better_solution_takes_the_place_of_the_old_one_whose_proof_is_kept(memory, sandbox):
    long = (
        "def f(numbers):\n    total = 0\n    for n in numbers:\n        if n % 2 == 0:\n            total = total + n\n"
    )
    old = SUM_EVENS.model_copy(update={"solution": long + "    return total\n", "source": Source(model="a")})
    memory.admit(old, sandbox=sandbox)
    better = memory.admit(SUM_EVENS.model_copy(update={"source": Source(model="b")}), sandbox=sandbox)
    assert better.outcome == "superseded"
    assert "shorter" in better.reason
    (pattern,) = memory.patterns()
    assert (pattern.solution, pattern.source.model) == (EVENS, "b")
    (earlier,) = pattern.earlier
    assert (earlier.solution, earlier.source.model, earlier.proof.passed) == (old.solution, "a", 2)

    assert memory.admit(old, sandbox=sandbox).outcome == "merged", "what is longer takes nobody's place"


def test_a_solution_that_passes_more_takes_the_place_of_one_that_passes_less(memory, sandbox):
    lucky = SUM_EVENS.model_copy(update={"solution": "def f(x):\n    return 6 if x else 0\n"})
    memory.admit(lucky, sandbox=sandbox)
    case = Case(name="more", kind="call", code="f([10])", expected="10")
    honest = SUM_EVENS.model_copy(update={"tests": PatternTests(cases=(*SUM_EVENS.tests.cases, case))})
    admission = memory.admit(honest, sandbox=sandbox)
    assert admission.outcome == "superseded"
    assert "passes a test that the earlier one fails (more:" in admission.reason
    contradicting = draft(SUM_EVENS.task, "def f(x):\n    return 7\n", ("f([1])", "7"))
    assert memory.admit(contradicting, sandbox=sandbox).outcome == "refused"
    (pattern,) = memory.patterns()
    assert pattern.solution == EVENS


def test_recall_finds_the_same_task_first_and_nothing_below_the_floor(memory, sandbox):
    memory.admit(SUM_EVENS, sandbox=sandbox)
    memory.admit(
        draft("Write f that reverses a text.", "f = lambda t: t[::-1]\n", ("f('ab')", "'ba'")), sandbox=sandbox
    )
    first, *_ = memory.recall(" write F that sums the  even numbers of a LIST", Interface(entry_point="f"))
    assert first.kinship == "same"
    assert first.similarity == 1
    near = memory.recall("Tell what the even numbers of a list add up to, all of them", Interface(entry_point="g"))
    assert [one.pattern.id for one in near] == [SUM_EVENS.id]
    assert near[0].kinship == "reworded"
    assert memory.recall("Parse an address with zip code and town") == []


def test_a_solution_that_is_called_otherwise_does_not_fit(memory, sandbox):
    typed = Interface(entry_point="f", parameters=("list[int]",), returns="int")
    memory.admit(SUM_EVENS.model_copy(update={"interface": typed}), sandbox=sandbox)

    def fits(**wanted):
        (found,) = memory.recall(SUM_EVENS.task, Interface(**wanted))
        return found.fits

    assert fits(entry_point="g", parameters=("List[int]",), returns="int")
    assert fits(entry_point="g", parameters=("list",))
    assert fits()
    assert not fits(entry_point="g", parameters=("list[int]", "int"))
    assert not fits(entry_point="g", parameters=("dict[str, int]",))
    assert not fits(entry_point="g", parameters=("list[int]",), returns="str")
    assert not fits(kind="class", entry_point="G")


def test_what_helped_is_ranked_before_what_did_not(memory, sandbox, clock):
    task = "Write f that counts the vowels of a text"
    count = "def f(text):\n    return sum(c in 'aeiou' for c in text)\n"
    memory.admit(draft(f"{task} twice", count.replace("return", "return 2 *"), ("f('ab')", "2")), sandbox=sandbox)
    memory.admit(draft(f"{task} once", count, ("f('ab')", "1")), sandbox=sandbox)
    ids = [one.pattern.id for one in memory.recall(task)]
    assert len(ids) == 2
    for _ in range(4):
        memory.record_use(ids[-1], Use(kind="answer", helped=True, at=clock()))
        memory.record_use(ids[0], Use(kind="answer", helped=False, at=clock()))
    assert next(one.pattern.id for one in memory.recall(task)) == ids[-1]
    assert memory.worth(ids[-1]).utility == pytest.approx(5 / 6)


def test_a_pattern_whose_tests_fail_on_a_new_run_is_quarantined_and_may_come_back(memory, sandbox):
    broken = "import pathlib\nf = lambda: 1 if not pathlib.Path('/motet-broken').exists() else 2\n"
    memory.admit(draft("Write f that says one", broken, ("f()", "1")), sandbox=sandbox)
    (pattern,) = memory.patterns()
    value = memory.store.get(("patterns", "live"), pattern.id).value
    value["pattern"]["solution"] = "f = lambda: 2\n"
    memory.store.put(("patterns", "live"), pattern.id, value)  # as if somebody had changed the file
    ill = memory.check(pattern.id, sandbox=sandbox)
    assert "its tests fail" in ill.quarantined
    assert memory.recall(pattern.task, pattern.interface) == []
    assert [one.id for one in memory.patterns(quarantined=True)] == [pattern.id]
    assert memory.stats().quarantined == 1
    value = memory.store.get(("patterns", "quarantined"), pattern.id).value
    value["pattern"]["solution"] = broken
    memory.store.put(("patterns", "quarantined"), pattern.id, value, index=False)
    assert memory.check(pattern.id, sandbox=sandbox).quarantined is None
    assert memory.recall(pattern.task, pattern.interface)[0].kinship == "same"


def test_the_cap_forgets_what_is_old_and_of_no_use(clock, sandbox):
    memory = open_memory(clock=clock, cap=4)
    words = ["alpha", "bravo", "carmen", "dorado", "empire", "fandango"]
    for number, word in enumerate(words):
        put = draft(f"{word} " * 6, f"f = lambda: {number}\n", ("f()", str(number)))
        memory.admit(put, sandbox=sandbox)
        clock.pass_days(30)
    by_task = {pattern.task.split()[0]: pattern.id for pattern in memory.patterns()}
    memory.record_use(by_task["alpha"], Use(kind="answer", helped=True, at=clock()))
    memory.record_use(by_task["fandango"], Use(kind="answer", helped=False, at=clock()))
    forgotten = memory.trim()
    left = {pattern.task.split()[0] for pattern in memory.patterns()}
    assert left == {"alpha", "dorado", "empire", "fandango"}
    assert set(forgotten) == {by_task["bravo"], by_task["carmen"]}
    memory.store.close()


def test_another_machine_imports_what_it_can_prove_itself(memory, sandbox, tmp_path, clock):
    memory.admit(SUM_EVENS, sandbox=sandbox)
    memory.admit(
        draft("Write f that reverses ✓ a text.", "f = lambda t: t[::-1]\n", ("f('ab')", "'ba'")), sandbox=sandbox
    )
    file = tmp_path / "patterns.jsonl"
    assert memory.export(file) == 2
    lines = file.read_text("utf-8").splitlines()
    poisoned = lines[0].replace("t[::-1]", "t[::+1]")
    assert poisoned != lines[0]
    file.write_text("\n".join([lines[1], poisoned, "{]", '{"format": "other"}', ""]), "utf-8")
    other = open_memory(tmp_path / "other", clock=clock)
    report = other.load(file, sandbox=sandbox)
    assert report.admitted == 1
    assert [line.split(":")[0] for line in report.refused] == ["line 2", "line 3", "line 4"]
    assert [pattern.task for pattern in other.patterns()] == [SUM_EVENS.task]
    assert other.load(file, sandbox=sandbox).merged == 1, "a second import changes nothing"
    other.store.close()


def test_forgetting_takes_the_uses_along(memory, sandbox, clock):
    memory.admit(SUM_EVENS, sandbox=sandbox)
    memory.record_use(SUM_EVENS.id, Use(kind="example", helped=True, at=clock()))
    assert memory.stats().helped == 1
    assert memory.forget([SUM_EVENS.id, "nobody"]) == 1
    assert memory.stats().model_dump(include={"patterns", "uses"}) == {"patterns": 0, "uses": 0}
    assert memory.uses(SUM_EVENS.id) == []
    with pytest.raises(KeyError):
        memory.check(SUM_EVENS.id, sandbox=sandbox)


async def test_the_same_from_async_code(memory, sandbox, clock):
    assert (await memory.aadmit(SUM_EVENS, sandbox=sandbox)).outcome == "admitted"
    (found,) = await memory.arecall(SUM_EVENS.task, SUM_EVENS.interface)
    await memory.arecord_use(found.pattern.id, Use(kind="answer", helped=True, at=clock()))
    assert (await memory.acheck(found.pattern.id, sandbox=sandbox)).quarantined is None
    assert (await memory.astats()).helped == 1
    assert await memory.aforget([found.pattern.id]) == 1


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True), other=st.from_regex(r"[a-z]{1,6}", fullmatch=True))
def test_renaming_changes_nothing_but_the_name(name, other):
    from keyword import iskeyword

    from motet.memory.patterns import renamed

    if iskeyword(name) or name == "self":
        return
    code = (
        f"def {name}(text):\n    '''{name} {other}'''\n    return text.{name} if text is None else [text, {name!r}]\n"
    )
    if iskeyword(other) or other in name:
        return
    new = renamed(code, Interface(entry_point=name), Interface(entry_point=other))
    if new is None:
        return
    scope: dict[str, object] = {}
    exec(new, scope)
    assert scope[other]("x") == ["x", name]  # type: ignore[operator]
    assert renamed(new, Interface(entry_point=other), Interface(entry_point=name)) in (code, None)
