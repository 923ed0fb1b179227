"""Exact search in memory: for processes that do not own the index on disk, and for questions that go deep."""

from collections.abc import Sequence

import numpy as np

from motet.memory.store.items import Matrix, Namespace
from motet.memory.store.namespaces import starts_with
from motet.memory.store.vector_index import Position


class ExactIndex:
    """Compares with every vector. 100,000 of 384 dimensions take 150 MB."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """See `VectorIndex`."""
        self.position = Position()
        self._blocks: list[Matrix] = []
        self._ids: list[int] = []
        self._codes: list[int] = []
        self._namespaces: dict[Namespace, int] = {}
        self._removed: set[int] = set()

    def add(self, ids: Sequence[int], namespaces: Sequence[Namespace], vectors: Matrix) -> None:
        """See `VectorIndex`."""
        if len(ids):
            self._blocks.append(vectors)
        self._ids.extend(ids)
        self._codes.extend(self._namespaces.setdefault(one, len(self._namespaces)) for one in namespaces)

    def remove(self, ids: Sequence[int]) -> None:
        """See `VectorIndex`."""
        self._removed.update(ids)

    def reached(self, position: Position) -> None:
        """See `VectorIndex`."""
        self.position = position

    def nearest(self, vector: Matrix, prefix: Namespace, count: int) -> list[tuple[int, float]]:
        """See `VectorIndex`."""
        self._tidy()
        if not self._ids:
            return []
        scores = self._blocks[0] @ vector
        ids = np.asarray(self._ids)
        if prefix:
            codes = [code for namespace, code in self._namespaces.items() if starts_with(namespace, prefix)]
            inside = np.isin(np.asarray(self._codes), codes)
            scores, ids = scores[inside], ids[inside]
        if len(ids) > count:
            best = np.argpartition(-scores, count)[:count]
            scores, ids = scores[best], ids[best]
        order = np.argsort(-scores, kind="stable")
        return [(int(ids[place]), float(scores[place])) for place in order]

    def close(self) -> None:
        """See `VectorIndex`."""
        self._blocks.clear()

    def _tidy(self) -> None:
        """Bring what came in pieces into one block, without what was removed."""
        if len(self._blocks) > 1:
            self._blocks = [np.concatenate(self._blocks)]
        if self._removed:
            stays = [place for place, one in enumerate(self._ids) if one not in self._removed]
            self._blocks = [self._blocks[0][stays]] if self._blocks else []
            self._ids = [self._ids[place] for place in stays]
            self._codes = [self._codes[place] for place in stays]
            self._removed.clear()
