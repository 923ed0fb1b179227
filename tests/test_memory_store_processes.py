"""Several processes at one store: nothing that was acknowledged is lost, whoever is killed."""

import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from motet.memory import ChromaStore, EmbeddingMismatchError
from motet.memory.conformance import WordEmbeddings

INDEX = {"dims": 256, "embed": WordEmbeddings(), "fields": ["text"]}
PROCESSES, PUTS, KILLED = 8, 1000, 3

WRITER = """
import os, sys
from motet.memory import ChromaStore
from motet.memory.conformance import WordEmbeddings

folder, name, puts = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = ChromaStore(folder, index={"dims": 256, "embed": WordEmbeddings(), "fields": ["text"]})
acknowledged = os.open(f"{folder}-{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for number in range(puts):
    store.put(("many", name), f"k{number}", {"text": f"{name} wrote number {number}", "n": number})
    os.write(acknowledged, f"{number}\\n".encode())
    if number % 10 == 9:  # some are removed again
        store.delete(("many", name), f"k{number - 5}")
        os.write(acknowledged, f"-{number - 5}\\n".encode())
store.close()
"""

READER = """
import json, os, sys, time
from motet.memory import ChromaStore
from motet.memory.conformance import WordEmbeddings

folder, until = sys.argv[1], sys.argv[2]
store = ChromaStore(folder, index={"dims": 256, "embed": WordEmbeddings(), "fields": ["text"]})
searches = 0
while not os.path.exists(until):
    found = store.search(("many",), query=f"w{searches % 8} wrote number {searches}", limit=5)
    scores = [item.score for item in found if item.score is not None]
    assert scores == sorted(scores, reverse=True)
    for item in found:
        assert item.value["text"] == f"{item.namespace[1]} wrote number {item.key[1:]}"
    searches += 1
print(searches)
"""


