"""Search by likeness in a record: the vectors lie in SQLite, and an index follows them."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from motet.memory.store.exact_index import ExactIndex
from motet.memory.store.items import Matrix, Namespace, Vectors
from motet.memory.store.sqlite_database import Database
from motet.memory.store.sqlite_rows import inside, labels_of, stack, vector_of
from motet.memory.store.vector_index import Position, VectorIndex

if TYPE_CHECKING:
    from motet.memory.store.chroma_index import ChromaIndex

EXACT_UP_TO = 20_000
"""So many vectors are all compared, which takes milliseconds and misses none. A graph may: of vectors that are much
alike one in nine was seen not to find itself."""
DEEP = 1000
"""From this many results on, exact comparison is faster than a graph."""
LAG = 500
"""Vectors that are put before a graph takes them in; then twice as many, so that it gains on what is put. A search lets
it take in so many too, and does without it while there are more."""
AT_ONCE = 2000
"""Vectors that are read at once."""
FEW = 1000
"""So many vectors are read for one question rather than kept in memory."""
SAMPLES = 8
"""Vectors that must find themselves in a graph that was just opened."""


class SqliteVectors:
    """The vectors of a record's items.

    All are compared until they are many; half-way there Chroma begins to make a graph of them. Of several processes one
    has the graph, the others go on comparing.

    Args:
        database: The record's.
        folder: Where Chroma keeps the graph; without one there is none.
    """

    def __init__(self, database: Database, folder: Path | None) -> None:
        self._database = database
        self._exact = ExactIndex()
        self._folder = folder
        self._lock = FileLock(folder.with_suffix(".lock"), thread_local=False) if folder is not None else None
        self._chroma: ChromaIndex | None = None

    def write(self, item: int, vectors: Vectors) -> None:
        """Put an item's vectors in the place of those that it had; the caller has begun to write."""
        self._database.change("DELETE FROM vectors WHERE item = ?", item)
        self._database.change_many(
            "INSERT INTO vectors (item, path, vector) VALUES (?, ?, ?)",
            [(item, path, vector.tobytes()) for path, vector in vectors],
        )

    def nearest(self, vector: Matrix, prefix: Namespace, count: int) -> tuple[list[tuple[int, float]], bool]:
        """Give ids of vectors with their similarities, the best first, and say whether there are no more."""
        graph = self._graph(EXACT_UP_TO) if count < DEEP else None
        if graph is not None:
            self._follow(graph, LAG)
            if graph.position == self._last():
                found = graph.nearest(vector, prefix, count)
                # A graph may miss some; only when it gives less than it was asked for is that seen.
                if len(found) == count:
                    return found, False
        index = self._within_few(prefix) if self._size() > EXACT_UP_TO else None
        if index is None:
            index = self._exact
            self._follow(index)
        found = index.nearest(vector, prefix, count)
        return found, len(found) < count

    def _within_few(self, prefix: Namespace) -> ExactIndex | None:
        """Those of a namespace that has few among many, so that not all need to be kept in memory for it."""
        condition, bounds = inside(prefix)
        rows = self._database.ask(
            "SELECT vectors.id, namespace, vector FROM vectors JOIN items ON items.id = vectors.item"  # noqa: S608
            f" WHERE {condition} LIMIT {FEW + 1}",
            *bounds,
        )
        if len(rows) > FEW:
            return None
        index = ExactIndex()
        _add(index, rows)
        return index

    def catch_up(self) -> None:
        """Bring the graph on, where there is one, once it lags behind; never for long."""
        with self._database.lock:
            graph = self._graph(EXACT_UP_TO // 2)
            if graph is not None and self._last().vector - graph.position.vector >= LAG:
                with self._database.reading():
                    self._follow(graph, 2 * LAG)
                self._forget_removals(graph)

    def close(self) -> None:
        """Let go of the graph."""
        with self._database.lock:
            if self._chroma is not None:
                self._chroma.close()
                self._chroma = None
            if self._lock is not None:
                self._lock.release()

    def _graph(self, more_than: int) -> "ChromaIndex | None":
        """The graph, if there are so many vectors that it is wanted and no other process has it."""
        if self._folder is None or self._lock is None or self._size() <= more_than:
            return None
        if self._chroma is None:
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                return None
            from motet.memory.store.chroma_index import ChromaIndex  # takes two seconds, so only where it is needed

            self._chroma = ChromaIndex.open(self._folder)
            self._see_to(self._chroma)
        return self._chroma

    def _size(self) -> int:
        last = self._last()
        return last.vector - last.removal  # each that goes leaves one removal

    def _last(self) -> Position:
        """Where an index is that has followed everything."""
        ends = dict(self._database.ask("SELECT name, seq FROM sqlite_sequence"))
        embedding = self._database.ask_one("SELECT value FROM facts WHERE name = 'embedding'")
        return Position(ends.get("vectors", 0), ends.get("removals", 0), embedding[0] if embedding else "")

    def _follow(self, index: VectorIndex, most: int | None = None) -> None:
        """Bring an index up to the record, or so many vectors on; the caller holds the lock."""
        done, last = index.position, self._last()
        if done == last:
            return
        if done.vector and done.embedding != last.embedding:
            index.clear()
            done = Position()
        removed = self._database.ask(
            "SELECT vector FROM removals WHERE id > ? AND id <= ? AND vector <= ?",
            done.removal,
            last.removal,
            done.vector,
        )
        index.remove([one for (one,) in removed])
        for rows in self._between(done.vector, last.vector):
            _add(index, rows[:most])
            # What was removed before it was added is not there any more, so all removals are done already.
            index.reached(Position(rows[:most][-1][0], last.removal, last.embedding))
            if most is not None and len(rows) >= most:
                return
        index.reached(last)

    def _between(self, first: int, last: int) -> Iterator[list[tuple[int, str, bytes]]]:
        while rows := self._database.ask(
            "SELECT vectors.id, namespace, vector FROM vectors JOIN items ON items.id = item"
            " WHERE vectors.id > ? AND vectors.id <= ? ORDER BY vectors.id LIMIT ?",
            first,
            last,
            AT_ONCE,
        ):
            yield rows
            first = rows[-1][0]

    def _forget_removals(self, index: VectorIndex) -> None:
        done = index.position.removal
        if self._database.ask_one("SELECT 1 FROM removals WHERE id <= ?", done):
            with self._database.writing():
                self._database.change("DELETE FROM removals WHERE id <= ?", done)

    def _see_to(self, index: "ChromaIndex") -> None:
        """Look at an index that was just opened, and fill it anew where it does not hold what the record does."""
        ask_one = self._database.ask_one
        done, last = index.position, self._last()
        (total,) = ask_one("SELECT count(*) FROM vectors WHERE id <= ?", done.vector)
        (pending,) = ask_one("SELECT count(*) FROM removals WHERE id > ? AND vector <= ?", done.removal, done.vector)
        places = [random.randint(0, done.vector) for _ in range(SAMPLES if total else 0)]  # noqa: S311 - no secret
        samples = [
            ask_one("SELECT vector FROM vectors WHERE id >= ? AND id <= ? ORDER BY id LIMIT 1", place, done.vector)
            for place in places
        ]
        ahead = done.vector > last.vector or done.removal > last.removal
        if ahead or not index.is_sound(total + pending, [vector_of(found[0]) for found in samples if found]):
            index.clear()


def _add(index: VectorIndex, rows: Sequence[tuple[int, str, bytes]]) -> None:
    ids, namespaces, blobs = [row[0] for row in rows], [labels_of(row[1]) for row in rows], [row[2] for row in rows]
    index.add(ids, namespaces, stack(blobs))
