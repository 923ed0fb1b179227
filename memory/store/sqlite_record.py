"""The record on this machine: SQLite keeps, an index finds.

SQLite is the one embedded database whose word can be trusted by many processes at once: a put has been written to
disk when it returns, a killed process loses nothing that it had acknowledged, and a half-done write is undone by the
next one to open the file. The index beside it is only an aid: whatever it finds is looked up here.
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Literal

from motet.memory.store.embedder import EmbeddingMismatchError
from motet.memory.store.items import Embedding, Hit, ItemId, Matrix, Namespace, NewItem, StoredItem
from motet.memory.store.record import Reembedding
from motet.memory.store.sqlite_database import Database
from motet.memory.store.sqlite_reembedding import reembed
from motet.memory.store.sqlite_rows import COLUMNS, PAGE, inside, item_of, labels_of, text_of
from motet.memory.store.sqlite_vectors import SqliteVectors
from motet.memory.store.sqlite_words import SqliteWords
from motet.memory.store.texts import json_of

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
    indexed TEXT NOT NULL,  -- what of it is indexed, as JSON
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
HITS: dict[Literal["items", "vectors"], str] = {
    "items": f"SELECT id, {COLUMNS} FROM items WHERE id IN",  # noqa: S608 - constants, as below
    "vectors": f"SELECT vectors.id, {COLUMNS} FROM vectors JOIN items ON items.id = item WHERE vectors.id IN",  # noqa: S608
}
"""How the items are read that an index of items, or of vectors, has found."""


class SqliteRecord:
    """A `Record` in a folder, or in memory.

    Args:
        folder: Holds `record.sqlite` and the index; `None` keeps all in memory.
        text: Gives the text by which an item is found, for a record that was made before there was search by words.
    """

    def __init__(self, folder: Path | None, text: Callable[[StoredItem], str]) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._database = Database(folder and folder / "record.sqlite", SCHEMA)
        self._words = SqliteWords(self._database, text)
        self._vectors = SqliteVectors(self._database, folder and folder / "index")

    @property
    def embedding(self) -> Embedding | None:
        """See `Record`."""
        facts = dict(self._database.ask("SELECT name, value FROM facts"))
        return Embedding(facts["embedding"], int(facts["dims"])) if "embedding" in facts else None

    def read(self, ids: Collection[ItemId]) -> dict[ItemId, StoredItem]:
        """See `Record`."""
        statement = f"SELECT {COLUMNS} FROM items WHERE namespace = ? AND key = ?"  # noqa: S608
        with self._database.reading():
            rows = [self._database.ask_one(statement, text_of(namespace), key) for namespace, key in ids]
        return {item.id: item for item in map(item_of, filter(None, rows))}

    def write(
        self, puts: Sequence[NewItem], deletes: Collection[ItemId], embedding: Embedding | None, *, now: float
    ) -> None:
        """See `Record`."""
        with self._database.writing():
            if any(new.vectors for new in puts) and embedding is not None:
                self._database.change(
                    "INSERT OR IGNORE INTO facts VALUES ('embedding', ?), ('dims', ?)",
                    embedding.name,
                    str(embedding.dims),
                )
                self._check(embedding)
            for gone in deletes:
                self._delete("namespace = ? AND key = ?", text_of(gone.namespace), gone.key)
            for new in puts:
                item = self._put(new, now)
                self._vectors.write(item, new.vectors)
                self._words.write(item, new.id.namespace, new.text)
        self._vectors.catch_up()

    def listing(self, prefix: Namespace) -> Iterator[StoredItem]:
        """See `Record`."""
        return self._items("1", prefix)

    def unindexed(self, prefix: Namespace) -> Iterator[StoredItem]:
        """See `Record`."""
        return self._items("NOT EXISTS (SELECT 1 FROM vectors WHERE item = items.id)", prefix)

    def nearest(self, vector: Matrix, embedding: Embedding, prefix: Namespace, count: int) -> list[Hit]:
        """See `Record`."""
        asked = max(count, 10)
        with self._database.reading():
            self._check(embedding)
            while True:
                found, is_all = self._vectors.nearest(vector, prefix, asked)
                hits = self._hits(found, "vectors")
                # An item may have several vectors, and the index on disk may hold some that were removed.
                if len(hits) >= count or is_all:
                    return hits[:count]
                asked *= 4

    def with_words(self, query: str, prefix: Namespace, count: int) -> list[Hit]:
        """See `Record`."""
        with self._database.reading():
            return self._hits(self._words.find(query, prefix, count), "items")

    def namespaces(self) -> list[Namespace]:
        """See `Record`."""
        return [labels_of(text) for (text,) in self._database.ask("SELECT DISTINCT namespace FROM items")]

    def refresh(self, ids: Collection[ItemId], *, now: float) -> None:
        """See `Record`."""
        with self._database.writing():
            for one in ids:
                self._database.change(
                    "UPDATE items SET expires_at = ? + 60 * ttl_minutes"
                    " WHERE namespace = ? AND key = ? AND ttl_minutes IS NOT NULL",
                    now,
                    text_of(one.namespace),
                    one.key,
                )

    def sweep(self, *, now: float) -> int:
        """See `Record`."""
        with self._database.writing():
            return self._delete("expires_at <= ?", now)

    def reembed(self, how: Reembedding) -> int:
        """See `Record`."""
        return reembed(self._database, self._words, how)

    def close(self) -> None:
        """See `Record`."""
        self._vectors.close()
        self._database.close()

    def _agree_on(self, embedding: Embedding) -> None:
        name, dims = embedding
        self._database.change("INSERT OR IGNORE INTO facts VALUES ('embedding', ?), ('dims', ?)", name, str(dims))
        self._check(embedding)

    def _check(self, embedding: Embedding) -> None:
        stored = self.embedding
        if stored not in (None, embedding):
            raise EmbeddingMismatchError(str(stored), str(embedding))

    def _put(self, new: NewItem, now: float) -> int:
        expires_at = None if new.ttl_minutes is None else now + 60 * new.ttl_minutes
        (item,) = self._database.ask_one(
            """INSERT INTO items
            (namespace, key, value, created_at, updated_at, ttl_minutes, expires_at, indexed)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (namespace, key) DO UPDATE SET
            value = excluded.value, updated_at = excluded.updated_at,
            ttl_minutes = excluded.ttl_minutes, expires_at = excluded.expires_at,
            indexed = excluded.indexed RETURNING id""",
            text_of(new.id.namespace),
            new.id.key,
            json_of(new.value),
            now,
            now,
            new.ttl_minutes,
            expires_at,
            json.dumps(new.index),
        )
        return item

    def _delete(self, condition: str, *values: object) -> int:
        which = f"SELECT id FROM items WHERE {condition}"  # noqa: S608 - conditions are constants
        self._database.change(f"DELETE FROM vectors WHERE item IN ({which})", *values)  # noqa: S608
        return self._database.change(f"DELETE FROM items WHERE {condition}", *values)  # noqa: S608

    def _items(self, condition: str, prefix: Namespace) -> Iterator[StoredItem]:
        there, bounds = inside(prefix)
        ids = self._database.ask(
            f"SELECT id FROM items WHERE {condition} AND {there} ORDER BY updated_at DESC, id DESC",  # noqa: S608
            *bounds,
        )
        for start in range(0, len(ids), PAGE):
            page = [one for (one,) in ids[start : start + PAGE]]
            rows = self._rows("items", page)
            yield from (rows[one] for one in page if one in rows)

    def _hits(self, found: Sequence[tuple[int, float]], by: Literal["items", "vectors"]) -> list[Hit]:
        """The items behind what an index found, each once."""
        best: dict[ItemId, Hit] = {}
        for start in range(0, len(found), PAGE):
            page = found[start : start + PAGE]
            rows = self._rows(by, [one for one, _ in page])
            for one, score in page:
                if one in rows:
                    best.setdefault(rows[one].id, Hit(rows[one], score))
        return list(best.values())

    def _rows(self, by: Literal["items", "vectors"], ids: Sequence[int]) -> dict[int, StoredItem]:
        rows = self._database.ask(f"{HITS[by]} ({', '.join('?' * len(ids))})", *ids)
        return {row[0]: item_of(row[1:]) for row in rows}