def run(script, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def acknowledged(folder, name):
    """What a writer was told: present keys, and those that it removed."""
    there, gone = set(), set()
    for line in (folder.parent / f"{folder.name}-{name}").read_text().splitlines():
        number = int(line)
        (gone if line.startswith("-") else there).add(abs(number))
    return there - gone, gone


def wrote(folder, name):
    """How many lines a writer has acknowledged so far."""
    told = folder.parent / f"{folder.name}-{name}"
    return len(told.read_bytes().splitlines()) if told.exists() else 0


def test_eight_processes_lose_nothing_though_some_are_killed(tmp_path):
    folder, done = tmp_path / "store", tmp_path / "done"
    names = [f"w{number}" for number in range(PROCESSES)]
    writers = {name: run(WRITER, folder, name, PUTS) for name in names}
    readers = [run(READER, folder, done) for _ in range(2)]
    while any(wrote(folder, name) < PUTS // 4 for name in names[:KILLED]):
        assert all(writers[name].poll() is None for name in names[:KILLED])
        time.sleep(0.02)
    # The first to open it keeps the index; it is among the killed, whichever it is.
    for name in names[:KILLED]:
        writers[name].send_signal(signal.SIGKILL)
    for name in names[KILLED:]:
        _, errors = writers[name].communicate(timeout=240)
        assert writers[name].returncode == 0, errors
    done.touch()
    for reader in readers:
        out, errors = reader.communicate(timeout=60)
        assert reader.returncode == 0, errors
        assert int(out) > 0
    for name in names[:KILLED]:
        writers[name].communicate()

    with sqlite3.connect(folder / "record.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    with ChromaStore(folder, index=INDEX) as store:
        for name in names:
            there, gone = acknowledged(folder, name)
            items = {int(item.key[1:]): item for item in store.search(("many", name), limit=PUTS + 1)}
            # A killed writer may have written one more than it could tell, or removed one more.
            assert len(there - set(items)) <= (1 if name in names[:KILLED] else 0)
            assert not gone & set(items)
            assert len(set(items) - there) <= (1 if name in names[:KILLED] else 0)
            assert all(item.value["n"] == number for number, item in items.items())
        for name in names:
            number = max(acknowledged(folder, name)[0])
            # Several numbers share a dimension of these embeddings, so it has company at the top.
            found = store.search(("many",), query=f"{name} wrote number {number}", limit=50)
            top = {(item.namespace, item.key) for item in found if item.score == pytest.approx(1.0, abs=1e-3)}
            assert (("many", name), f"k{number}") in top


@pytest.fixture
def graph_at_once(monkeypatch):
    """Chroma has its index from the first vector on, not only among many."""
    monkeypatch.setattr("motet.memory.store.sqlite_vectors.EXACT_UP_TO", 0)


def test_an_index_that_was_destroyed_is_made_anew(tmp_path, graph_at_once):
    with ChromaStore(tmp_path, index=INDEX) as store:
        for number in range(50):
            store.put(("a",), f"k{number}", {"text": f"number {number}"})
        assert store.search(("a",), query="number 7", limit=1)[0].key == "k7"
    (tmp_path / "index" / "1" / "chroma.sqlite3").write_bytes(b"nothing that Chroma ever wrote" * 100)
    with ChromaStore(tmp_path, index=INDEX) as store:
        assert [store.search(("a",), query=f"number {n}", limit=1)[0].key for n in (7, 49)] == ["k7", "k49"]


def test_an_index_that_lags_behind_catches_up(tmp_path, graph_at_once):
    """What a process wrote that did not own the index is found by the one that does."""
    with ChromaStore(tmp_path, index=INDEX) as owner:
        owner.put(("a",), "mine", {"text": "apples"})
        other = run(
            "import sys\nfrom motet.memory import ChromaStore\nfrom motet.memory.conformance import WordEmbeddings\n"
            "s = ChromaStore(sys.argv[1], index={'dims': 256, 'embed': WordEmbeddings(), 'fields': ['text']})\n"
            "s.put(('a',), 'theirs', {'text': 'pears'}); s.delete(('a',), 'mine')\n"
            "assert [i.key for i in s.search(('a',), query='apples')] == ['theirs']",
            tmp_path,
        )
        assert other.wait(60) == 0, other.stderr.read()
        other.communicate()
        assert [item.key for item in owner.search(("a",), query="apples")] == ["theirs"]
        assert owner.search(("a",), query="pears")[0].score == pytest.approx(1.0, abs=1e-3)


def test_other_embeddings_are_refused_until_all_is_embedded_anew(tmp_path):
    class Other(WordEmbeddings):
        def embed_query(self, text):
            return [1.0, float(len(text))]

    with ChromaStore(tmp_path, index=INDEX) as store:
        store.put(("a",), "short", {"text": "x", "title": "kept"})
        store.put(("a",), "long", {"text": "x" * 50}, index=["text"])
        store.put(("a",), "none", {"text": "x"}, index=False)
        before = store.get(("a",), "short")
    other = {"dims": 2, "embed": Other(), "fields": ["text"]}
    with pytest.raises(EmbeddingMismatchError, match=r"WordEmbeddings.*Other.*reembed"):
        ChromaStore(tmp_path, index=other)
    with ChromaStore(tmp_path, index=other, reembed=True) as store:
        found = store.search(("a",), query="x" * 50)
        assert [(item.key, item.score is None) for item in found] == [("long", False), ("short", False), ("none", True)]
        after = store.get(("a",), "short")
    assert after == before
    with ChromaStore(tmp_path, index=other) as store:
        assert store.search(("a",), query="x", limit=1)[0].key == "short"


async def test_async_code_is_never_blocked(tmp_path):
    """While the store works, the event loop goes on ticking."""
    import asyncio

    class Slow(WordEmbeddings):
        def embed_documents(self, texts):
            time.sleep(0.3)
            return super().embed_documents(texts)

    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    with ChromaStore(tmp_path, index={"dims": 256, "embed": Slow(), "fields": ["text"]}) as store:
        ticking = asyncio.create_task(tick())
        await store.aput(("a",), "key", {"text": "words"})
        ticking.cancel()
    assert ticks > 5


def test_a_graph_and_an_agent_take_it_as_their_store(tmp_path):
    from typing import TypedDict

    from langchain.agents import create_agent
    from langchain.tools import ToolRuntime, tool
    from langgraph.graph import END, START, StateGraph
    from langgraph.runtime import Runtime

    from motet.models import ScriptedChatModel, tool_call

    class State(TypedDict, total=False):
        found: str

    def remember(state: State, runtime: Runtime) -> State:
        runtime.store.put(("notes",), "one", {"text": "the sea is blue"})
        return {"found": runtime.store.search(("notes",), query="blue sea")[0].value["text"]}

    @tool
    def recall(question: str, runtime: ToolRuntime) -> str:
        """Look a note up."""
        return runtime.store.search(("notes",), query=question)[0].value["text"]

    with ChromaStore(tmp_path, index=INDEX) as store:
        graph = StateGraph(State).add_node("remember", remember).add_edge(START, "remember").add_edge("remember", END)
        assert graph.compile(store=store).invoke({}) == {"found": "the sea is blue"}
        model = ScriptedChatModel([tool_call("recall", question="what is blue?"), "It is blue."])
        agent = create_agent(model, [recall], store=store)
        messages = agent.invoke({"messages": [("user", "What colour is the sea?")]})["messages"]
        assert "the sea is blue" in [message.text for message in messages]
