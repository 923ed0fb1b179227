"""How the pattern memory grows: writing, recalling, admitting, memory, disk and time to open, up to 100,000 patterns.

Tasks are put together from a list of words, so that many sound alike, and embedded by hashing their words: no model's
time is in the figures; that of motet's own stands in the last line. Patterns are written as `admit` writes them, but
without running 100,000 of them; admissions, which run in the sandbox, are timed one by one.

    python benchmarks/patterns.py [SIZE ...]
"""

import itertools
import random
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings

from motet.memory import (
    ChromaStore,
    Draft,
    Interface,
    LocalEmbeddings,
    Pattern,
    PatternMemory,
    PatternTests,
    Proof,
    Source,
)
from motet.tools.sandbox import Sandbox, resolve_sandbox
from motet.tools.testing import Case

SIZES = (1_000, 10_000, 100_000)
DIMS, BATCH, QUERIES, ADMISSIONS = 384, 500, 200, 20
VERBS = [
    "sum",
    "count",
    "sort",
    "filter",
    "merge",
    "split",
    "reverse",
    "group",
    "rank",
    "average",
    "round",
    "join",
    "parse",
    "format",
    "compare",
    "rotate",
]
THINGS = [
    "numbers",
    "words",
    "lists",
    "dates",
    "prices",
    "names",
    "pairs",
    "rows",
    "letters",
    "intervals",
    "ids",
    "scores",
    "paths",
    "ranges",
    "tokens",
    "days",
]
RULES = [
    "even",
    "odd",
    "distinct",
    "longest",
    "shortest",
    "positive",
    "repeated",
    "adjacent",
    "sorted",
    "missing",
    "common",
    "first",
    "last",
    "largest",
]
PLACES = [
    "text",
    "file",
    "matrix",
    "table",
    "calendar",
    "queue",
    "tree",
    "graph",
    "log",
    "basket",
    "schedule",
    "route",
    "message",
    "report",
    "string",
    "box",
]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class HashedWords(Embeddings):
    """A vector for each word from its hash, and their sum for a text."""

    model = "hashed words"

    def __init__(self) -> None:
        self._vectors = np.random.default_rng(0).standard_normal((4096, DIMS)).astype(np.float32)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One after the other."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The words' vectors together."""
        rows = self._vectors[[zlib.crc32(word.encode()) % 4096 for word in text.lower().split()]].sum(axis=0)
        return (rows / np.linalg.norm(rows)).tolist()


def tasks() -> Iterator[str]:
    """Tasks without end, each once."""
    combinations = list(itertools.product(VERBS, THINGS, RULES, PLACES))
    random.Random(0).shuffle(combinations)
    for number in itertools.count():
        for verb, thing, rule, place in combinations:
            more = f", at most {number}" if number else ""
            yield f"Write a function that can {verb} the {rule} {thing} of a {place}{more}."


def pattern(number: int, task: str) -> Pattern:
    """A pattern of usual size."""
    interface = Interface(entry_point=f"solve{number}", parameters=("list[int]",), returns="int")
    solution = (
        f"def solve{number}(values: list[int]) -> int:\n" + "    total = sum(values)\n" * 12 + "    return total\n"
    )
    cases = tuple(
        Case(name=f"example {n}", kind="call", code=f"solve{number}([{n}])", expected=f"{n}") for n in range(3)
    )
    return Pattern(
        id=Draft(task=task, interface=interface, solution=solution, tests=PatternTests(cases=cases)).id,
        task=task,
        gist=task,
        interface=interface,
        solution=solution,
        tests=PatternTests(cases=cases),
        proof=Proof(command="", sandbox="docker", environment="Python 3.13", passed=3, seconds=0.01, at=NOW),
        source=Source(model="m", tokens=500),
        created_at=NOW,
    )


def novelty(number: str) -> Draft:
    """A draft that is like nothing that is there."""
    return Draft(
        task=f"Do something new, number {number}.",
        interface=Interface(entry_point="f"),
        solution="def f(x):\n    return x + 1\n",
        tests=PatternTests(cases=(Case(name="one", kind="call", code="f(1)", expected="2"),)),
    )


def timed(work: Callable[[int], object], times: int) -> str:
    """Median and 95th percentile in milliseconds."""
    taken = []
    for number in range(times):
        begun = time.perf_counter()
        work(number)
        taken.append(1e3 * (time.perf_counter() - begun))
    return f"{statistics.median(taken):.1f} / {float(np.percentile(taken, 95)):.1f}"


def resident() -> float:
    """Mebibytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def opened(folder: Path, embeddings: Embeddings) -> PatternMemory:
    store = ChromaStore(folder, index={"dims": DIMS, "embed": embeddings, "fields": ["text"]})
    return PatternMemory(store, embeddings=embeddings, cap=1_000_000)


def fill(memory: PatternMemory, fresh: Sequence[str], begin: int) -> float:
    """Write patterns, and say how many a second."""
    begun = time.perf_counter()
    for start in range(0, len(fresh), BATCH):
        part = fresh[start : start + BATCH]
        memory._shelf.keep(*(pattern(begin + start + n, task) for n, task in enumerate(part)))
    return len(fresh) / (time.perf_counter() - begun)


def measure(memory: PatternMemory, sandbox: Sandbox, known: Sequence[str]) -> tuple[str, str]:
    """Time recalls and admissions."""
    asked = [task.replace("Write a function that can", "Please") for task in random.Random(1).sample(known, QUERIES)]
    wanted = Interface(parameters=("list[int]",))
    drafts = [novelty(f"{len(known)} {n}") for n in range(ADMISSIONS)]
    recall = timed(lambda n: memory.recall(asked[n], wanted), QUERIES)
    return recall, timed(lambda n: memory.admit(drafts[n], sandbox=sandbox), ADMISSIONS)


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    embeddings, sandbox = HashedWords(), resolve_sandbox("auto")
    stream, known = tasks(), list[str]()
    print("| patterns | written/s | recall ms, p50 / p95 | admit ms, p50 / p95 | open s | RSS MiB | disk MB |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        memory = opened(folder, embeddings)
        for size in sizes:
            fresh = list(itertools.islice(stream, size - len(known)))
            rate = fill(memory, fresh, len(known))
            known += fresh
            memory.close()
            begun = time.perf_counter()
            memory = opened(folder, embeddings)
            memory.recall(known[0])
            opening = time.perf_counter() - begun
            recall, admit = measure(memory, sandbox, known)
            disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
            row = f"| {size:,} | {rate:,.0f} | {recall} | {admit} | {opening:.1f} | {resident():,.0f} | {disk:,.0f} |"
            print(row, flush=True)
        memory.close()
    own = LocalEmbeddings()
    own.prepare()
    print(f"\nEmbedding one task with {own.model}: {timed(lambda n: own.embed_query(known[n]), QUERIES)} ms")


if __name__ == "__main__":
    main()
