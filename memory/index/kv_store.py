"""LlamaIndex's key-value store in SQLite: what stands on it, such as its document store, is shared by processes."""

import asyncio
import json
from typing import Any

from llama_index.core.storage.kvstore.types import DEFAULT_COLLECTION, BaseKVStore

from motet.memory.store.sqlite_database import Database


class SqliteKVStore(BaseKVStore):
    """Keeps LlamaIndex's values beside what belongs to them, so that one transaction holds both.

    Args:
        database: Has the table `pairs`, of collections, keys and values.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, key: str, val: dict[str, Any], collection: str = DEFAULT_COLLECTION) -> None:
        """Set a value."""
        self.put_all([(key, val)], collection)

    async def aput(self, key: str, val: dict[str, Any], collection: str = DEFAULT_COLLECTION) -> None:
        """Set a value, on another thread."""
        await asyncio.to_thread(self.put, key, val, collection)

    def put_all(
        self, kv_pairs: list[tuple[str, dict[str, Any]]], collection: str = DEFAULT_COLLECTION, batch_size: int = 1
    ) -> None:
        """Set values; all at once, whatever the size of a batch."""
        rows = [(collection, key, json.dumps(value)) for key, value in kv_pairs]
        self._database.change_many("INSERT OR REPLACE INTO pairs VALUES (?, ?, ?)", rows)

    async def aput_all(
        self, kv_pairs: list[tuple[str, dict[str, Any]]], collection: str = DEFAULT_COLLECTION, batch_size: int = 1
    ) -> None:
        """Set values, on another thread."""
        await asyncio.to_thread(self.put_all, kv_pairs, collection)

    def get(self, key: str, collection: str = DEFAULT_COLLECTION) -> dict[str, Any] | None:
        """Get a value, or nothing."""
        row = self._database.ask_one("SELECT value FROM pairs WHERE collection = ? AND key = ?", collection, key)
        return json.loads(row[0]) if row else None

    async def aget(self, key: str, collection: str = DEFAULT_COLLECTION) -> dict[str, Any] | None:
        """Get a value, on another thread."""
        return await asyncio.to_thread(self.get, key, collection)

    def get_all(self, collection: str = DEFAULT_COLLECTION) -> dict[str, dict[str, Any]]:
        """Get all values of a collection."""
        rows = self._database.ask("SELECT key, value FROM pairs WHERE collection = ?", collection)
        return {key: json.loads(value) for key, value in rows}

    async def aget_all(self, collection: str = DEFAULT_COLLECTION) -> dict[str, dict[str, Any]]:
        """Get all values of a collection, on another thread."""
        return await asyncio.to_thread(self.get_all, collection)

    def delete(self, key: str, collection: str = DEFAULT_COLLECTION) -> bool:
        """Delete a value, and say whether there was one."""
        return self._database.change("DELETE FROM pairs WHERE collection = ? AND key = ?", collection, key) > 0

    async def adelete(self, key: str, collection: str = DEFAULT_COLLECTION) -> bool:
        """Delete a value, on another thread."""
        return await asyncio.to_thread(self.delete, key, collection)
