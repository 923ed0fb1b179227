"""Several processes at one store: nothing that was acknowledged is lost, whoever is killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from testing_chroma import ChromaServer

from motet.memory import ChromaStore, EmbeddingMismatchError
from motet.memory.conformance import WordEmbeddings

INDEX = {"dims": 256, "embed": WordEmbeddings(), "fields": ["text"]}
PROCESSES, PUTS, KILLED = 8, 1000, 3

# In these processes Chroma has its index early, so that it grows, is owned, and loses its owner while others write.
OPEN = """
import os, sys, time
import motet.memory.store.sqlite_vectors as vectors
from motet.memory import ChromaStore
from motet.memory.conformance import WordEmbeddings

vectors.EXACT_UP_TO = 1500

def opened(place):
    index = {"dims": 256, "embed": WordEmbeddings(), "fields": ["text"]}
    return ChromaStore.connect(place, index=index) if place.startswith("http") else ChromaStore(place, index=index)
"""
WRITER = (
    OPEN
    + """
place, told, name, puts, at_once, is_patient = sys.argv[1:4] + [int(number) for number in sys.argv[4:]]
from langgraph.store.base import PutOp

def patiently(what, *arguments):
    while True:
        try:
            return what(*arguments)
        except Exception:
            if not is_patient:
                raise
            time.sleep(0.05)

store = patiently(opened, place)
acknowledged = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
for start in range(0, puts, at_once):
    numbers = range(start, start + at_once)
    ops = [PutOp(("many", name), f"k{n}", {"text": f"{name} wrote number {n}", "n": n}) for n in numbers]
    patiently(store.batch, ops)
    os.write(acknowledged, "".join(f"{number}\\n" for number in numbers).encode())
    if numbers[-1] % 10 == 9:  # some are removed again
        patiently(store.delete, ("many", name), f"k{numbers[-1] - 5}")
        os.write(acknowledged, f"-{numbers[-1] - 5}\\n".encode())
store.close()
"""
)
READER = (
    OPEN
    + """
place, until = sys.argv[1:]
store = opened(place)
searches = 0
while not os.path.exists(until):
    query = f"w{searches % 8} wrote number {searches}"
    found = store.search(("many",), query=query, limit=5)
    scores = [item.score for item in found if item.score is not None]
    assert scores == sorted(scores, reverse=True)
    found += store.search_words(("many",), query, limit=5)
    for item in found:
        assert item.value["text"] == f"{item.namespace[1]} wrote number {item.key[1:]}"
    searches += 1
print(searches)
"""
)


STARTED = []


def run(script, *arguments):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    STARTED.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    return STARTED[-1]


@pytest.fixture(autouse=True)
def _no_process_outlives_its_test():
    yield
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.communicate()


class Writers:
    """Eight processes that put a thousand items each and tell in files what was acknowledged."""

    def __init__(self, place, folder, *, at_once=1, is_patient=False):
        self.names = [f"w{number}" for number in range(PROCESSES)]
        self.told = {name: folder / f"told-{name}" for name in self.names}
        self.at_once = at_once
        self.processes = {
            name: run(WRITER, place, told, name, PUTS, at_once, int(is_patient)) for name, told in self.told.items()
        }
        self.killed = []

    def wait_for(self, puts):
        """Until so many are acknowledged in all."""
        while sum(map(self.count, self.names)) < puts:
            assert not any(process.poll() for process in self.processes.values())
            time.sleep(0.02)

    def count(self, name):
        return len(self.told[name].read_bytes().splitlines()) if self.told[name].exists() else 0

    def kill(self, names, puts):
        """Each once it has come so far."""
        self.killed += names
        waiting = set(names)
        while waiting:
            for name in [name for name in waiting if self.count(name) >= puts]:
                self.processes[name].send_signal(signal.SIGKILL)
                self.processes[name].communicate()
                waiting.remove(name)
            assert all(self.processes[name].poll() is None for name in waiting)
            time.sleep(0.02)

    def finish(self):
        for name in set(self.names) - set(self.killed):
            _, errors = self.processes[name].communicate(timeout=240)
            assert self.processes[name].returncode == 0, errors

    def acknowledged(self, name):
        """What a writer was told: present keys, and those that it removed."""
        there, gone = set(), set()
        for line in self.told[name].read_text().splitlines():
            (gone if line.startswith("-") else there).add(abs(int(line)))
        return there - gone, gone

    def check(self, store):
        for name in self.names:
            there, gone = self.acknowledged(name)
            items = {int(item.key[1:]): item for item in store.search(("many", name), limit=PUTS + 1)}
            # A killed writer may have written once more than it could tell, or removed one more.
            untold = self.at_once if name in self.killed else 0
            assert len(there - set(items)) <= min(1, untold)
            assert not gone & set(items)
            assert len(set(items) - there) <= untold
            assert all(item.value["n"] == number for number, item in items.items())
            number = max(there & set(items))
            words = f"{name} wrote number {number}"
            assert [item.key for item in store.search_words(("many", name), words, limit=1)] == [f"k{number}"]
            # Several numbers share a dimension of these embeddings, so it has company at the top.
            found = store.search(("many", name), query=words, limit=50)
            assert f"k{number}" in {item.key for item in found if item.score == pytest.approx(1.0, abs=1e-3)}


@pytest.fixture
def memory_folder(tmp_path):
    """A folder in memory where there is one: what a killed process leaves behind is the same, only sooner written."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="motet-") as folder:
        yield Path(folder)


def read_until(done, place):
    return [run(READER, place, done) for _ in range(2)]


def finish(readers, done):
    done.touch()
    for reader in readers:
        out, errors = reader.communicate(timeout=60)
        assert reader.returncode == 0, errors
        assert int(out) > 0


def test_eight_processes_lose_nothing_though_some_are_killed(memory_folder):
    folder, done = memory_folder / "store", memory_folder / "done"
    writers = Writers(folder, memory_folder)
    readers = read_until(done, folder)
    # The first with the index on disk is among the killed, or is not: both must do.
    writers.kill(writers.names[:KILLED], PUTS // 4)
    writers.finish()
    finish(readers, done)
    with sqlite3.connect(folder / "record.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    database.close()
    with ChromaStore(folder, index=INDEX) as store:
        writers.check(store)


def test_eight_processes_at_a_server_lose_nothing_though_some_are_killed(memory_folder):
    done = memory_folder / "done"
    with ChromaServer(memory_folder / "server") as server:
        writers = Writers(server.url, memory_folder, at_once=50)
        readers = read_until(done, server.url)
        writers.kill(writers.names[:KILLED], PUTS // 4)
        writers.finish()
        finish(readers, done)
        with ChromaStore.connect(server.url, index=INDEX) as store:
            writers.check(store)


def test_a_server_that_is_killed_has_kept_what_it_acknowledged(memory_folder):
    with ChromaServer(memory_folder / "server") as server:
        writers = Writers(server.url, memory_folder, at_once=50, is_patient=True)
        for share in (5, 2):
            writers.wait_for(PROCESSES * PUTS // share)
            server.kill()
            server.start()
        writers.finish()
        with ChromaStore.connect(server.url, index=INDEX) as store:
            writers.check(store)


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
