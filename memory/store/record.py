"""The record of a store: what was put there, and the vectors and words by which it is found."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple, Protocol

from motet.memory.store.items import Embedding, Hit, ItemId, Matrix, Namespace, NewItem, StoredItem, Vectors


class Reembedding(NamedTuple):
    """How everything in a record is embedded anew."""

    embedding: Embedding
    """What the vectors will come from."""
    vectors_of: Callable[[Sequence[StoredItem]], Sequence[Vectors]]
    """Embeds a few items at a time."""
    text_of: Callable[[StoredItem], str]
    """Gives the text by whose words an item is found."""
    progress: Callable[[int, int], None]
    """Told how many items are done, and how many there are."""


class Record(Protocol):
    """Keeps items for a `ChromaStore`, which knows LangGraph's semantics; a record only keeps and finds.

    What `write` has returned from is kept, whatever becomes of the process. Several threads and processes may use one;
    what one of them writes or asks with other embeddings than the record's raises `EmbeddingMismatchError`.
    """

    @property
    def embedding(self) -> Embedding | None:
        """What its vectors come from; `None` until there are any."""

    def read(self, ids: Collection[ItemId]) -> dict[ItemId, StoredItem]:
        """Give those items that there are."""

    def write(
        self, puts: Sequence[NewItem], deletes: Collection[ItemId], embedding: Embedding | None, *, now: float
    ) -> None:
        """Put and delete at once. An item that is there keeps the time when it was made."""

    def listing(self, prefix: Namespace) -> Iterator[StoredItem]:
        """Give the items in a namespace and below it, the latest written first."""

    def unindexed(self, prefix: Namespace) -> Iterator[StoredItem]:
        """Give those of them that have no vectors."""

    def nearest(self, vector: Matrix, embedding: Embedding, prefix: Namespace, count: int) -> list[Hit]:
        """Give those nearest to a vector, the best first; fewer than `count` only if there are no more."""

    def with_words(self, query: str, prefix: Namespace, count: int) -> list[Hit]:
        """Give those that have words of a query, the best first; fewer than `count` only if there are no more."""

    def namespaces(self) -> list[Namespace]:
        """Give the namespaces that hold items."""

    def refresh(self, ids: Collection[ItemId], *, now: float) -> None:
        """Begin the time to live of items anew, where they have one."""

    def sweep(self, *, now: float) -> int:
        """Delete what has expired, and say how much that was."""

    def reembed(self, how: Reembedding) -> int:
        """Take other vectors and words for all items, and say how many there are. If that ends half-way, the old ones
        stay.
        """

    def close(self) -> None:
        """Let go of files and connections."""
