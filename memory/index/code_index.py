"""The codebase index: answers "where would this change go" without asking a chat model."""

import asyncio
import hashlib
import threading
import weakref
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from langchain_core.embeddings import Embeddings

from motet.memory.embeddings import resolve_embeddings
from motet.memory.index.chunk import Chunk
from motet.memory.index.dense import Dense
from motet.memory.index.digest import Digest
from motet.memory.index.found import Found, FoundFile, IndexStats
from motet.memory.index.question import Question
from motet.memory.index.ranking import Ranking, rank
from motet.memory.index.refreshing import Progress, Refreshed, forget_stale, refresh
from motet.memory.index.signals import EVERY, SIGNALS, Signal
from motet.memory.index.storage import Storage
from motet.memory.index.view import View
from motet.memory.index.words import Scores
from motet.models import cache_folder
from motet.tools.git import NoRepositoryError, home_of

FORMAT = 1
"""Grows when what is kept is made in another way; then a new folder is begun."""


class CodeIndex:
    """An index over the code of a folder, which need not be a repository, but usually is one or a part of one.

    It is made and brought up to date by itself: every search first looks which files have changed and reads those.
    Words answer at once; vectors follow in the background. What is kept lies in the user's cache and is shared by all
    worktrees of a repository, by several processes too.

    Example:
        ```python
        index = CodeIndex("path/to/repository", embeddings=None)
        for found in index.search("Where are cookies merged into a request?", k=5):
            print(f"{found.path}:{found.start_line}-{found.end_line} {found.symbol}")
        ```

    Args:
        root: The folder.
        embeddings: What compares code and questions by meaning, or a spec for `resolve_embeddings`; `None` goes by
            words and structure alone.
        folder: Where to keep it; under the user's cache if left out, or under `MOTET_CACHE`.
        background: Whether to embed what has no vector yet in a thread of its own; `embed` does it at once.

    Raises:
        NoRepositoryError: It is no folder, or git is not installed, which says what belongs to a repository.
        UnknownModelError: Nothing answers to the spec of the embeddings.
    """

    def __init__(
        self,
        root: str | Path = ".",
        *,
        embeddings: str | Embeddings | None = "local",
        folder: str | Path | None = None,
        background: bool = True,
    ) -> None:
        self.root = Path(root).expanduser().resolve()
        """The folder, from which paths are told."""
        if not self.root.is_dir():
            raise NoRepositoryError(f"{str(root)!r} is no folder. Give the folder of a repository.")
        if not str(self.root).isprintable():
            raise NoRepositoryError(f"The name of the folder {str(root)!r} has characters that cannot be shown.")
        model = resolve_embeddings(embeddings) if embeddings is not None else None
        self.folder = Path(folder).expanduser().absolute() if folder is not None else _folder_for(self.root)
        """Where it is kept."""
        self._storage = Storage(self.folder / "index.sqlite")
        self._number = self._storage.view(str(self.root))
        self._dense = Dense(model, self.folder, self._storage) if model is not None else None
        self._background = background
        self._filling = 0
        self._turn = threading.RLock()
        self._view = View({}, {})
        self._digests: dict[str, Digest] = {}
        self._generation = -1
        # An index that nobody closed must not embed on while Python shuts down.
        self._closing = weakref.finalize(self, _close, self._dense, self._storage)

    def refresh(self, progress: Progress = lambda done, total: None) -> Refreshed:
        """Bring it up to date; only files that have changed are read.

        Args:
            progress: Told how many of the files that must be read are done, and of how many.

        Raises:
            NoRepositoryError: The folder is gone.
        """
        with self._turn:
            report = refresh(self.root, self._storage, self._take_number(), progress)
            if self._generation < 0 and self._dense is not None:  # once is often enough
                self._dense.forget(forget_stale(self._storage))
            self._look()
            return report

    async def arefresh(self, progress: Progress = lambda done, total: None) -> Refreshed:
        """Bring it up to date as `refresh` does, without blocking the event loop."""
        return await asyncio.to_thread(self.refresh, progress)

    def search(
        self, question: str, k: int = 10, *, without: Collection[Signal] = (), refresh: bool = True
    ) -> list[Found]:
        """Find the functions, classes and modules that a question is about, the best first.

        The order has in it the order of the files: a file's best piece stands where the file would.

        Args:
            question: Some words, a name, or the whole report of a bug, whose first line counts most.
            k: How many to give at most.
            without: Signals to leave out, see `SIGNALS`.
            refresh: Whether to look for changes first.

        Raises:
            NoRepositoryError: The folder is gone.
            ValueError: There is no such signal.
        """
        view, ranking = self._rank(question, without, refresh)
        return self.read(view, _best(ranking.chunks, k), ranking.chunks)

    async def asearch(
        self, question: str, k: int = 10, *, without: Collection[Signal] = (), refresh: bool = True
    ) -> list[Found]:
        """Find as `search` does, without blocking the event loop."""
        return await asyncio.to_thread(self.search, question, k, without=without, refresh=refresh)

    def files(
        self, question: str, k: int = 10, *, without: Collection[Signal] = (), refresh: bool = True
    ) -> list[FoundFile]:
        """Find the files that a question is about, the best first; as `search` otherwise."""
        view, ranking = self._rank(question, without, refresh)
        return [FoundFile(path=view.paths[file], score=float(ranking.files[file])) for file in _best(ranking.files, k)]

    def embed(self, progress: Progress = lambda done, total: None) -> int:
        """Embed now what has no vector yet, and say how many chunks that were. What is done is kept on Ctrl-C.

        Args:
            progress: Told how many chunks are done, and of how many.

        Raises:
            ModelError: The embedding model cannot be had.
        """
        if self._dense is None:
            return 0
        with self._turn:
            self._filling += 1  # meanwhile a search must not begin in the background what is done here
        try:
            return self._dense.fill(self.view(), progress)
        finally:
            with self._turn:
                self._filling -= 1

    def view(self, *, refresh: bool = True) -> View:
        """What is searched, for signals of your own: paths, chunks, words and the symbol graph."""
        if refresh:
            self.refresh()
        elif self._generation < 0:
            with self._turn:
                self._look()
        return self._view

    def read(self, view: View, rows: Sequence[int], scores: Scores | None = None) -> list[Found]:
        """Give chunks of a view, with their scores if these are given."""
        chunks = {file: self.chunks(view, file) for file in {view.rows[row].file for row in rows}}
        found = []
        for row in rows:
            file, place, number = view.rows[row]
            found.append(
                Found(
                    path=view.paths[file],
                    start_line=place.start_line,
                    end_line=place.end_line,
                    symbol=place.symbol,
                    kind=place.kind,
                    score=float(scores[row]) if scores is not None else 0.0,
                    text=chunks[file][number].text if chunks[file] else "",
                )
            )
        return found

    def chunks(self, view: View, file: int) -> list[Chunk]:
        """Give all chunks of a file of a view."""
        return self._storage.chunks(view.documents[file])

    def stats(self) -> IndexStats:
        """Count what is there."""
        view = self.view(refresh=False)
        entries = self._storage.entries(self._number)
        return IndexStats(
            files=sum(entry.document is not None for entry in entries.values()),
            chunks=len(view.rows),
            embedded=self._dense.known(view) if self._dense is not None else 0,
            pending=len(self._dense.missing(view)) if self._dense is not None else 0,
            skipped=sum(entry.skipped is not None for entry in entries.values()),
            folder=str(self.folder),
            bytes=sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file()),
            problem=self._dense.problem if self._dense is not None else None,
        )

    def close(self) -> None:
        """Stop what is done in the background, and let go of the files."""
        self._closing()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rank(self, question: str, without: Collection[Signal], refresh: bool) -> tuple[View, Ranking]:
        if isinstance(without, str) or not EVERY.issuperset(without):
            raise ValueError(f"without={without!r}: give some of {', '.join(SIGNALS)}, in a list.")
        view = self.view(refresh=refresh)
        asked = Question.read(question)
        signals = EVERY - set(without)
        likeness = None
        if self._dense is not None and "dense" in signals:
            likeness = self._dense.scores(view, asked.subject)
        return view, rank(view, asked, signals, likeness)

    def _take_number(self) -> int:
        """The number of this folder's view; another one if the folder was away meanwhile."""
        if not self._closing.alive:
            raise RuntimeError("This index is closed. Open another one: CodeIndex(...)")
        number = self._storage.view(str(self.root))
        if number != self._number:
            self._number, self._generation = number, -1
        return number

    def _look(self) -> None:
        """Take up what is kept of this folder, if it is another than before."""
        generation = self._storage.generation(self._number)
        if generation == self._generation:
            return
        entries = self._storage.entries(self._number)
        documents = {path: entry.document for path, entry in entries.items() if entry.document is not None}
        wanted = set(documents.values())
        self._digests = {name: digest for name, digest in self._digests.items() if name in wanted}
        self._digests.update(self._storage.digests(wanted - self._digests.keys()))
        self._view = View({path: name for path, name in documents.items() if name in self._digests}, self._digests)
        self._generation = generation
        if self._dense is not None and self._background and not self._filling:
            self._dense.begin(self._view)


def index_folder() -> Path:
    """Where indexes are kept: under `MOTET_CACHE`, or else under the user's cache."""
    return cache_folder() / "index"


def _folder_for(root: Path) -> Path:
    """One folder for a repository with all of its worktrees, and for what made it what it is."""
    home = home_of(root)
    name = root.name if home == root else home.parent.name
    return index_folder() / f"{name}-{hashlib.sha256(f'{FORMAT} {home}'.encode()).hexdigest()[:16]}"


def _best(scores: Scores, k: int) -> Sequence[int]:
    order = np.argsort(-scores, kind="stable")[: max(0, k)]
    return [int(one) for one in order if scores[one] > 0]


def _close(dense: Dense | None, storage: Storage) -> None:
    if dense is not None:
        dense.close()
    storage.close()
