"""An index over a record's vectors: it can always be thrown away and made anew from the record."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from motet.memory.store.items import Matrix, Namespace


class Position(NamedTuple):
    """How far an index has followed its record."""

    vector: int = 0
    """The last vector that was added."""
    removal: int = 0
    """The last removal that was carried out."""
    embedding: str = ""
    """What its vectors come from; those of two embeddings cannot be compared."""


class VectorIndex(Protocol):
    """Finds vectors by their likeness. What it finds is looked up in the record, so an index may lag behind."""

    @property
    def position(self) -> Position:
        """How far it has come."""

    def add(self, ids: Sequence[int], namespaces: Sequence[Namespace], vectors: Matrix) -> None:
        """Take vectors in; to take one in twice changes nothing."""

    def remove(self, ids: Sequence[int]) -> None:
        """Forget vectors; those that it does not have are no matter."""

    def reached(self, position: Position) -> None:
        """Note how far it has come, once all up to there is in."""

    def nearest(self, vector: Matrix, prefix: Namespace, count: int) -> list[tuple[int, float]]:
        """Give ids with their cosine similarities, the best first; fewer than `count` only if there are no more."""

    def clear(self) -> None:
        """Forget everything, to be filled again from the record."""

    def close(self) -> None:
        """Let go of files."""
