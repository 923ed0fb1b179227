"""The record on this machine: SQLite keeps, an index finds.

SQLite is the one embedded database whose word can be trusted by many processes at once: a put has been written to
disk when it returns, a killed process loses nothing that it had acknowledged, and a half-done write is undone by the
next one to open the file. The index beside it is only an aid: whatever it finds is looked up here.
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from motet.memory.store.chroma_index import ChromaIndex
from motet.memory.store.exact_index import ExactIndex
from motet.memory.store.items import Hit, ItemId, Matrix, Namespace, NewItem, StoredItem, Vectors
from motet.memory.store.vector_index import Position, VectorIndex

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace TEXT NOT NULL,  -- labels joined by '.', which no label may contain
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    ttl_minutes REAL,
    expires_at REAL,
    indexed TEXT NOT NULL,  -- what of it is embedded, as JSON
    UNIQUE (namespace, key)
);
CREATE INDEX IF NOT EXISTS items_expiring ON items (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS vectors (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice, so that an index can tell what it has
    item INTEGER NOT NULL REFERENCES items (id),
    path TEXT NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS vectors_item ON vectors (item);
CREATE TABLE IF NOT EXISTS removals (id INTEGER PRIMARY KEY AUTOINCREMENT, vector INTEGER NOT NULL);
CREATE TRIGGER IF NOT EXISTS vector_removed AFTER DELETE ON vectors
BEGIN INSERT INTO removals (vector) VALUES (OLD.id); END;
"""
COLUMNS = "namespace, key, value, created_at, updated_at, ttl_minutes, expires_at, indexed"
PAGE = 500
"""Rows that are read at once; SQLite allows a few thousand parameters in a statement."""
LAG = 500
"""How many vectors an index may lag behind before a write brings it up; a search always does."""
DEEP = 1000
"""From this many results on, exact comparison is faster than a graph."""
FEW = 1000
"""So many vectors are read for one question rather than kept in memory."""
WAIT_SECONDS = 60
"""How long a writer waits for others."""


