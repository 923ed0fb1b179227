"""The database file of a record: one connection for all threads of a process, one transaction at a time."""

import sqlite3
import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
WAIT_SECONDS = 60
"""How long a writer waits for others."""


class Database:
    """SQLite, as a record uses it.

    Args:
        file: Made where there is none; `None` keeps all in memory.
    """

    def __init__(self, file: Path | None) -> None:
        self.lock = threading.RLock()
        self._connection = sqlite3.connect(
            ":memory:" if file is None else file, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(SCHEMA)

    def ask(self, statement: str, *values: object) -> list[Any]:
        """Carry out a statement, and give all its rows."""
        with self.lock:
            return self._connection.execute(statement, values).fetchall()

    def ask_one(self, statement: str, *values: object) -> Any:
        """Carry out a statement, and give its first row, or nothing."""
        with self.lock:
            return self._connection.execute(statement, values).fetchone()

    def change(self, statement: str, *values: object) -> int:
        """Carry out a statement, and say how many rows it changed."""
        with self.lock:
            return self._connection.execute(statement, values).rowcount

    def change_many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Carry out a statement for each row of values."""
        with self.lock:
            self._connection.executemany(statement, rows)

    @contextmanager
    def writing(self) -> Generator[None]:
        """One transaction, which waits its turn at the beginning rather than failing in the middle."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def reading(self) -> Generator[None]:
        """What is read inside was there at one moment, whatever others write meanwhile."""
        with self._transaction("BEGIN DEFERRED"):
            yield

    @contextmanager
    def _transaction(self, begin: str) -> Generator[None]:
        with self.lock:
            self._connection.execute(begin)
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        with self.lock:
            self._connection.close()
