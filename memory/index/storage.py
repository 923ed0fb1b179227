"""What an index keeps on the disk: one SQLite file for a repository and all of its worktrees.

What was made of a file is kept under a name for its path and its content, so that branches and worktrees share what is
the same in them, and going back to an earlier state of a file costs nothing. A *view* says which files a folder has.
"""

import hashlib
import json
import sqlite3
import time
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motet.memory.index.chunk import Chunk
from motet.memory.index.digest import Digest, Place, digest_of
from motet.memory.index.postings import Postings
from motet.memory.index.tree import SourceFile
from motet.memory.store.sqlite_database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS views (
    id INTEGER PRIMARY KEY AUTOINCREMENT, root TEXT NOT NULL UNIQUE, generation INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS files (
    view INTEGER NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL, changed_ns INTEGER NOT NULL,
    seen_ns INTEGER NOT NULL, document TEXT, skipped TEXT, PRIMARY KEY (view, path)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_document ON files (document);
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, used_at REAL NOT NULL, places TEXT NOT NULL, words BLOB NOT NULL, more TEXT NOT NULL,
    chunks BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS embedded (  -- what has a vector of which model
    model TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (model, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pairs (
    collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (collection, key)
) WITHOUT ROWID;  -- LlamaIndex's, see `kv_store.py`, which is imported only where files are read
"""
KEPT_SECONDS = 30 * 24 * 3600
"""What no view has is kept for so long, since people come back to branches."""
AT_ONCE = 500
"""Rows that one statement asks for; SQLite bounds the number of values in one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a view.

    Args:
        size: In bytes, when it was read.
        changed_ns: When it had last been changed then.
        seen_ns: When it was read.
        document: What was made of it; nothing for one that was skipped.
        skipped: Why it was.
    """

    size: int
    changed_ns: int
    seen_ns: int
    document: str | None
    skipped: str | None


def document_id(path: str, text: str) -> str:
    """The name of what is made of a file."""
    return hashlib.sha256(f"{path}\0{text}".encode("utf-8", "replace")).hexdigest()[:32]


class Storage:
    """The tables of an index.

    Args:
        file: Made where there is none, or where it is damaged.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.database = Database(file, SCHEMA, durable=False)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:  # it is no database any more; all of it can be made again
            for part in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
                part.unlink(missing_ok=True)
            self.database = Database(file, SCHEMA, durable=False)

    def writing(self) -> AbstractContextManager[None]:
        """All that is written inside is written, or nothing of it."""
        return self.database.writing()

    def view(self, root: str) -> int:
        """Give the number of a folder's view, made where there is none."""
        self.database.change("INSERT OR IGNORE INTO views (root) VALUES (?)", root)
        return self.database.ask_one("SELECT id FROM views WHERE root = ?", root)[0]

    def generation(self, view: int) -> int:
        """A number that grows with every change of a view."""
        row = self.database.ask_one("SELECT generation FROM views WHERE id = ?", view)
        return row[0] if row else 0

    def entries(self, view: int) -> dict[str, Entry]:
        """The files of a view by their paths."""
        rows = self.database.ask(
            "SELECT path, size, changed_ns, seen_ns, document, skipped FROM files WHERE view = ?", view
        )
        return {path: Entry(*row) for path, *row in rows}

    def lost(self, view: int) -> set[str]:
        """The files of a view of which what was made is not there."""
        rows = self.database.ask(
            "SELECT path FROM files LEFT JOIN documents ON documents.id = document"
            " WHERE view = ? AND document IS NOT NULL AND documents.id IS NULL",
            view,
        )
        return {path for (path,) in rows}

    def change(self, view: int, entries: Mapping[str, Entry], gone: Collection[str]) -> None:
        """Change files of a view; the caller has begun to write."""
        self.database.change_many(
            "UPDATE documents SET used_at = ? WHERE id = (SELECT document FROM files WHERE view = ? AND path = ?)",
            [(time.time(), view, path) for path in (*gone, *entries)],
        )
        self.database.change_many("DELETE FROM files WHERE view = ? AND path = ?", [(view, path) for path in gone])
        self.database.change_many(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (view, path, one.size, one.changed_ns, one.seen_ns, one.document, one.skipped)
                for path, one in entries.items()
            ],
        )
        self.database.change("UPDATE views SET generation = generation + 1 WHERE id = ?", view)

    def known(self, documents: Collection[str]) -> set[str]:
        """Those of some documents that are there."""
        found: set[str] = set()
        for some in _portions(documents):
            statement = f"SELECT id FROM documents WHERE id IN ({_marks(some)})"  # noqa: S608 - only marks
            found.update(row[0] for row in self.database.ask(statement, *some))
        return found

    def add(self, document: str, path: str, chunks: Sequence[Chunk]) -> None:
        """Keep what was made of a file; the caller has begun to write."""
        digest = digest_of(path, chunks)
        kept = [[one.text, one.signature, one.docstring, one.decorators] for one in chunks]
        self.database.change(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?)",
            document,
            time.time(),
            json.dumps(digest.places),
            _packed(digest),
            json.dumps([digest.imports, digest.bases]),
            zlib.compress(json.dumps(kept).encode(), 1),
        )

    def digests(self, documents: Collection[str]) -> Iterator[tuple[str, Digest]]:
        """Read digests, in no order."""
        for some in _portions(documents):
            statement = f"SELECT id, places, words, more FROM documents WHERE id IN ({_marks(some)})"  # noqa: S608
            for name, places, words, more in self.database.ask(statement, *some):
                imports, bases = json.loads(more)
                body, names, uses = _unpacked(words)
                rows = tuple(Place(*place) for place in json.loads(places))
                yield name, Digest(rows, body, names, uses, tuple(imports), tuple(bases))

    def chunks(self, document: str) -> list[Chunk]:
        """Read the chunks of one document; none if it is not there."""
        row = self.database.ask_one("SELECT places, chunks FROM documents WHERE id = ?", document)
        if row is None:
            return []
        kept = json.loads(zlib.decompress(row[1]))
        return [
            Chunk(*place[:4], text, signature, docstring, tuple(decorators))
            for place, (text, signature, docstring, decorators) in zip(json.loads(row[0]), kept, strict=True)
        ]

    def embedded(self, model: str) -> set[str]:
        """The names of the vectors that there are of a model."""
        return {row[0] for row in self.database.ask("SELECT name FROM embedded WHERE model = ?", model)}

    def note_embedded(self, model: str, names: Collection[str]) -> None:
        """Note that there are vectors."""
        with self.writing():
            self.database.change_many("INSERT OR IGNORE INTO embedded VALUES (?, ?)", [(model, one) for one in names])

    def note_gone(self, model: str, names: Collection[str]) -> None:
        """Note that there are no such vectors any more."""
        with self.writing():
            self.database.change_many(
                "DELETE FROM embedded WHERE model = ? AND name = ?", [(model, one) for one in names]
            )

    def stale(self) -> list[str]:
        """The documents that no folder has had for long, where those that are gone have none; the caller writes."""
        for view, root in self.database.ask("SELECT id, root FROM views"):
            if not Path(root).is_dir():
                self.change(view, {}, self.entries(view).keys())
                self.database.change("DELETE FROM views WHERE id = ?", view)
        unused = "id NOT IN (SELECT document FROM files WHERE document IS NOT NULL)"
        statement = f"SELECT id FROM documents WHERE used_at < ? AND {unused}"  # noqa: S608 - constants
        return [row[0] for row in self.database.ask(statement, time.time() - KEPT_SECONDS)]

    def forget(self, documents: Collection[str]) -> set[str]:
        """Delete documents, and give the vectors that belong to no other; the caller has begun to write."""
        names = {place.likeness for _, digest in self.digests(documents) for place in digest.places}
        self.database.change_many("DELETE FROM documents WHERE id = ?", [(one,) for one in documents])
        for (places,) in self.database.ask("SELECT places FROM documents"):
            names.difference_update(place[-1] for place in json.loads(places))
        return names

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()


def entry_of(file: SourceFile, document: str | None, skipped: str | None = None) -> Entry:
    """What is noted of a file that was just read."""
    return Entry(file.size, file.changed_ns, time.time_ns(), document, skipped)


def _portions(names: Collection[str]) -> Iterator[list[str]]:
    every = sorted(names)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _packed(digest: Digest) -> bytes:
    """Three tables of postings as bytes: the length of each, and then its columns."""
    parts = []
    for table in (digest.body, digest.names, digest.uses):
        columns = np.concatenate([table.texts, table.words, table.counts])
        parts += [np.uint32(len(table.words)).tobytes(), columns.tobytes()]
    return b"".join(parts)


def _unpacked(packed: bytes) -> list[Postings]:
    numbers = np.frombuffer(packed, dtype=np.uint32)
    tables, at = [], 0
    for _ in range(3):
        size = int(numbers[at])
        chunks, words, counts = numbers[at + 1 : at + 1 + 3 * size].reshape(3, size)
        tables.append(Postings(chunks, words, counts))
        at += 1 + 3 * size
    return tables
