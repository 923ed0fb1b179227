"""Search by words in a record: SQLite's full text index, kept in the same transactions as the items."""

import hashlib
from collections.abc import Callable, Sequence

from motet.memory.store.bm25 import COMPARED, ranked, weight
from motet.memory.store.items import Namespace, StoredItem
from motet.memory.store.sqlite_database import Database
from motet.memory.store.sqlite_rows import COLUMNS, PAGE, item_of
from motet.memory.store.tokens import tokens_of

# Words come as `tokens_of` gives them, so SQLite has only to split at spaces; it leaves letters beyond ASCII alone.
# Places are what a namespace lies in; they stand here too so that SQLite need not look at each item that has a word.
SCHEMA = (
    "DROP TABLE IF EXISTS vocabulary",
    "DROP TABLE IF EXISTS words",
    "CREATE VIRTUAL TABLE words USING fts5(text, places, tokenize = 'ascii')",
    "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row)",
    """CREATE TRIGGER IF NOT EXISTS item_removed AFTER DELETE ON items
    BEGIN DELETE FROM words WHERE rowid = OLD.id; END""",
)
ENOUGH = 10_000
"""Items that one search compares: it goes by its rarest words first, since those that all have tell nothing apart."""
MOST = 64
"""Words of a query that are looked at; of a longer one the rarest."""


class SqliteWords:
    """The words of a record's items.

    Args:
        database: The record's.
        text_of: Gives the text by which an item is found, for a record that has no words yet.
    """

    def __init__(self, database: Database, text_of: Callable[[StoredItem], str]) -> None:
        self._database = database
        if not self._exists():
            with database.writing():
                if not self._exists():  # another process may have been first
                    self.fill(text_of)

    def fill(self, text_of: Callable[[StoredItem], str]) -> None:
        """Write the words of all items anew; the caller has begun to write."""
        for statement in SCHEMA:
            self._database.change(statement)
        last = 0
        while rows := self._database.ask(
            f"SELECT id, {COLUMNS} FROM items WHERE id > ? ORDER BY id LIMIT {PAGE}",  # noqa: S608 - constants
            last,
        ):
            for number, *row in rows:
                item = item_of(tuple(row))
                self.write(number, item.id.namespace, text_of(item))
                last = number

    def write(self, item: int, namespace: Namespace, text: str) -> None:
        """Put the words of one item in the place of those that it had; the caller has begun to write."""
        self._database.change("DELETE FROM words WHERE rowid = ?", item)
        if tokens := tokens_of(text):
            places = [_place(namespace[:depth]) for depth in range(1, len(namespace) + 1)]
            self._database.change(
                "INSERT INTO words (rowid, text, places) VALUES (?, ?, ?)", item, " ".join(tokens), " ".join(places)
            )

    def find(self, query: str, prefix: Namespace, count: int) -> list[tuple[int, float]]:
        """Give the items that have words of a query with their scores, the best first.

        Fewer than `count` only if there are no more.
        """
        how_many = {token: self._spread(token) for token in dict.fromkeys(tokens_of(query))}
        rarest = sorted((token for token, items in how_many.items() if items), key=lambda token: how_many[token])[:MOST]
        chosen: list[str] = []
        for token in rarest:
            if chosen and sum(how_many[one] for one in chosen) + how_many[token] > ENOUGH:
                break
            chosen.append(token)
        asked = max(count, COMPARED)
        texts = self._having(chosen, prefix, asked)
        if len(texts) < count and len(chosen) < len(rarest):
            texts = self._having(rarest, prefix, asked)
        (total,) = self._database.ask_one("SELECT count(*) FROM items")
        weights = {token: weight(how_many[token], total) for token in rarest}
        return ranked({item: text.split() for item, text in texts}, weights)[:count]

    def _having(self, tokens: Sequence[str], prefix: Namespace, count: int) -> list[tuple[int, str]]:
        """Give the items that have some of these words, with all of theirs."""
        if not tokens:
            return []
        wanted = " OR ".join(f'"{token}"' for token in tokens)
        there = f' AND places: "{_place(prefix)}"' if prefix else ""
        return self._database.ask(
            # The weights leave out the places.
            "SELECT rowid, text FROM words WHERE words MATCH ? ORDER BY bm25(words, 1.0, 0.0), rowid LIMIT ?",
            f"text: ({wanted}){there}",
            count,
        )

    def _spread(self, token: str) -> int:
        row = self._database.ask_one("SELECT doc FROM vocabulary WHERE term = ?", token)
        return row[0] if row else 0

    def _exists(self) -> bool:
        return self._database.ask_one("SELECT 1 FROM sqlite_master WHERE name = 'words'") is not None


def _place(prefix: Namespace) -> str:
    """A word for a namespace: labels may hold anything, so it is a hash."""
    return f"at{hashlib.sha256('.'.join(prefix).encode()).hexdigest()[:24]}"
