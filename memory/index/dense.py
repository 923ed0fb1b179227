"""Likeness to a question: vectors in a `ChromaStore`, filled in while the words already answer."""

import hashlib
import logging
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np
from langchain_core.embeddings import Embeddings
from langgraph.store.base import IndexConfig, PutOp

from motet.memory.embeddings import dimensions_of
from motet.memory.index.digest import likeness_text
from motet.memory.index.storage import Storage
from motet.memory.index.view import View
from motet.memory.index.words import Scores
from motet.memory.store import ChromaStore
from motet.memory.store.embedder import name_of

NAMESPACE = ("code",)
FIELD = "text"
AT_ONCE = 64
"""Chunks that are embedded together: a second or so, after which a stop is heard."""
NEAREST = 500
"""Chunks that count as like a question; further ones would not come to the top."""
log = logging.getLogger(__name__)


class Dense:
    """The vectors of an index.

    Args:
        embeddings: What makes them.
        folder: Where a folder for the vectors of this model lies, or will.
        storage: Knows which there are, and the texts of the rest.
    """

    def __init__(self, embeddings: Embeddings, folder: Path, storage: Storage) -> None:
        self._embeddings = embeddings
        self._model = name_of(embeddings)
        self._folder = folder / f"vectors-{hashlib.sha256(self._model.encode()).hexdigest()[:16]}"
        self._storage = storage
        self._store: ChromaStore | None = None
        self._opening = threading.Lock()
        self._turn = threading.Lock()
        self._wanted = View({}, {})
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.problem: str | None = None
        """Why there are no embeddings, if there is a reason."""

    def scores(self, view: View, question: str) -> Scores | None:
        """How like the chunks of a view are to a question, 0 to 1; nothing while no chunk has a vector."""
        rows = view.by_likeness
        there = self._storage.embedded(self._model)
        here = len(rows.keys() & there)
        if self.problem is not None or not here:
            return None
        # Other branches and worktrees have vectors in the same store, most of them of code that is nearly the same.
        try:
            found = self._opened().search(NAMESPACE, query=question, limit=NEAREST * len(there) // here)
        except Exception as error:  # whatever the model's maker raises: words answer without it
            self._give_up(error)
            return None
        scores = np.zeros(len(view.rows))
        nearest = [item for item in found if item.key in rows and item.score is not None][:NEAREST]
        likenesses = {item.key: item.score or 0.0 for item in nearest}
        if not likenesses:
            return scores
        # The last of the nearest is taken for the measure of what is not like it at all.
        floor, most = min(likenesses.values()), max(likenesses.values())
        for name, likeness in likenesses.items():
            scores[rows.get(name, ())] = (likeness - floor) / max(1e-6, most - floor)
        return scores

    def known(self, view: View) -> int:
        """How many chunks of a view have a vector."""
        there = self._storage.embedded(self._model)
        return sum(len(rows) for name, rows in view.by_likeness.items() if name in there)

    def missing(self, view: View) -> list[int]:
        """The chunks of a view that should have a vector and have none; of several with the same text, one."""
        there = self._storage.embedded(self._model)
        return [numbers[0] for name, numbers in view.by_likeness.items() if name not in there]

    def fill(self, view: View, progress: Callable[[int, int], None]) -> int:
        """Embed what has no vector yet, and say how much that was. What is done is kept if it is broken off.

        Args:
            view: Whose chunks.
            progress: Told how many are done, and of how many.

        Raises:
            ModelError: The embedding model cannot be had.
        """
        self.end()
        rows = self.missing(view)
        progress(0, len(rows))
        for done in range(0, len(rows), AT_ONCE):
            self._embed(view, rows[done : done + AT_ONCE])
            progress(min(done + AT_ONCE, len(rows)), len(rows))
        self.problem = None
        return len(rows)

    def begin(self, view: View) -> None:
        """Embed what has no vector yet in the background; if that is going on, go on with another view."""
        with self._turn:
            self._wanted = view
            if self._thread is None and self.problem is None:
                self._stop.clear()
                self._thread = threading.Thread(target=self._work, name="motet-embeds-code", daemon=True)
                self._thread.start()

    def end(self) -> None:
        """Stop what is done in the background, and wait until it has."""
        self._stop.set()
        with self._turn:
            thread = self._thread
        if thread is not None:
            thread.join()

    def close(self) -> None:
        """Stop, and let go of the files."""
        self.end()
        with self._opening:
            if self._store is not None:
                self._store.close()
                self._store = None

    def forget(self, names: Collection[str]) -> None:
        """Delete vectors."""
        if gone := self._storage.embedded(self._model) & set(names):
            self._storage.note_gone(self._model, gone)
            self._opened().batch([PutOp(NAMESPACE, name, None) for name in gone])

    def _work(self) -> None:
        try:
            while (part := self._next_part()) is not None:
                self._embed(*part)
        except Exception as error:  # as above
            self._give_up(error)
            with self._turn:
                self._thread = None

    def _give_up(self, error: Exception) -> None:
        self.problem = f"{type(error).__name__}: {error}"
        log.warning("The code index goes without embeddings: %s", error)

    def _next_part(self) -> tuple[View, list[int]] | None:
        view = self._wanted
        rows = [] if self._stop.is_set() else self.missing(view)[:AT_ONCE]
        with self._turn:
            if rows:
                return view, rows
            if view is not self._wanted and not self._stop.is_set():
                return self._wanted, []  # it came in the last moment
            self._thread = None
            return None

    def _embed(self, view: View, rows: Sequence[int]) -> None:
        texts: dict[str, str] = {}
        for file in sorted({view.rows[row].file for row in rows}):
            chunks = self._storage.chunks(view.documents[file])
            for row in rows:
                if view.rows[row].file == file and chunks:
                    place = view.rows[row].place
                    texts[place.likeness] = likeness_text(view.paths[file], chunks[view.rows[row].number])
        self._opened().batch([PutOp(NAMESPACE, name, {FIELD: text}) for name, text in texts.items()])
        self._storage.note_embedded(self._model, texts)

    def _opened(self) -> ChromaStore:
        with self._opening:
            if self._store is None:
                config = IndexConfig(dims=dimensions_of(self._embeddings), embed=self._embeddings, fields=[FIELD])
                self._store = ChromaStore(self._folder, index=config)
            return self._store
