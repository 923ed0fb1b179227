"""Runs and graphs as a notebook shows them. What a model writes is hostile until it is escaped."""

from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from motet.graphs import arecord, as_chat, build_team, create_team, draw, record
from motet.models import ScriptedChatModel, truncated

pytestmark = pytest.mark.bubblewrap

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0. <img src=x onerror=alert(1)>"
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
RIGHT_TOO = "```python\ndef add(a, b):\n    return sum((a, b))\n```"
HOSTILE = """```python
def add(a, b):
    # </pre></div><script>alert(1)</script> \x1b[2J \u202e
    raise ValueError("</td><script>alert(2)</script>\x1b[31m" + str(a))
```"""


def team(*answers):
    model = ScriptedChatModel(list(answers))
    return create_team(model=model, policy="small", sandbox="bubblewrap")


class Page(HTMLParser):
    """The tags and the text of a page; sees to it that tags are closed in order."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text, self._open = set(), "", []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_a_recording_shows_each_voice_its_code_its_tests_and_the_cost():
    recording = record(team(HOSTILE, truncated("```python\nde"), RIGHT, RIGHT_TOO), TASK)
    assert recording.result["verdict"] == "verified"
    assert [(turn.role, turn.mark) for turn in recording.turns] == [
        ("planner", "none"),
        ("coder", "none"),
        ("tester", "bad"),
        ("coder", "bad"),
        ("coder", "none"),
        ("tester", "good"),
        ("coder", "none"),
        ("tester", "good"),
        ("reviewer", "good"),
        ("finish", "good"),
    ]
    told = Page(recording._repr_html_()).text
    for part in ("def add(a, b)", "return a + b", "add(2, 3) == 5", "verified", "is void"):
        assert part in told
        assert part in str(recording)
    assert f"{recording.result['usage'].tokens:,}" in told


def test_nothing_that_a_model_writes_becomes_markup_or_steers_a_terminal():
    recording = record(team(*[HOSTILE] * 5), TASK)
    page = Page(recording._repr_html_())
    assert not page.tags & {"script", "img"}
    assert "<script>alert(1)</script>" in page.text
    for shown in (page.text, str(recording)):
        assert all(one.isprintable() or one in "\n\t" for one in shown)
        assert "\\x1b[2J" in shown
        assert "\\u202e" in shown


async def test_the_async_twin_records_the_same_and_graphs_around_a_team_too():
    chat = as_chat(team(RIGHT, RIGHT_TOO))
    talked = await arecord(chat, {"messages": [("user", TASK)]})
    alone = await arecord(team(RIGHT, RIGHT_TOO), {"task": TASK})
    assert [turn.title for turn in talked.turns] == [turn.title for turn in alone.turns]
    assert talked.result["verdict"] == alone.result["verdict"] == "verified"
    assert talked.task == alone.task == TASK


def test_a_human_is_one_of_the_voices_and_a_waiting_run_has_no_result():
    model = ScriptedChatModel([HOSTILE] * 5)
    voices = create_team(
        model=model, policy="small", sandbox="bubblewrap", approve="code", checkpointer=InMemorySaver()
    )
    thread = {"configurable": {"thread_id": "1"}}
    assert record(voices, TASK, thread).result is None
    edited = Command(resume={"decision": "edit", "code": "def add(a, b):\n    return a + b\n"})
    went_on = record(voices, edited, thread)
    assert "edit: code" in str(went_on)
    assert went_on.task == TASK


def test_a_drawing_needs_no_network_and_shows_every_node_and_edge():
    graph = build_team(model=ScriptedChatModel(), policy="small", sandbox="bubblewrap")
    graph.add_node("<b>audit", lambda state: None)
    graph.add_edge("finish", "<b>audit")
    drawing = draw(graph.compile())
    picture = ElementTree.fromstring(drawing._repr_html_())
    names = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert names == ["start", "planner", "coder", "tester", "reviewer", "finish", "<b>audit", "end"]
    paths = [path for path in picture.iter("{http://www.w3.org/2000/svg}path") if path.get("marker-end")]
    assert len(paths) == len(drawing.edges)
    assert str(drawing).startswith("---")
