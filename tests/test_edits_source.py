"""Files as text, and back without a byte lost."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from motet.tools.edits import EditError, Source

TEXTS = st.text(st.sampled_from("ab é\t\f\x0b\x1c\u2028\n\r"), max_size=40)
LINES = st.lists(st.sampled_from(["", "a", "b", "  é"]), max_size=12)


@given(st.binary(max_size=60) | TEXTS.map(str.encode))
@example(b"# coding: latin-1\n\xe4")
@example(b"# coding: utf-7\n+AOQ-")
@example(b"# coding: no-such-encoding\n\xe4")
@example(b"\xef\xbb\xbfa\r\nb\rc\n")
@example("\ufeffa\r\n".encode("utf-16-le"))
@example(b"\xff\xfea")
def test_every_file_comes_back_byte_for_byte(data):
    source = Source.read(data)
    assert source.write(source.text) == data
    assert "\r" not in source.text


@given(TEXTS, LINES.map("\n".join))
@example("a\r\nb\rb\n", "a\n\nb\n")
def test_a_new_text_is_read_back_as_it_was_written(old, new):
    assert Source.read(Source.read(old.encode()).write(new)).text == new


@given(LINES, LINES, st.lists(st.sampled_from(["\n", "\r\n"]), min_size=24, max_size=24))
def test_with_mixed_endings_each_untouched_line_keeps_its_own(head, tail, endings):
    lines = [*head, "old", *tail]
    pairs = [line + ending for line, ending in zip(lines, endings * 2, strict=False)]
    source = Source.read("".join(pairs).encode())
    written = source.write(source.text.replace("old", "new\nnewer")).decode()
    assert written.startswith("".join(pairs[: len(head)]))
    assert written.endswith("".join(pairs[len(head) + 1 :]))


def test_a_changed_file_keeps_its_mark_encoding_and_endings():
    assert Source.read(b"\xef\xbb\xbfa\r\n").write("b\nc\n") == b"\xef\xbb\xbfb\r\nc\r\n"
    assert (
        Source.read(b"# coding: latin-1\n\xe4\n").write("# coding: latin-1\nä\nö\n")
        == b"# coding: latin-1\n\xe4\n\xf6\n"
    )
    assert Source.read(b"\xe4\n").write("äö\n") == b"\xe4\xf6\n"


def test_a_new_declaration_of_the_encoding_is_followed():
    assert Source.read(b"# coding: latin-1\n\xe4").write("# coding: utf-8\nä") == "# coding: utf-8\nä".encode()
    with pytest.raises(EditError, match="no encoding 'klingon'"):
        Source().write("# coding: klingon\n")


def test_a_character_that_the_encoding_lacks_is_refused_with_its_line():
    with pytest.raises(EditError, match=r"Line 3 .*u20ac.* latin-1"):
        Source.read(b"# coding: latin-1\r\n").write("# coding: latin-1\n\n€\n")


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("a:\n\tb\n", "\t"),
        ("a:\n  b\n  c:\n    d\n", "  "),
        ("a:\n    b\n", "    "),
        ("a:\n\tb\n    c\n", None),
        ("a\n", None),
        ("/*\n * a\n */\n\tb\n", "\t"),
    ],
)
def test_what_a_file_is_indented_by_is_told_only_where_it_is_clear(text, style):
    assert Source.read(text.encode()).indentation == style
