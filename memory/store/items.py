"""What a store keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from langgraph.store.base import Item, SearchItem
from numpy.typing import NDArray

Namespace: TypeAlias = tuple[str, ...]
Matrix: TypeAlias = NDArray[np.float32]
"""Vectors of length one, one a row."""


Vectors: TypeAlias = Sequence[tuple[str, Matrix]]
"""An item's: one for each indexed text, with the path that it was found at."""
Index: TypeAlias = list[str] | Literal[False] | None
"""What of an item is embedded: the store's own fields, none, or these."""


class ItemId(NamedTuple):
    """What names an item for good."""

    namespace: Namespace
    key: str


@dataclass(frozen=True)
class StoredItem:
    """An item as it lies in a record. Times are seconds since the epoch."""

    id: ItemId
    value: dict[str, Any]
    created_at: float
    updated_at: float
    ttl_minutes: float | None = None
    expires_at: float | None = None
    index: Index = None

    def as_item(self) -> Item:
        """As LangGraph gives it from `get`."""
        return Item(
            value=self.value,
            key=self.id.key,
            namespace=self.id.namespace,
            created_at=datetime.fromtimestamp(self.created_at, UTC),
            updated_at=datetime.fromtimestamp(self.updated_at, UTC),
        )


@dataclass(frozen=True)
class NewItem:
    """An item that is to be written."""

    id: ItemId
    value: Mapping[str, Any]
    vectors: Vectors
    text: str
    """The words by which it is found."""
    ttl_minutes: float | None = None
    index: Index = None


class Embedding(NamedTuple):
    """Where a record's vectors come from."""

    name: str
    dims: int

    def __str__(self) -> str:
        return f"{self.name} ({self.dims} dimensions)"


class Hit(NamedTuple):
    """An item that was found."""

    item: StoredItem
    score: float | None
    """By likeness the cosine similarity of its nearest vector, -1 to 1; by words a BM25 score, above 0."""

    def as_search_item(self) -> SearchItem:
        """As LangGraph gives it from `search`."""
        return SearchItem(
            namespace=self.item.id.namespace,
            key=self.item.id.key,
            value=self.item.value,
            created_at=datetime.fromtimestamp(self.item.created_at, UTC),
            updated_at=datetime.fromtimestamp(self.item.updated_at, UTC),
            score=self.score,
        )