class SqliteRecord:
    """A `Record` in a folder, or in memory.

    Args:
        folder: Holds `record.sqlite` and the index; `None` keeps all in memory.
    """

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._database = sqlite3.connect(
            ":memory:" if folder is None else folder / "record.sqlite",
            timeout=WAIT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.executescript(SCHEMA)
        self._exact = ExactIndex()
        self._chroma = ChromaIndex.own(folder / "index") if folder is not None else None
        if self._chroma is not None:
            self._see_to(self._chroma)

    @property
    def is_owner(self) -> bool:
        """Whether this process keeps the Chroma index; the others compare exactly, as do all in memory."""
        return self._chroma is not None

    @property
    def embedding(self) -> str | None:
        """See `Record`."""
        row = self._ask("SELECT value FROM facts WHERE name = 'embedding'").fetchone()
        return row[0] if row else None

    def set_embedding(self, name: str, dims: int) -> None:
        """See `Record`."""
        with self._writing():
            self._ask("INSERT OR IGNORE INTO facts VALUES ('embedding', ?), ('dims', ?)", name, str(dims))

    def replace_vectors(self, fresh: Iterable[tuple[StoredItem, Vectors]], name: str, dims: int) -> None:
        """See `Record`."""
        with self._lock:
            self._ask("CREATE TEMP TABLE fresh (namespace TEXT, key TEXT, path TEXT, vector BLOB)")
            for item, vectors in fresh:
                self._database.executemany(
                    "INSERT INTO fresh VALUES (?, ?, ?, ?)",
                    [(_text(item.id.namespace), item.id.key, path, vector.tobytes()) for path, vector in vectors],
                )
            with self._writing():
                self._ask("DELETE FROM vectors")
                self._ask(
                    "INSERT INTO vectors (item, path, vector) SELECT items.id, path, vector FROM fresh"
                    " JOIN items ON items.namespace = fresh.namespace AND items.key = fresh.key"
                )
                self._ask("INSERT OR REPLACE INTO facts VALUES ('embedding', ?), ('dims', ?)", name, str(dims))
            self._ask("DROP TABLE fresh")
            # Its vectors have another size, so an index cannot follow; it begins anew.
            self._exact = ExactIndex()
            if self._chroma is not None:
                self._chroma.clear()

    def read(self, ids: Collection[ItemId]) -> dict[ItemId, StoredItem]:
        """See `Record`."""
        with self._lock:
            rows = [
                self._ask(
                    f"SELECT {COLUMNS} FROM items WHERE namespace = ? AND key = ?",  # noqa: S608 - constants
                    _text(namespace),
                    key,
                ).fetchone()
                for namespace, key in ids
            ]
        return {item.id: item for item in map(_item, filter(None, rows))}

    def write(self, puts: Sequence[NewItem], deletes: Collection[ItemId], *, now: float) -> None:
        """See `Record`."""
        with self._writing():
            for gone in deletes:
                self._delete("namespace = ? AND key = ?", _text(gone.namespace), gone.key)
            for new in puts:
                expires_at = None if new.ttl_minutes is None else now + 60 * new.ttl_minutes
                (item,) = self._ask(
                    """INSERT INTO items
                    (namespace, key, value, created_at, updated_at, ttl_minutes, expires_at, indexed)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (namespace, key) DO UPDATE SET
                    value = excluded.value, updated_at = excluded.updated_at,
                    ttl_minutes = excluded.ttl_minutes, expires_at = excluded.expires_at,
                    indexed = excluded.indexed RETURNING id""",
                    _text(new.id.namespace),
                    new.id.key,
                    json.dumps(dict(new.value), ensure_ascii=False),
                    now,
                    now,
                    new.ttl_minutes,
                    expires_at,
                    json.dumps(new.index),
                ).fetchone()
                self._ask("DELETE FROM vectors WHERE item = ?", item)
                self._database.executemany(
                    "INSERT INTO vectors (item, path, vector) VALUES (?, ?, ?)",
                    [(item, path, vector.tobytes()) for path, vector in new.vectors],
                )
        if self._chroma is not None and self._last().vector - self._chroma.position.vector >= LAG:
            with self._lock:
                self._follow(self._chroma)

    def listing(self, prefix: Namespace) -> Iterator[StoredItem]:
        """See `Record`."""
        return self._items("1", prefix)

    def unindexed(self, prefix: Namespace) -> Iterator[StoredItem]:
        """See `Record`."""
        return self._items("NOT EXISTS (SELECT 1 FROM vectors WHERE item = items.id)", prefix)

    def nearest(self, vector: Matrix, prefix: Namespace, count: int) -> list[Hit]:
        """See `Record`."""
        asked = max(count, 10)
        with self._lock:
            while True:
                found, is_all = self._found(vector, prefix, asked)
                hits = self._hits(found)
                # An item may have several vectors, and another process may just have removed some.
                if len(hits) >= count or is_all:
                    return hits[:count]
                asked *= 4

    def _found(self, vector: Matrix, prefix: Namespace, asked: int) -> tuple[list[tuple[int, float]], bool]:
        """Ask the index that is best for this; and say whether there is no more than what it found."""
        if self._chroma is not None and asked < DEEP:
            self._follow(self._chroma)
            found = self._chroma.nearest(vector, prefix, asked)
            # A graph may miss some, most of all among vectors that are alike; only when it gives less is that seen.
            if len(found) == asked:
                return found, False
        inside, bounds = _within(prefix)
        rows = self._ask(
            "SELECT vectors.id, namespace, vector FROM vectors JOIN items ON items.id = vectors.item"  # noqa: S608
            f" WHERE {inside} LIMIT {FEW + 1}",
            *bounds,
        ).fetchall()
        index = self._exact
        if len(rows) <= FEW:
            index = ExactIndex()
            index.add([row[0] for row in rows], [_labels(row[1]) for row in rows], _stack([row[2] for row in rows]))
        else:
            self._follow(index)
        found = index.nearest(vector, prefix, asked)
        return found, len(found) < asked

    def namespaces(self) -> list[Namespace]:
        """See `Record`."""
        return [_labels(text) for (text,) in self._ask("SELECT DISTINCT namespace FROM items").fetchall()]

    def refresh(self, ids: Collection[ItemId], *, now: float) -> None:
        """See `Record`."""
        with self._writing():
            for one in ids:
                self._ask(
                    "UPDATE items SET expires_at = ? + 60 * ttl_minutes"
                    " WHERE namespace = ? AND key = ? AND ttl_minutes IS NOT NULL",
                    now,
                    _text(one.namespace),
                    one.key,
                )

    def sweep(self, *, now: float) -> int:
        """See `Record`."""
        with self._writing():
            return self._delete("expires_at <= ?", now)

    def close(self) -> None:
        """See `Record`."""
        with self._lock:
            if self._chroma is not None:
                self._follow(self._chroma)
                self._chroma.close()
            self._database.close()

    def _ask(self, statement: str, *values: object) -> sqlite3.Cursor:
        with self._lock:
            return self._database.execute(statement, values)

    @contextmanager
    def _writing(self) -> Generator[None]:
        """One transaction, which waits its turn at the beginning rather than failing in the middle."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def _delete(self, condition: str, *values: object) -> int:
        which = f"SELECT id FROM items WHERE {condition}"  # noqa: S608 - conditions are constants
        self._ask(f"DELETE FROM vectors WHERE item IN ({which})", *values)  # noqa: S608
        return self._ask(f"DELETE FROM items WHERE {condition}", *values).rowcount  # noqa: S608

    def _items(self, condition: str, prefix: Namespace) -> Iterator[StoredItem]:
        inside, bounds = _within(prefix)
        ids = self._ask(
            f"SELECT id FROM items WHERE {condition} AND {inside} ORDER BY updated_at DESC, id DESC",  # noqa: S608
            *bounds,
        ).fetchall()
        for start in range(0, len(ids), PAGE):
            page = [one for (one,) in ids[start : start + PAGE]]
            places = ", ".join("?" * len(page))
            rows = self._ask(f"SELECT items.id, {COLUMNS} FROM items WHERE id IN ({places})", *page)  # noqa: S608
            by_id = {row[0]: _item(row[1:]) for row in rows.fetchall()}
            yield from (by_id[one] for one in page if one in by_id)

    def _hits(self, found: Sequence[tuple[int, float]]) -> list[Hit]:
        rows: dict[int, StoredItem] = {}
        for start in range(0, len(found), PAGE):
            page = [one for one, _ in found[start : start + PAGE]]
            places = ", ".join("?" * len(page))
            cursor = self._ask(
                f"SELECT vectors.id, {COLUMNS} FROM vectors JOIN items ON items.id = vectors.item"  # noqa: S608
                f" WHERE vectors.id IN ({places})",
                *page,
            )
            rows |= {row[0]: _item(row[1:]) for row in cursor.fetchall()}
        best: dict[ItemId, Hit] = {}
        for one, score in found:
            if one in rows:
                best.setdefault(rows[one].id, Hit(rows[one], score))
        return list(best.values())

    def _last(self) -> Position:
        """Where an index is that has followed everything."""
        ends = dict(self._ask("SELECT name, seq FROM sqlite_sequence").fetchall())
        return Position(ends.get("vectors", 0), ends.get("removals", 0))

    def _follow(self, index: VectorIndex) -> None:
        """Bring an index up to the record; the caller holds the lock."""
        done, last = index.position, self._last()
        if done == last:
            return
        removed = self._ask(
            "SELECT vector FROM removals WHERE id > ? AND id <= ? AND vector <= ?",
            done.removal,
            last.removal,
            done.vector,
        ).fetchall()
        index.remove([one for (one,) in removed])
        while done.vector < last.vector:
            rows = self._ask(
                "SELECT vectors.id, namespace, vector FROM vectors JOIN items ON items.id = item"
                " WHERE vectors.id > ? AND vectors.id <= ? ORDER BY vectors.id LIMIT ?",
                done.vector,
                last.vector,
                2000,
            ).fetchall()
            if not rows:
                break
            ids = [row[0] for row in rows]
            index.add(ids, [_labels(row[1]) for row in rows], _stack([row[2] for row in rows]))
            done = Position(ids[-1], done.removal)
            index.reached(done)
        index.reached(last)
        if index is self._chroma:
            with self._writing():
                self._ask("DELETE FROM removals WHERE id <= ?", last.removal)

    def _see_to(self, index: ChromaIndex) -> None:
        """Look at an index that was just opened, and fill it anew where it does not hold what the record does."""
        done, last = index.position, self._last()
        (total,) = self._ask("SELECT count(*) FROM vectors WHERE id <= ?", done.vector).fetchone()
        (pending,) = self._ask(
            "SELECT count(*) FROM removals WHERE id > ? AND vector <= ?", done.removal, done.vector
        ).fetchone()
        samples = self._ask(
            "SELECT id, vector FROM vectors WHERE id <= ? ORDER BY random() LIMIT 8", done.vector
        ).fetchall()
        ahead = done.vector > last.vector or done.removal > last.removal
        if ahead or not index.is_sound(total + pending, [(one, _vector(blob)) for one, blob in samples]):
            index.clear()


def _text(namespace: Namespace) -> str:
    return ".".join(namespace)


def _labels(text: str) -> Namespace:
    return tuple(text.split("."))


def _within(prefix: Namespace) -> tuple[str, tuple[str, ...]]:
    if not prefix:
        return "1", ()
    text = _text(prefix)
    # '/' follows '.', so the range holds what begins with the prefix and a dot, by whole labels and case.
    return "(namespace = ? OR (namespace > ? AND namespace < ?))", (text, f"{text}.", f"{text}/")


def _stack(blobs: Sequence[bytes]) -> Matrix:
    return np.stack([_vector(blob) for blob in blobs]) if blobs else np.empty((0, 0), dtype=np.float32)


def _vector(blob: bytes) -> Matrix:
    return np.frombuffer(blob, dtype=np.float32)


def _item(row: tuple[str, str, str, float, float, float | None, float | None, str]) -> StoredItem:
    namespace, key, value, created_at, updated_at, ttl_minutes, expires_at, index = row
    return StoredItem(
        ItemId(_labels(namespace), key),
        json.loads(value),
        created_at,
        updated_at,
        ttl_minutes,
        expires_at,
        json.loads(index),
    )
