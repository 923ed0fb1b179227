"""The record of a store: what was put there, and the vectors by which it is found."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from motet.memory.store.items import Hit, ItemId, Matrix, Namespace, NewItem, StoredItem, Vectors


class Record(Protocol):
    """Keeps items for a `ChromaStore`, which knows LangGraph's semantics; a record only keeps and finds.

    What `write` has returned from is kept, whatever becomes of the process. Several threads and processes may use one.
    """

    @property
    def embedding(self) -> str | None:
        """The name of the embeddings that its vectors come from; `None` until there are any."""

    def read(self, ids: Collection[ItemId]) -> dict[ItemId, StoredItem]:
        """Give those items that there are."""

    def write(self, puts: Sequence[NewItem], deletes: Collection[ItemId], *, now: float) -> None:
        """Put and delete at once. An item that is there keeps the time when it was made."""

    def listing(self, prefix: Namespace) -> Iterator[StoredItem]:
        """Give the items in a namespace and below it, the latest written first."""

    def unindexed(self, prefix: Namespace) -> Iterator[StoredItem]:
        """Give those of them that have no vectors."""

    def nearest(self, vector: Matrix, prefix: Namespace, count: int) -> list[Hit]:
        """Give those nearest to a vector, the best first; fewer than `count` only if there are no more."""

    def namespaces(self) -> list[Namespace]:
        """Give the namespaces that hold items."""

    def refresh(self, ids: Collection[ItemId], *, now: float) -> None:
        """Begin the time to live of items anew, where they have one."""

    def sweep(self, *, now: float) -> int:
        """Delete what has expired, and say how much that was."""

    def set_embedding(self, name: str, dims: int) -> None:
        """Note where the vectors come from, before the first is written."""

    def replace_vectors(self, fresh: Iterable[tuple[StoredItem, Vectors]], name: str, dims: int) -> None:
        """Take other vectors for all items; if that ends half-way, the old ones stay."""

    def close(self) -> None:
        """Let go of files and connections."""
