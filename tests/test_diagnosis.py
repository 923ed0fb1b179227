"""Diagnoses through the public door: code that fails in every way, in real sandboxes; and tracebacks as text."""

import subprocess
import sys
import traceback

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from testing_boxes import KINDS, session_in

from motet.graphs import SMALL, create_team, telling
from motet.models import ScriptedChatModel
from motet.tools.diagnosis import Diagnosis, diagnose_case, diagnose_test, read_traceback
from motet.tools.testing import Case, run_cases, run_pytest

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."


def diagnosis_of(kind, code, *cases):
    """Run cases on code and diagnose the first that fails."""
    with session_in(kind) as session:
        results = run_cases(session, code, cases, case_seconds=1.0).results
        failed = next(result for result in results if result.outcome != "passed")
        return diagnose_case(session, code, failed, cases, case_seconds=1.0)


def asking(code, expected="None"):
    return Case(name="example 1", kind="call", code=code, expected=expected)


@pytest.mark.parametrize("kind", KINDS)
def test_an_exception_is_diagnosed_with_the_values_in_the_frames_that_it_went_through(kind):
    code = "def inverse(x):\n    y = x - 1\n    return 1 / y\ndef total(items):\n    return sum(map(inverse, items))\n"
    found = diagnosis_of(kind, code, asking("total([3, 2, 1])", "4"))
    assert (found.kind, found.exception, found.message) == ("raised", "ZeroDivisionError", "division by zero")
    assert [frame.function for frame in found.frames] == ["total", "inverse"]
    assert (found.frames[-1].line, found.frames[-1].source) == (3, "return 1 / y")
    assert found.frames[-1].locals == {"y": "0", "x": "1"}
    assert found.expected == "4"


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_value_is_diagnosed_with_the_return_that_gave_it(kind):
    code = "def median(l):\n    s = sorted(l)\n    if not s:\n        return None\n    return s[len(s) // 2]\n"
    found = diagnosis_of(kind, code, asking("median([4, 1, 2, 3])", "2.5"))
    assert (found.kind, found.call, found.actual, found.expected) == ("wrong_value", "median([4, 1, 2, 3])", "3", "2.5")
    assert found.frames[0].locals == {"s": "[1, 2, 3, 4]", "l": "[4, 1, 2, 3]"}
    assert found.text() == (
        "`median([4, 1, 2, 3])` gave 3, expected 2.5.\n"
        "It returned in median, line 5: `return s[len(s) // 2]`, where s = [1, 2, 3, 4], l = [4, 1, 2, 3]"
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("busy", "values"),
    [("while n:\n        pass", {"n": "3"}), ("return sum(range(10 ** 13))", {})],
    ids=["in Python", "in C"],
)
def test_a_timeout_is_diagnosed_with_the_line_that_was_busy(kind, busy, values):
    found = diagnosis_of(kind, f"def f(n):\n    {busy}\n", asking("f(3)"))
    assert found.kind == "timeout"
    assert found.frames[-1].function == "f"
    assert found.frames[-1].line in (2, 3)
    assert found.frames[-1].locals == values


@pytest.mark.bubblewrap
def test_white_space_inside_of_values_is_shown_as_it_is():
    found = diagnosis_of("bubblewrap", "def f(s):\n    return s.lower()\n", asking("f('  A  b ')", "'a-b'"))
    assert found.frames[-1].locals == {"s": "'  A  b '"}
    assert "'  a  b '" in found.text()


@pytest.mark.bubblewrap
def test_of_an_endless_recursion_both_ends_are_kept():
    found = diagnosis_of("bubblewrap", "def fact(n):\n    return n * fact(n - 1)\n", asking("fact(3)", "6"))
    assert found.exception == "RecursionError"
    assert len(found.frames) == 6
    assert [frame.locals["n"] for frame in found.frames[:3]] == ["3", "2", "1"]
    assert sum(frame.skipped for frame in found.frames) > 500
    assert int(found.frames[-2].locals["n"]) < -500
    assert len(found.text()) < 700


