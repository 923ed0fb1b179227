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

    def as_search_item(self, score: float | None) -> SearchItem:
        """As LangGraph gives it from `search`."""
        return SearchItem(
            namespace=self.id.namespace,
            key=self.id.key,
            value=self.value,
            created_at=datetime.fromtimestamp(self.created_at, UTC),
            updated_at=datetime.fromtimestamp(self.updated_at, UTC),
            score=score,
        )


@dataclass(frozen=True)
class NewItem:
    """An item that is to be written."""

    id: ItemId
    value: Mapping[str, Any]
    vectors: Vectors
    ttl_minutes: float | None = None
    index: Index = None


class Hit(NamedTuple):
    """An item that a query found."""

    item: StoredItem
    score: float
    """Cosine similarity of its nearest vector, -1 to 1."""
