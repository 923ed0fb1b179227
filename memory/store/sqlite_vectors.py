"""Search by likeness in a record: the vectors lie in SQLite, and an index follows them."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from motet.memory.store.chroma_index import ChromaIndex
from motet.memory.store.exact_index import ExactIndex
from motet.memory.store.items import Matrix, Namespace, Vectors
from motet.memory.store.sqlite_database import Database
from motet.memory.store.sqlite_rows import inside, labels_of, stack, vector_of
from motet.memory.store.vector_index import Position, VectorIndex

LAG = 500
"""How many vectors an index may lag behind before a write brings it up; a search always does."""
AT_ONCE = 2000
"""Vectors that an index takes in at once."""
EXACT_UP_TO = 20_000
"""So many vectors are all compared, which takes milliseconds and misses none. A graph may: of vectors that are much
alike one in nine was seen not to find itself."""
DEEP = 1000
"""From this many results on, exact comparison is faster than a graph."""
FEW = 1000
"""So many vectors are read for one question rather than kept in memory."""
SAMPLES = 8
"""Vectors that must find themselves in an index that was just opened."""


class SqliteVectors:
    """The vectors of a record's items.

    Args:
        database: The record's.
        folder: Where Chroma keeps its index, if no other process has it; `None` compares exactly, in memory.
    """

    def __init__(self, database: Database, folder: Path | None) -> None:
        self._database = database
        self._exact = ExactIndex()
        self._chroma = ChromaIndex.own(folder) if folder is not None else None
        if self._chroma is not None:
            self._see_to(self._chroma)

    @property
    def is_owner(self) -> bool:
        """Whether this process keeps the Chroma index; the others compare exactly, as do all in memory."""
        return self._chroma is not None

    def write(self, item: int, vectors: Vectors) -> None:
        """Put an item's vectors in the place of those that it had; the caller has begun to write."""
        self._database.change("DELETE FROM vectors WHERE item = ?", item)
        self._database.change_many(
            "INSERT INTO vectors (item, path, vector) VALUES (?, ?, ?)",
            [(item, path, vector.tobytes()) for path, vector in vectors],
        )

    def nearest(self, vector: Matrix, prefix: Namespace, count: int) -> tuple[list[tuple[int, float]], bool]:
        """Give ids of vectors with their similarities, the best first, and say whether there are no more."""
        last = self._last()
        if self._chroma is not None and count < DEEP and last.vector - last.removal > EXACT_UP_TO:
            self._follow(self._chroma)
            found = self._chroma.nearest(vector, prefix, count)
            # A graph may miss some, most of all among vectors that are alike; only when it gives less is that seen.
            if len(found) == count:
                return found, False
        condition, bounds = inside(prefix)
        rows = self._database.ask(
            "SELECT vectors.id, namespace, vector FROM vectors JOIN items ON items.id = vectors.item"  # noqa: S608
            f" WHERE {condition} LIMIT {FEW + 1}",
            *bounds,
        )
        index = self._exact
        if len(rows) <= FEW:
            index = ExactIndex()
            _add(index, rows)
        else:
            self._follow(index)
        found = index.nearest(vector, prefix, count)
        return found, len(found) < count

    def catch_up(self) -> None:
        """Bring the index on disk up, once it lags far behind."""
        index = self._chroma
        if index is not None and self._last().vector - index.position.vector >= LAG:
            with self._database.lock:
                self._follow(index)
                self._forget_removals(index)

    def close(self) -> None:
        """Bring the index on disk up, and let go of it."""
        if self._chroma is not None:
            with self._database.lock:
                self._follow(self._chroma)
                self._forget_removals(self._chroma)
                self._chroma.close()
                self._chroma = None

    def _last(self) -> Position:
        """Where an index is that has followed everything."""
        ends = dict(self._database.ask("SELECT name, seq FROM sqlite_sequence"))
        embedding = self._database.ask_one("SELECT value FROM facts WHERE name = 'embedding'")
        return Position(ends.get("vectors", 0), ends.get("removals", 0), embedding[0] if embedding else "")

    def _follow(self, index: VectorIndex) -> None:
        """Bring an index up to the record; the caller holds the lock."""
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
            _add(index, rows)
            index.reached(Position(rows[-1][0], done.removal, last.embedding))
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

    def _see_to(self, index: ChromaIndex) -> None:
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