@pytest.mark.bubblewrap
def test_values_that_are_hostile_to_being_shown_are_named_and_cost_no_more_than_that():
    code = (
        "class Endless:\n    def __repr__(self):\n        while True: pass\n"
        "class Leaving:\n    def __repr__(self): raise SystemExit\n"
        "class Huge:\n    def __repr__(self): return 'x' * 10 ** 8\n"
        "class Lying(list):\n    def __len__(self): return -1\n"
        "def f():\n    a, b, c, d, e = Endless(), Leaving(), Huge(), list(range(10 ** 6)), Lying()\n"
        "    text = '\\x1b[31m\\u202e'\n    raise KeyError('\\x1b[2J')\n"
    )
    found = diagnosis_of("bubblewrap", code, asking("f()"))
    values = found.frames[-1].locals
    assert "whose repr raised" in values["a"]
    assert "SystemExit" in values["b"]
    assert all(len(value) <= 300 for value in values.values())
    assert "\x1b" not in found.model_dump_json()
    assert "\x1b" not in found.text()


@pytest.mark.bubblewrap
@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "os.close(*[3]); os.close(4); os.close(5)"])
def test_code_that_ends_or_spoils_its_process_still_has_a_diagnosis(end):
    found = diagnosis_of("bubblewrap", f"import os\ndef f():\n    {end}\n    return 5\n", asking("f()", "6"))
    assert found.call == "f()"
    assert found.text()


@pytest.mark.bubblewrap
def test_what_a_worker_says_about_itself_is_read_strictly():
    # The code finds the pipe by which its worker is heard, and its token, and says whatever it likes.
    code = (
        "import gc, json, types\n"
        "def f():\n"
        "    for thing in gc.get_objects():\n"
        "        if isinstance(thing, types.FunctionType) and thing.__qualname__ == '_sender.<locals>.send':\n"
        "            frames = [{'function': 'f' * 10 ** 4, 'line': 1, 'locals': {'a': '\\x1b' * 10 ** 4}}]\n"
        "            thing('returned', 0, json.dumps({'frames': frames, 'values': []}))\n"
        "            thing('returned', 0, json.dumps({'frames': [{'function': 1, 'line': 'x'}], 'values': 'y'}))\n"
        "            thing('returned', 'z', '{' * 10 ** 4)\n"
        "    return 1\n"
    )
    found = diagnosis_of("bubblewrap", code, asking("f()", "2"))
    assert (found.kind, found.actual, found.expected) == ("wrong_value", "1", "2"), "decided outside, whatever was said"
    assert len(found.model_dump_json()) < 5000
    assert "\x1b" not in found.text()
    far = "{'error': {'type': 'E', 'text': 't', 'assertion': 1}, 'values': [{'data': ['list', 5]}], 'sides': [1]}"
    for kind, step in (("raised", 10**9), ("raised", -1), ("returned", 0), ("busy", None), ("end", None)):
        decided = {("wrong_value", "1 == 2 is not so")}
        if kind == "end":  # whichever the judge hears first; it fails either way
            decided.add(("died", "running the case was broken off"))
        said = f"thing({kind!r}, {step}, json.dumps({far}))\n    return 1\n"
        lying = code.partition("            frames = ")[0] + "            " + said
        found = diagnosis_of("bubblewrap", lying, Case(name="a", kind="statement", code="assert f() == 2"))
        assert (found.kind, found.message) in decided


@pytest.mark.bubblewrap
@pytest.mark.parametrize(
    ("code", "message", "source"),
    [
        ("def f(:\n    pass\n", "SyntaxError", "def f(:"),
        ("def f(x: List[int]):\n    pass\n", "NameError", "def f(x: List[int]):"),
        ("import nonsense_xyz\n", "ModuleNotFoundError", "import nonsense_xyz"),
    ],
)
def test_code_that_does_not_load_is_diagnosed_at_its_line(code, message, source):
    found = diagnosis_of("bubblewrap", code, asking("f()"))
    assert (found.kind, found.exception, found.call) == ("raised", message, None)
    assert found.frames[-1].source == source


@pytest.mark.bubblewrap
def test_of_several_asserts_the_one_that_fails_is_named_with_both_sides():
    code = "def f(n):\n    half = n // 2\n    return half\n"
    several = Case(name="a", kind="statement", code="y = f(2)\nassert f(4) == 2\nassert 2.5 == f(5)\nassert f(0) == 1")
    found = diagnosis_of("bubblewrap", code, several)
    assert (found.call, found.actual, found.expected) == ("y = f(2); f(5)", "2", "2.5")
    assert found.frames[0].locals["n"] == "5"
    inside = Case(name="a", kind="statement", code="for n in range(9):\n    assert f(n) < 3")
    found = diagnosis_of("bubblewrap", code, inside)
    assert (found.actual, found.operator, found.expected) == ("3", "<", "3")
    assert found.frames[0].locals["n"] == "6"
    doctest = [Case(name="1", kind="doctest", code="x = 7\n", expected="")]
    found = diagnosis_of("bubblewrap", code, *doctest, Case(name="2", kind="doctest", code="f(x)\n", expected="4\n"))
    assert (found.call, found.actual, found.expected) == ("f(x)", "3", "4")


