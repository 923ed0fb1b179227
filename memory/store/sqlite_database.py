"""An SQLite file that several processes share: one connection for all threads of each, one transaction at a time."""

import sqlite3
import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WAIT_SECONDS = 60
"""How long a writer waits for others."""


class Database:
    """SQLite, as a record uses it.

    Args:
        file: Made where there is none; `None` keeps all in memory.
        schema: Statements that make the tables where there are none.
        durable: Whether what was written outlives a power failure. Without that it may be missing, and is still whole.
    """

    def __init__(self, file: Path | None, schema: str, *, durable: bool = True) -> None:
        self.lock = threading.RLock()
        self._connection = sqlite3.connect(
            ":memory:" if file is None else file, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        self._connection.executescript(schema)

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
