"""Search/replace blocks: read from answers, applied to files, all or nothing."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.tools.edits import (
    FORMAT,
    Block,
    Delete,
    EditError,
    Edits,
    FileChange,
    Rename,
    apply_edits,
    overlay,
    read_blocks,
)


def block(search, replace, path="a.py", marks=7):
    lines = [path, "<" * marks + " SEARCH", *search, "=" * marks, *replace, ">" * marks + " REPLACE"]
    return "\n".join(line for line in lines if line is not None) + "\n"


def applied(answer, **files):
    there = {name.replace("_py", ".py"): data for name, data in files.items()}
    return overlay(apply_edits(read_blocks(answer), there.get))


BODY = "<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE"


@pytest.mark.parametrize(
    "answer",
    [
        f"src/a.py\n{BODY}",
        f"`src/a.py`\n{BODY}",
        f"**src/a.py**\n{BODY}",
        f"**`src/a.py`**:\n\n{BODY}",
        f"### src/a.py\n```python\n{BODY}\n```",
        f"```python src/a.py\n{BODY}\n```",
        f"```python:src/a.py\n{BODY}\n```",
        f'```py title="src/a.py"\n{BODY}\n```\nDone.',
        f"```\nsrc/a.py\n{BODY}\n```",
        f"File: src/a.py\n{BODY}",
        f"In `src/a.py` we set x:\n```python\n{BODY}\n```",
        f"1. src/a.py\r\n{BODY}".replace("\n", "\r\n"),
        f"./src//a.py\n{BODY}",
    ],
)
def test_the_path_is_found_however_it_is_written(answer):
    (change,) = apply_edits(read_blocks(answer), {"src/a.py": b"x = 1\n"}.get)
    assert change == FileChange(path="src/a.py", before=b"x = 1\n", after=b"x = 2\n")


def test_underscores_in_a_bold_path_are_not_taken_for_bold():
    assert read_blocks(f"**__init__.py**\n{BODY}").steps[0].path == "__init__.py"


def test_one_answer_changes_creates_deletes_and_renames():
    answer = (
        f"{block(['x = 1'], ['x = 2'])}\nIt also needs this:\n{block([], ['new'], 'pkg/new.py')}"
        "DELETE `gone.py`\nRENAME old.py -> pkg/moved.py\n" + block(["y"], ["z"], None)
    )
    files = {"a.py": b"x = 1", "gone.py": b"", "old.py": b"y\n"}
    changes = apply_edits(read_blocks(answer), files.get)
    assert [(one.path, one.before, one.after, one.renamed_from) for one in changes] == [
        ("a.py", b"x = 1", b"x = 2", None),
        ("gone.py", b"", None, None),
        ("pkg/moved.py", b"y\n", b"z\n", "old.py"),
        ("pkg/new.py", None, b"new\n", None),
    ]
    assert overlay(changes) == {
        "a.py": b"x = 2",
        "gone.py": None,
        "old.py": None,
        "pkg/moved.py": b"z\n",
        "pkg/new.py": b"new\n",
    }


def test_a_file_may_be_written_anew_where_one_was_deleted_or_moved_away():
    assert applied("DELETE a.py\n" + block([], ["n"]), a_py=b"o\r\n") == {"a.py": b"n\r\n"}
    moved = applied("RENAME a.py -> b.py\n" + block([], ["n"]), a_py=b"o\n")
    assert moved == {"a.py": b"n\n", "b.py": b"o\n"}


def test_prose_that_begins_with_delete_deletes_nothing():
    steps = read_blocks("DELETE the old function.\n" + block(["x"], ["y"])).steps
    assert len(steps) == 1


def test_blocks_apply_to_what_the_blocks_before_made():
    assert applied(block(["a"], ["b", "c"]) + block(["c"], ["d"], None), a_py=b"a\n") == {"a.py": b"b\nd\n"}


def test_the_exact_place_wins_over_looser_ones():
    files = {"a.py": b"  x = 1\nx = 1  \nx = 1\n"}
    (change,) = apply_edits(read_blocks(block(["x = 1"], ["y"])), files.get)
    assert change.after == b"  x = 1\nx = 1  \ny\n"


def test_blanks_at_the_ends_of_lines_do_not_matter_and_those_of_kept_lines_stay():
    assert applied(block(["a", "b "], ["a", "c"]), a_py=b"a  \nb\n") == {"a.py": b"a  \nc\n"}


def test_lines_shifted_as_a_whole_are_found_and_the_new_ones_shifted_too():
    new = ["if x:", "    if y:", "        return 1", "", "    return 2"]
    head = b"class A:\n    def f(self):\n        if x:\n"
    assert applied(block(["if x:", "    return 1"], new), a_py=head + b"            return 1\n") == {
        "a.py": head + b"            if y:\n                return 1\n\n            return 2\n"
    }


@pytest.mark.parametrize(
    "search", [["def f():", "    return 1"], ["def f():", "\treturn 1"], ["    def f():", "        return 1"]]
)
def test_a_file_with_tabs_keeps_them_and_its_endings(search):
    base = search[0][: -len("def f():")]
    unit = "\t" if "\t" in search[1] else "    "
    new = [search[0], base + unit + "if x:", base + unit * 2 + "return 2", search[1]]
    data = b"\xef\xbb\xbfclass A:\r\n\tx = 1\r\n\tdef f():\r\n\t\treturn 1"
    assert applied(block(search, new), a_py=data) == {
        "a.py": b"\xef\xbb\xbfclass A:\r\n\tx = 1\r\n\tdef f():\r\n\t\tif x:\r\n\t\t\treturn 2\r\n\t\treturn 1"
    }


def test_lines_that_are_not_all_shifted_alike_are_not_found():
    with pytest.raises(EditError, match="do not stand in the file"):
        applied(block(["if x:", "  y"], ["z"]), a_py=b"if x:\n      y\n  if x:\n      y\n")


def test_new_lines_that_would_stand_left_of_the_margin_are_not_guessed():
    with pytest.raises(EditError, match="do not stand in the file"):
        applied(block(["        x = 1"], ["    if y:", "        x = 1"]), a_py=b"x = 1\n")


def test_several_places_are_an_error_that_names_their_lines():
    with pytest.raises(EditError, match="on lines 1, 3"):
        applied(block(["x"], ["y"]), a_py=b"x\nz\nx\n")
    with pytest.raises(EditError, match="on lines 1, 3"):
        applied(block(["x"], ["y"]), a_py=b"  x\nz\n\tx\n")


def test_all_problems_are_told_and_nothing_is_changed():
    answer = (
        block(["nothing like it"], ["y"])
        + block(["x"], ["y"], "missing.py")
        + block([], ["y"], "a.py")
        + block([], ["y"], ".git/hooks/pre-commit")
        + "DELETE other.py\n"
        + block(["x = 1"], ["x = 2"])
    )
    with pytest.raises(EditError) as raised:
        applied(answer, a_py=b"x = 1\n")
    assert len(raised.value.problems) == 5
    for words in (
        "a.py, block on line 2",
        "missing.py",
        "SEARCH is empty",
        "belongs to git",
        "other.py: there is no such",
    ):
        assert words in str(raised.value)


def test_what_is_not_found_is_shown_the_nearest_lines_with_their_numbers():
    data = "\n".join(f"def f{i}(a):\n    return a + {i}\n" for i in range(100)).encode()
    with pytest.raises(EditError) as raised:
        applied(block(["def f41(a, b):", "    return a + 41"], ["x"]), a_py=data)
    assert "   124 | def f41(a):\n   125 |     return a + 41" in str(raised.value)
    assert "first difference is on line 124" in str(raised.value)


def test_elided_lines_and_edits_that_are_done_already_are_called_so():
    with pytest.raises(EditError, match="cannot be left out"):
        applied(block(["a", "...", "c"], ["d"]), a_py=b"a\nb\nc\n")
    with pytest.raises(EditError, match="done already"):
        applied(block(["old = 1"], ["new = 2"]), a_py=b"new = 2\n")


def test_the_nearest_lines_of_a_long_file_are_found_soon():
    data = "\n".join(f"    value_{i % 7} = compute(value, {i})" for i in range(20_000)).encode()
    search = [f"    value_{i % 7} = compute(value, -{i})" for i in range(200)]
    start = time.process_time()
    with pytest.raises(EditError, match="nearest"):
        applied(block(search, ["x"]), a_py=data)
    assert time.process_time() - start < 5  # comparing each place would take an hour


PATHS = ["/etc/passwd", "../a.py", "pkg/../../a.py", ".git/config", "sub/.GIT/config", "git~1/x", "C:/a.py", "a\\b.py"]
PATHS += ["pkg/", "~/a.py", "a\u200b.py", "a\0.py", ".", "./", "", "x" * 300]


@pytest.mark.parametrize("path", PATHS)
def test_paths_that_leave_the_repository_are_refused_and_never_read(path):
    asked = []
    for step in (
        Block(path=path, search=(), replace=("x",)),
        Delete(path=path),
        Rename(old="b.py", path=path),
        Rename(old=path, path="c.py"),
    ):
        with pytest.raises(EditError, match="The path"):
            apply_edits(Edits(steps=(step,)), asked.append)
    assert path not in asked


def test_what_the_reader_refuses_is_a_problem_like_others():
    def read(path):
        raise EditError(f"{path} is a symbolic link.")

    with pytest.raises(EditError, match="symbolic link"):
        apply_edits(read_blocks(block(["x"], ["y"])), read)


def test_an_answer_that_changes_nothing_is_an_error():
    for answer in (
        block(["x"], ["x"]),
        block(["x"], ["y"]) + block(["y"], ["x"]),
        "RENAME a.py -> b.py\nRENAME b.py -> a.py",
    ):
        with pytest.raises(EditError, match="changes nothing"):
            applied(answer, a_py=b"x\n")


def test_a_file_cannot_be_a_folder_too():
    with pytest.raises(EditError, match="a file and no folder"):
        applied(block([], ["x"], "pkg") + block([], ["y"], "pkg/a.py"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("Nothing to do.", "holds no edit"),
        (BODY, "has no path"),
        ("a.py\n<<<<<<< SEARCH\nx\n=======\ny\n", "has no end"),
        ("a.py\n<<<<<<< SEARCH\nx\n" + BODY, "has no end"),
        ("a.py\n<<<<<<< SEARCH\nx\n>>>>>>> REPLACE", "has no line '======='"),
        (block(["Title", "======="], ["Name", "======="]), "3 lines '======='"),
        (f"a.py\n{BODY}\n>>>>>>> REPLACE", "was not begun"),
        (f"a.py\n{BODY}\n```\nDELETE b.py\n```", "in a code fence"),
    ],
)
def test_what_could_be_read_in_two_ways_is_an_error(answer, words):
    with pytest.raises(EditError, match=words):
        read_blocks(answer)


def test_longer_marks_hold_lines_that_look_like_marks():
    old = ["Title", "=======", "<<<<<<< SEARCH", ">>>>>>> REPLACE"]
    assert applied(block(old, ["Title"], marks=8), a_py="\n".join(old).encode()) == {"a.py": b"Title"}


def test_the_last_line_keeps_its_newline_or_the_lack_of_one():
    assert applied(block(["b"], ["c", "d"]), a_py=b"a\nb") == {"a.py": b"a\nc\nd"}
    assert applied(block(["b"], []), a_py=b"a\nb\n") == {"a.py": b"a\n"}
    assert applied(block(["a"], []), a_py=b"a\n") == {"a.py": b""}


def test_the_format_that_models_are_told_is_the_one_that_is_read():
    sample = FORMAT.partition("path/to")[2].partition("Rules:")[0]
    (step,) = read_blocks("path/to" + sample).steps
    assert step.path == "path/to/file.py"
    assert step.replace == ("new lines",)


WORDS = st.lists(st.sampled_from(["", "a", "  a", "\tb", "b  ", "c: é", "======", "```"]), max_size=12)


@given(
    WORDS,
    st.lists(st.text("xyz \t", max_size=4), min_size=1, max_size=3),
    WORDS,
    WORDS,
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_an_exact_and_single_place_changes_and_nothing_else(head, search, tail, replace, newline):
    search = ["start", *search, "end"]
    (change,) = apply_edits(
        Edits(steps=(Block(path="a", search=tuple(search), replace=("new", *replace)),)),
        {"a": newline.join([*head, *search, *tail]).encode()}.get,
    )
    new = change.after.decode().split(newline)
    assert new[: len(head)] == head
    assert new[len(head)] == "new"
    assert new[len(head) + 1 + len(replace) :] == tail or not any(tail)


@given(
    st.lists(
        st.sampled_from(
            [*"<=>", "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "a.py", "x", "```", "DELETE a", "RENAME a -> b"]
        )
    )
)
def test_reading_and_applying_never_fail_in_another_way(lines):
    with contextlib.suppress(EditError):
        apply_edits(read_blocks("\n".join(lines)), {"a": b"x\n", "a.py": b"x\nx\n"}.get)


@given(st.text())
def test_any_text_can_be_read(text):
    with contextlib.suppress(EditError):
        read_blocks(text)