@pytest.mark.parametrize("kind", KINDS)
def test_a_failing_pytest_test_is_diagnosed_in_the_code_that_it_called(kind):
    code = "def f(n):\n    while n == 99:\n        pass\n    m = n + 2\n    return m\n"
    tests = {
        "test_it.py": "from solution import f\ndef test_value():\n    y = 3\n    assert f(y) == 4\n"
        "def test_raises():\n    f('x')\ndef test_endless():\n    f(99)\n"
    }
    with session_in(kind) as session:
        results = run_pytest(session, files={"solution.py": code}, tests=tests, test_seconds=1.0).results
        value, raises, endless = (diagnose_test(session, code, one, tests, test_seconds=1.0) for one in results)
    assert (value.call, value.actual, value.expected) == ("f(y)", "5", "4")
    assert (value.frames[0].source, value.frames[0].locals) == ("return m", {"m": "5", "n": "3"})
    assert (raises.exception, raises.call, raises.frames[0].source) == ("TypeError", "f('x')", "m = n + 2")
    assert (endless.kind, endless.frames[0].function) == ("timeout", "f")


@pytest.mark.bubblewrap
def test_the_team_shows_the_diagnosis_and_tells_it_to_the_coder_where_the_policy_says_so():
    wrong = "```python\ndef add(a, b):\n    result = a - b\n    return result\n```"
    right = "```python\ndef add(a, b):\n    return a + b\n```"
    for diagnose, told in (("repair", True), ("result", False)):
        model = ScriptedChatModel(coder=[wrong] * 4 + [right])
        policy = SMALL.model_copy(update={"candidates": 4, "repair_rounds": 1, "diagnose": diagnose})
        result = create_team(model=model, policy=policy, sandbox="bubblewrap").invoke({"task": TASK})
        assert "return a + b" in result["code"]
        assert result["evidence"].diagnosis is None
        asked = str(model.asked[-1].messages[-1].content)
        assert "gave -1, expected 5" in asked
        assert ("where result = -1, a = 2, b = 3" in asked) is told
    model = ScriptedChatModel(coder=[wrong] * 5)
    evidence = create_team(model=model, policy=policy, sandbox="bubblewrap").invoke({"task": TASK})["evidence"]
    assert evidence.diagnosis.frames[0].locals == {"result": "-1", "a": "2", "b": "3"}
    assert any(line.startswith("why: It returned in add, line 3") for line in telling.tested(evidence))
    policy = SMALL.model_copy(update={"diagnose": "never"})
    model = ScriptedChatModel(coder=[wrong] * 5)
    evidence = create_team(model=model, policy=policy, sandbox="bubblewrap").invoke({"task": TASK})["evidence"]
    assert evidence.diagnosis is None
    assert evidence.failures


@pytest.mark.bubblewrap
def test_a_program_that_fails_is_diagnosed_by_what_it_says():
    model = ScriptedChatModel(coder=["```python\ndef main():\n    print(1 / 0)\nmain()\n```"] * 5)
    team = create_team(model=model, policy="small", sandbox="bubblewrap")
    found = team.invoke({"task": "Write a script that prints the sum of 2 and 3."})["evidence"].diagnosis
    assert found.exception == "ZeroDivisionError"
    assert [frame.function for frame in found.frames] == ["<module>", "main"]


def test_a_text_is_as_short_as_asked_and_begins_with_what_failed():
    frames = [{"function": f"f{number}", "line": number, "source": "x" * 500} for number in range(9)]
    long = Diagnosis(kind="raised", call="f(" + "1" * 1000 + ")", exception="E", message="m" * 5000, frames=frames)
    for characters in (1, 50, 200, 900, 5000):
        assert len(long.text(characters=characters)) <= characters
    assert long.text(characters=50).startswith("`f(111")


# Tracebacks as text


def raise_nested(depth, chain, message):
    """Raise an exception out of several frames, after or because of others."""
    if depth:
        raise_nested(depth - 1, chain, message)
    try:
        if chain:
            raise_nested(0, chain[1:], message)
    except Exception as error:
        if chain[0] == "cause":
            raise RuntimeError(message) from error
        if chain[0] == "group":
            raise ExceptionGroup(message or "several", [error, KeyError("k")]) from None
        raise LookupError(message) from (None if chain[0] == "none" else error.__cause__)
    raise ValueError(message)


