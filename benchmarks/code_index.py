"""How fast the codebase index is, and what it takes, beside plain LlamaIndex with its default splitter.

Each step is a process of its own, so that its memory is its own too. Figures of `motet` come twice: without embeddings,
which is when it first answers, and with them.

    python benchmarks/code_index.py REPOSITORY                    # first build, a search, an edit; without embeddings
    python benchmarks/code_index.py REPOSITORY --embed            # the same with embeddings
    python benchmarks/code_index.py REPOSITORY --embed --peer     # and plain LlamaIndex with the same embeddings

The repository is copied; nothing in it is changed.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from motet.memory.index import CodeIndex
from motet.memory.index.kinds import is_test
from motet.memory.index.tree import SourceFile, scan

QUESTION = "An error is raised with a wrong message when the argument is an empty list"
EDIT = "\n\ndef freshly_added_function(argument):\n    return argument\n"
RUNS = 5


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def median(work: Callable[[], Any]) -> float:
    return sorted(timed(work)[0] for _ in range(RUNS))[RUNS // 2]


def edit(root: Path) -> None:
    """Add a function to the largest source file."""
    files = [
        one for one in scan(root) if isinstance(one, SourceFile) and one.path.endswith(".py") and not is_test(one.path)
    ]
    with (root / max(files, key=lambda one: one.size).path).open("a") as file:
        file.write(EDIT)


class Motet:
    """The steps, with our index."""

    def __init__(self, root: Path, kept: Path, *, embed: bool) -> None:
        self._root, self._folder, self._embed = root, kept / "motet", embed

    def _opened(self) -> CodeIndex:
        embeddings = "local" if self._embed else None
        return CodeIndex(self._root, embeddings=embeddings, folder=self._folder, background=False)

    def build(self) -> dict[str, float]:
        """Make it from nothing."""
        with self._opened() as index:
            seconds, _ = timed(index.refresh)
            figures = {"build": seconds, "files": index.stats().files, "chunks": index.stats().chunks}
            if self._embed:
                figures["embed"], _ = timed(index.embed)
            return figures

    def open(self) -> dict[str, float]:
        """Open it in a new process, and search."""
        seconds, index = timed(self._opened)
        with index:
            first, _ = timed(lambda: index.search(QUESTION))
            return {"first search": seconds + first, "search": median(lambda: index.search(QUESTION))}

    def update(self) -> dict[str, float]:
        """Find what was just added to a file; twice, since the first time loads what reads files."""
        with self._opened() as index:
            index.search(QUESTION)
            figures = {}
            for name in ("update", "update again"):
                edit(self._root)
                figures[name], found = timed(lambda: index.search("freshly added function", k=1))
                assert found[0].symbol == "freshly_added_function"
            if self._embed:
                figures["embed edit"], _ = timed(index.embed)
            return figures


class Plain:
    """The steps, with LlamaIndex as its documentation begins: its default splitter, a vector index, saved to disk."""

    def __init__(self, root: Path, kept: Path, *, embed: bool) -> None:
        from llama_index.core import Settings
        from llama_index.core.embeddings import BaseEmbedding

        from motet.memory import LocalEmbeddings

        embeddings = LocalEmbeddings()

        class Same(BaseEmbedding):
            """Our embeddings."""

            def _get_query_embedding(self, query: str) -> list[float]:
                return embeddings.embed_query(query)

            def _get_text_embedding(self, text: str) -> list[float]:
                return embeddings.embed_query(text)

            def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
                return embeddings.embed_documents(texts)

            async def _aget_query_embedding(self, query: str) -> list[float]:
                return await embeddings.aembed_query(query)

        self._root, self._kept = root, kept / "plain"
        Settings.embed_model = Same(embed_batch_size=64)
        Settings.tokenizer = str.split  # its own is fetched from the network

    def _documents(self) -> Any:
        from llama_index.core import SimpleDirectoryReader

        files = [self._root / one.path for one in scan(self._root) if isinstance(one, SourceFile)]
        return SimpleDirectoryReader(input_files=files, filename_as_id=True, errors="replace").load_data()

    def _opened(self) -> Any:
        from llama_index.core import StorageContext, load_index_from_storage

        return load_index_from_storage(StorageContext.from_defaults(persist_dir=str(self._kept)))

    def build(self) -> dict[str, float]:
        """Make it from nothing."""
        from llama_index.core import VectorStoreIndex

        def build() -> Any:
            index = VectorStoreIndex.from_documents(self._documents())
            index.storage_context.persist(str(self._kept))
            return index

        seconds, index = timed(build)
        return {"build": seconds, "chunks": len(index.docstore.docs)}

    def open(self) -> dict[str, float]:
        """Open it in a new process, and search."""
        seconds, retriever = timed(lambda: self._opened().as_retriever(similarity_top_k=10))
        first, _ = timed(lambda: retriever.retrieve(QUESTION))
        return {"first search": seconds + first, "search": median(lambda: retriever.retrieve(QUESTION))}

    def update(self) -> dict[str, float]:
        """Find what was just added to a file; twice, since the first time loads what reads files."""
        index = self._opened()
        figures = {}
        for name in ("update", "update again"):
            edit(self._root)

            def update() -> Any:
                index.refresh_ref_docs(self._documents())
                index.storage_context.persist(str(self._kept))
                return index.as_retriever(similarity_top_k=1).retrieve("freshly added function")

            figures[name], _ = timed(update)
        return figures


def lines_of(root: Path) -> int:
    files = [one for one in scan(root) if isinstance(one, SourceFile)]
    return sum((root / one.path).read_bytes().count(b"\n") for one in files)


def step(which: str, name: str, root: Path, kept: Path, *, embed: bool) -> dict[str, float]:
    """One step in a process of its own."""
    command = [sys.executable, __file__, str(root), "--step", f"{which} {name}", "--kept", str(kept)]
    done = subprocess.run([*command, *(["--embed"] if embed else [])], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--embed", action="store_true", help="with embeddings")
    parser.add_argument("--peer", action="store_true", help="plain LlamaIndex too")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--kept", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        which, name = options.step.split()
        contender = {"motet": Motet, "plain": Plain}[which](options.repository, options.kept, embed=options.embed)
        figures = getattr(contender, name)()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**figures, f"{name} MiB": peak}))
        return
    print(f"`{' '.join(['python', *sys.argv])}`, {date.today()}, {platform.machine()}, {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory() as folder:
        root, kept = Path(folder) / "tree", Path(folder) / "kept"
        contenders = [("motet", options.embed), *([("plain", True)] if options.peer else [])]
        for which, embed in contenders:
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(options.repository, root, symlinks=True)
            lines = lines_of(root)
            figures: dict[str, float] = {"lines": lines}
            for name in ("build", "open", "update"):
                figures.update(step(which, name, root, kept, embed=embed))
            figures["lines a second"] = lines / (figures["build"] + figures.get("embed", 0))
            size = sum(file.stat().st_size for file in (kept / which).rglob("*") if file.is_file())
            figures["disk MB"] = size / 1e6
            print(f"| {which}{' with embeddings' if embed else ''} | |\n|---|--:|")
            for name, value in figures.items():
                print(f"| {name} | {value:,.3f} |" if value < 100 else f"| {name} | {value:,.0f} |")
            print(flush=True)


if __name__ == "__main__":
    main()
