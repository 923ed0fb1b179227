"""How a store grows: put rate, search times and recall, memory, disk and time to open at 1,000 to 100,000 items.

Vectors of 384 dimensions come from a table, so that no model's time is in the figures: random ones, which are the worst
case of a graph index, and ones in 500 clusters, as those of similar tasks are. Each line is a process of its own.

    python benchmarks/store.py [SIZE ...]
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore, IndexConfig, PutOp
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import SqliteStore

from motet.memory import ChromaStore

DIMS, BATCH, QUERIES, SINGLE = 384, 500, 100, 100
SIZES = (1_000, 10_000, 100_000)
PLACE = ("patterns",)


def unit(rows: Any) -> Any:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


class Table(Embeddings):
    """Vectors by number: those of the items, and after them those of the queries."""

    def __init__(self, kind: str, items: int) -> None:
        rng = np.random.default_rng(0)
        if kind == "random":
            self.items = unit(rng.standard_normal((items, DIMS)))
        else:
            centres = unit(rng.standard_normal((500, DIMS)))
            self.items = unit(centres[rng.integers(0, 500, items)] + 0.6 * unit(rng.standard_normal((items, DIMS))))
        near = self.items[rng.integers(0, items, QUERIES)]
        self.queries = unit(near + 0.5 * unit(rng.standard_normal((QUERIES, DIMS))))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Those of items, which begin with their numbers."""
        return [self.items[int(text.split()[0])] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """That of a query, which is a number."""
        return self.queries[int(text)]


def texts(count: int) -> Iterator[str]:
    """Texts of 40 words, some of which nearly all have, as words are in any language."""
    rng = np.random.default_rng(1)
    for number in range(count):
        yield f"{number} " + " ".join(f"word{word % 30_000}x" for word in rng.zipf(1.3, 40))


def timed(work: Callable[[int], object], times: int) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds."""
    taken = []
    for number in range(times):
        begun = time.perf_counter()
        work(number)
        taken.append(1e3 * (time.perf_counter() - begun))
    return statistics.median(taken), float(np.percentile(taken, 95))


def resident() -> float:
    """Mebibytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def fill(store: BaseStore, size: int, found: dict[str, Any]) -> None:
    those = [PutOp(PLACE, f"k{n}", {"text": text, "n": n}) for n, text in enumerate(texts(size))]
    begun = time.perf_counter()
    for start in range(0, size - SINGLE, BATCH):
        store.batch(those[start : min(start + BATCH, size - SINGLE)])
    found["batch_put_s"] = (size - SINGLE) / (time.perf_counter() - begun)
    found["put_ms"], found["put_p95_ms"] = timed(lambda n: store.batch([those[size - SINGLE + n]]), SINGLE)


def look(store: BaseStore, table: Table, found: dict[str, Any], times: int = QUERIES) -> None:
    results: list[set[int]] = []

    def search(number: int) -> None:
        results.append({item.value["n"] for item in store.search(PLACE, query=str(number % QUERIES), limit=10)})

    store.search(PLACE, query="0")  # what is loaded once
    found["search_ms"], found["search_p95_ms"] = timed(search, times)
    exact = [set(np.argsort(-(table.items @ table.queries[number]))[:10].tolist()) for number in range(times)]
    found["recall"] = sum(len(one & other) for one, other in zip(results, exact, strict=True)) / (10 * times)


def measure(name: str, kind: str, size: int) -> dict[str, Any]:
    table = Table(kind, size)
    index: IndexConfig = {"dims": DIMS, "embed": table, "fields": ["text"]}
    found: dict[str, Any] = {"store": name, "kind": kind, "size": size}
    before = resident()
    with tempfile.TemporaryDirectory() as folder:
        if name == "InMemoryStore":
            store = InMemoryStore(index=index)
            fill(store, size, found)
            look(store, table, found, 20)
        elif name == "SqliteStore":
            # Its vectors need extensions of SQLite, which many builds of Python cannot load.
            with SqliteStore.from_conn_string(f"{folder}/store.sqlite") as store:
                store.setup()
                fill(store, size, found)
        else:
            chroma = ChromaStore(folder, index=index)
            fill(chroma, size, found)
            rare = [" ".join(text.split()[1:7]) for text in texts(QUERIES)]
            found["words_ms"], found["words_p95_ms"] = timed(
                lambda n: chroma.search_words(PLACE, rare[n], limit=10), QUERIES
            )
            for _ in range(size // BATCH):  # a graph that lags behind takes some in with each search
                chroma.search(PLACE, query="0", limit=10)
            look(chroma, table, found)
            found["rss_mb"] = resident() - before
            with ChromaStore(folder, index=index) as second:  # as a second process: it has no graph
                begun = time.perf_counter()
                second.search(PLACE, query="0", limit=10)
                found["second_first_ms"] = 1e3 * (time.perf_counter() - begun)
                found["exact_ms"], _ = timed(lambda n: second.search(PLACE, query=str(n), limit=10), 20)
            chroma.close()
            begun = time.perf_counter()
            with ChromaStore(folder, index=index) as again:
                found["open_ms"] = 1e3 * (time.perf_counter() - begun)
                begun = time.perf_counter()
                again.search(PLACE, query="1", limit=10)
                found["first_search_ms"] = 1e3 * (time.perf_counter() - begun)
            found["disk_mb"] = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / 2**20
        found.setdefault("rss_mb", resident() - before)
    return found


COLUMNS = [
    "store",
    "kind",
    "size",
    "batch_put_s",
    "put_ms",
    "put_p95_ms",
    "search_ms",
    "search_p95_ms",
    "recall",
    "words_ms",
    "words_p95_ms",
    "exact_ms",
    "rss_mb",
    "disk_mb",
    "open_ms",
    "first_search_ms",
    "second_first_ms",
]


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * 3}{'--:|' * (len(COLUMNS) - 3)}")
    for size in sizes:
        runs = [("ChromaStore", "clustered"), ("ChromaStore", "random"), ("SqliteStore", "random")]
        # 100,000 vectors as lists of Python's numbers take gigabytes.
        runs += [("InMemoryStore", "random")] if size <= 10_000 else []
        for name, kind in runs:
            command = [sys.executable, __file__, "--one", name, kind, str(size)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            cells = [found.get(column, "") for column in COLUMNS]
            print("| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in cells) + " |")
            sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(sys.argv[2], sys.argv[3], int(sys.argv[4]))))
    else:
        main()
