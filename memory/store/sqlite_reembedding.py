"""Other embeddings for everything in a record, all at once at the end: what is killed on the way has changed nothing.

The new vectors wait in a table that only this connection sees. Others may read and write meanwhile; what they have
written is embedded in a further round, and the last of it while they wait.
"""

from motet.memory.store.record import Reembedding
from motet.memory.store.sqlite_database import Database
from motet.memory.store.sqlite_rows import COLUMNS, item_of
from motet.memory.store.sqlite_words import SqliteWords

AT_ONCE = 64
"""Items that are embedded at once; enough to fill a model's batches."""
TABLES = (
    "CREATE TEMP TABLE done (item INTEGER PRIMARY KEY, written REAL NOT NULL)",
    "CREATE TEMP TABLE fresh (item INTEGER NOT NULL, path TEXT NOT NULL, vector BLOB NOT NULL)",
    "CREATE INDEX temp.fresh_item ON fresh (item)",
)


def reembed(database: Database, words: SqliteWords, how: Reembedding) -> int:
    """Embed all items anew. One at a time in a process."""
    for statement in TABLES:
        database.change(statement)
    try:
        while _round(database, how):
            pass
        with database.writing():
            _round(database, how)
            database.change("DELETE FROM vectors")
            database.change(
                "INSERT INTO vectors (item, path, vector) SELECT fresh.item, path, vector FROM fresh"
                " JOIN items ON items.id = fresh.item ORDER BY fresh.item, fresh.rowid"
            )
            database.change(
                "INSERT OR REPLACE INTO facts VALUES ('embedding', ?), ('dims', ?)",
                how.embedding.name,
                str(how.embedding.dims),
            )
            words.fill(how.text_of)
            (total,) = database.ask_one("SELECT count(*) FROM items")
            return total
    finally:
        database.change("DROP TABLE fresh")
        database.change("DROP TABLE done")


def _round(database: Database, how: Reembedding) -> bool:
    """Embed all that was written since it was embedded, and say whether there was anything."""
    last, found = 0, False
    while rows := database.ask(
        f"SELECT id, {COLUMNS} FROM items LEFT JOIN done ON done.item = items.id"  # noqa: S608 - constants
        " WHERE id > ? AND written IS NOT updated_at ORDER BY id LIMIT ?",
        last,
        AT_ONCE,
    ):
        last, found = rows[-1][0], True
        items = [item_of(row[1:]) for row in rows]
        vectors = how.vectors_of(items)
        for row, item, those in zip(rows, items, vectors, strict=True):
            number = row[0]
            database.change("DELETE FROM fresh WHERE item = ?", number)
            database.change_many("INSERT INTO fresh VALUES (?, ?, ?)", [(number, p, v.tobytes()) for p, v in those])
            database.change("INSERT OR REPLACE INTO done VALUES (?, ?)", number, item.updated_at)
        (ready,), (total,) = (
            database.ask_one("SELECT count(*) FROM done"),
            database.ask_one("SELECT count(*) FROM items"),
        )
        how.progress(min(ready, total), total)
    return found
