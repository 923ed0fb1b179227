"""How items and namespaces stand in the rows of a record."""

import json
from collections.abc import Sequence

import numpy as np

from motet.memory.store.items import ItemId, Matrix, Namespace, StoredItem

COLUMNS = "namespace, key, value, created_at, updated_at, ttl_minutes, expires_at, indexed"
PAGE = 500
"""Rows that are read at once; SQLite allows a few thousand parameters in a statement."""


def text_of(namespace: Namespace) -> str:
    """A namespace in one text: no label may contain a dot."""
    return ".".join(namespace)


def labels_of(text: str) -> Namespace:
    """The namespace that a text stands for."""
    return tuple(text.split(".")) if text else ()


def inside(prefix: Namespace) -> tuple[str, tuple[str, ...]]:
    """The condition for rows in a namespace and below it, and its values."""
    if not prefix:
        return "1", ()
    text = text_of(prefix)
    # '/' follows '.', so the range holds what begins with the prefix and a dot, by whole labels and case.
    return "(namespace = ? OR (namespace > ? AND namespace < ?))", (text, f"{text}.", f"{text}/")


def stack(blobs: Sequence[bytes]) -> Matrix:
    """The vectors in blobs, one a row."""
    return np.stack([vector_of(blob) for blob in blobs]) if blobs else np.empty((0, 0), dtype=np.float32)


def vector_of(blob: bytes) -> Matrix:
    """The vector in a blob."""
    return np.frombuffer(blob, dtype=np.float32)


def item_of(row: tuple[str, str, str, float, float, float | None, float | None, str]) -> StoredItem:
    """The item in a row of `COLUMNS`."""
    namespace, key, value, created_at, updated_at, ttl_minutes, expires_at, index = row
    return StoredItem(
        ItemId(labels_of(namespace), key),
        json.loads(value),
        created_at,
        updated_at,
        ttl_minutes,
        expires_at,
        json.loads(index),
    )
