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
        found = self._opened().search(NAMESPACE, query=question, limit=NEAREST * len(there) // here)
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

    def fill(self, view: View, progress: Callable[[int, int], None], stop: threading.Event | None = None) -> int:
        """Embed what has no vector yet, and say how much that was. What is done is kept if it is broken off.

        Args:
            view: Whose chunks.
            progress: Told how many are done, and of how many.
            stop: Ends it early.

        Raises:
            ModelError: The embedding model cannot be had.
        """
        rows = self.missing(view)
        progress(0, len(rows))
        done = 0
        while done < len(rows) and not (stop is not None and stop.is_set()):
            batch = rows[done : done + AT_ONCE]
            self._embed(view, batch)
            done += len(batch)
            progress(done, len(rows))
        return done

    def begin(self, view: View) -> None:
        """Go on with `fill` in the background, with another view if it was at one."""
        self.end()
        if self.problem is None and self.missing(view):
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._fill_quietly, args=(view, self._stop), name="motet-embeds-code", daemon=True
            )
            self._thread.start()

    def end(self) -> None:
        """Stop what is done in the background, and wait until it has."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Stop, and let go of the files."""
        self.end()
        if self._store is not None:
            self._store.close()
            self._store = None

    def _fill_quietly(self, view: View, stop: threading.Event) -> None:
        try:
            self.fill(view, lambda done, total: None, stop)
        except Exception as error:  # whatever the model's maker raises: words answer without it
            self.problem = f"{type(error).__name__}: {error}"
            log.warning("The code index goes without embeddings: %s", error)

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

    def forget(self, names: Collection[str]) -> None:
        """Delete vectors."""
        if names:
            self._opened().batch([PutOp(NAMESPACE, name, None) for name in names])

    def _opened(self) -> ChromaStore:
        with self._opening:
            if self._store is None:
                config = IndexConfig(dims=dimensions_of(self._embeddings), embed=self._embeddings, fields=[FIELD])
                self._store = ChromaStore(self._folder, index=config)
            return self._store