words = st.text(alphabet=st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=30)
# What cannot be told from a traceback, because it is one.
sane = words.filter(lambda text: text == text.strip() and "Traceback" not in text and "File" not in text)
links = st.lists(st.sampled_from(["cause", "context", "none", "group"]), max_size=3)


@given(
    depth=st.integers(0, 6),
    chain=links,
    message=st.lists(sane.filter(bool), max_size=3).map("\n".join),
    before=st.lists(sane).map("\n".join),
    after=st.lists(sane).map("\n".join),
    prefix=st.sampled_from(["", "ERROR | ", "> ", "    ", "12:30:01 web-1 "]),
)
@example(depth=0, chain=["group"], message="a\nb", before="", after="", prefix="    ")
def test_a_traceback_is_read_as_it_was_printed_whatever_stands_around_it(depth, chain, message, before, after, prefix):
    try:
        raise_nested(depth, chain, message)
    except Exception as caught:
        error = caught
    printed = "".join(traceback.format_exception(error))
    text = "\n".join(prefix + line for line in printed.splitlines())
    found = read_traceback(f"{before}\n\n{text}\n\n{after}")
    assert found is not None
    assert found.exception == type(error).__name__
    assert found.message.split("\n")[0].strip() == (str(error).splitlines() or [""])[0]
    places = [(frame.name, frame.lineno, frame.line) for frame in traceback.extract_tb(error.__traceback__)]
    read = [(frame.function, frame.line, frame.source) for frame in found.frames]
    skipped = sum(frame.skipped for frame in found.frames)
    assert len(read) + skipped == len(places)
    assert read == places if not skipped else (read[0], read[-1]) == (places[0], places[-1])
    inner = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if inner is not None:
        assert found.related[0].startswith(type(inner).__name__)
    if isinstance(error, ExceptionGroup):
        assert found.related[-1] == "KeyError: 'k'"


@given(st.text() | st.text(alphabet='Traceback (most recent call last):\n  File "x", line 1, in f\nE> |+-=_\x1b[m'))
def test_reading_any_text_at_all_raises_nothing(text):
    read_traceback(text)
    read_traceback(f"Traceback (most recent call last):\n{text}")
    read_traceback(f"=== FAILURES ===\n___ test_a ___\n{text}\nE   assert {text}")


def test_windows_paths_long_recursions_and_syntax_errors_are_read():
    found = read_traceback(
        'Traceback (most recent call last):\n  File "C:\\Program Files\\app (x86)\\a b.py", line 12, in run\n'
        '    go()\n    ~~^^\n  File "C:\\Python312\\Lib\\json\\decoder.py", line 5, in decode\n    raise E\n'
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)\n"
    )
    assert found.exception == "json.decoder.JSONDecodeError"
    assert [(frame.file, frame.line) for frame in found.frames] == [("C:\\Program Files\\app (x86)\\a b.py", 12)]
    run = [sys.executable, "-c", "def f(n):\n    return f(n + 1)\nf(0)"]
    found = read_traceback(subprocess.run(run, check=False, capture_output=True, text=True).stderr)
    assert found.exception == "RecursionError"
    assert sum(frame.skipped for frame in found.frames) > 900
    found = read_traceback('  File "x.py", line 3\n    def f(:\n          ^\nSyntaxError: invalid syntax\n')
    assert (found.exception, found.frames[0].line, found.frames[0].source) == ("SyntaxError", 3, "def f(:")
    assert read_traceback("all is well\n  File by file, line by line\n") is None


@pytest.mark.parametrize("style", ["long", "short", "line", "native", "no"])
def test_pytests_output_is_read_in_every_style(tmp_path, style):
    (tmp_path / "test_sums.py").write_text(
        "def double(n):\n    return n + n + 1\n\ndef test_double():\n    n = 3\n    assert double(n) == 6\n"
    )
    run = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", ".", f"--tb={style}", "test_sums.py"]
    output = subprocess.run(run, check=False, cwd=tmp_path, capture_output=True, text=True).stdout
    found = read_traceback(output)
    assert found.kind == "wrong_value"
    if style == "native":
        assert (found.frames[-1].function, found.frames[-1].line) == ("test_double", 6)
        return
    assert "test_double" in found.test
    assert (found.actual, found.expected) == ("7", "6")
    if style in ("long", "short"):
        assert found.call == "double(3)"
        assert (found.frames[0].function, found.frames[0].source) == ("test_double", "assert double(n) == 6")
