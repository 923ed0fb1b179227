"""Chroma's graph index over the vectors of a record, in a folder of its own.

Chroma's embedded client is not made for several processes: a second one was seen to get deleted entries and to miss new
ones. So only the process that holds the folder's lock opens it, and what it holds can be made anew from the record.
"""

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import chromadb
from chromadb.api import ClientAPI
from chromadb.api.client import Client
from chromadb.api.collection_configuration import CreateHNSWConfiguration
from chromadb.api.types import Metadata, Where
from chromadb.config import Settings

from motet.memory.store.items import Matrix, Namespace
from motet.memory.store.vector_index import Position

log = logging.getLogger(__name__)

HNSW: CreateHNSWConfiguration = {"space": "cosine", "ef_construction": 200, "ef_search": 400, "max_neighbors": 32}
"""Recall@10 on random vectors was 0.72 with Chroma's own numbers; these bring it to 0.98 and more for little time."""
WIDER = 4
"""How many times as many neighbours are looked at to find enough in one namespace."""
SETTINGS = Settings(anonymized_telemetry=False)


def collection_of(client: ClientAPI, name: str) -> chromadb.Collection:
    """Get or make a collection that embeds nothing by itself: Chroma's default would fetch a model in silence."""
    return client.get_or_create_collection(name, embedding_function=None, configuration={"hnsw": HNSW})


def within(prefix: Namespace) -> Where | None:
    """The condition that keeps a query in a namespace and below it."""
    labels: list[Where] = [{f"ns{depth}": label} for depth, label in enumerate(prefix)]
    return None if not labels else labels[0] if len(labels) == 1 else {"$and": labels}


def labels_of(namespace: Namespace) -> dict[str, str]:
    """What `within` looks at."""
    return {f"ns{depth}": label for depth, label in enumerate(namespace)}


class ChromaIndex:
    """A `VectorIndex` on Chroma.

    Args:
        client: An embedded client that nobody else uses.
        name: The collection's name.
    """

    def __init__(self, client: ClientAPI, name: str = "motet") -> None:
        self._client = client
        self._collection = collection_of(client, name)

    @classmethod
    def open(cls, folder: Path) -> "ChromaIndex":
        """Open a folder that no other process has open; what cannot be opened there is left, and begun anew."""
        folder.mkdir(parents=True, exist_ok=True)
        # Chroma remembers a folder that it failed to open for as long as the process lives, so another takes its place.
        numbers = sorted(int(one.name) for one in folder.iterdir() if one.name.isdigit())
        newest = numbers[-1] if numbers else 1
        try:
            return cls(chromadb.PersistentClient(folder / str(newest), SETTINGS))
        except Exception as problem:  # Chroma has no error of its own for what it cannot read
            log.warning("The index in %s cannot be opened (%s); it is made anew from the record.", folder, problem)
            shutil.rmtree(folder / str(newest))
            return cls(chromadb.PersistentClient(folder / str(newest + 1), SETTINGS))

    @property
    def position(self) -> Position:
        """See `VectorIndex`."""
        noted = self._collection.metadata or {}
        return Position(int(noted.get("vector", 0)), int(noted.get("removal", 0)), str(noted.get("embedding", "")))

    def add(self, ids: Sequence[int], namespaces: Sequence[Namespace], vectors: Matrix) -> None:
        """See `VectorIndex`."""
        step = self._client.get_max_batch_size()
        for start in range(0, len(ids), step):
            part = slice(start, start + step)
            self._collection.upsert(
                ids=[str(one) for one in ids[part]],
                embeddings=vectors[part],
                metadatas=[labels_of(one) for one in namespaces[part]],
            )

    def remove(self, ids: Sequence[int]) -> None:
        """See `VectorIndex`."""
        step = self._client.get_max_batch_size()
        for start in range(0, len(ids), step):
            self._collection.delete(ids=[str(one) for one in ids[start : start + step]])

    def reached(self, position: Position) -> None:
        """See `VectorIndex`."""
        self._collection.modify(metadata=position._asdict())

    def nearest(self, vector: Matrix, prefix: Namespace, count: int) -> list[tuple[int, float]]:
        """See `VectorIndex`."""
        labels = labels_of(prefix)
        if labels:
            # Chroma looks a condition up among all entries before it searches, which takes longer the more there are.
            # Mostly enough of what is near lies where it is wanted.
            near = self._query(vector, WIDER * count, None)
            inside = [(one, score) for one, score, noted in near if labels.items() <= noted.items()]
            if len(inside) >= count:
                return inside[:count]
        return [(one, score) for one, score, _ in self._query(vector, count, within(prefix))]

    def _query(self, vector: Matrix, count: int, condition: Where | None) -> list[tuple[int, float, Metadata]]:
        found = self._collection.query(
            query_embeddings=vector[None], n_results=count, where=condition, include=["distances", "metadatas"]
        )
        distances, noted = (found["distances"] or [[]])[0], (found["metadatas"] or [[]])[0]
        rows = zip(found["ids"][0], distances, noted, strict=True)
        return [(int(one), 1.0 - distance, facts or {}) for one, distance, facts in rows]

    def clear(self) -> None:
        """See `VectorIndex`."""
        name = self._collection.name
        self._client.delete_collection(name)
        self._collection = collection_of(self._client, name)

    def is_sound(self, total: int, samples: Sequence[Matrix]) -> bool:
        """Look whether it holds what it should, and whether vectors of the record find themselves in it."""
        try:
            if self._collection.count() != total:
                return False
            found = [
                any(score > 0.999 for _, score in self.nearest(vector, (), 1)) for vector in samples if vector.any()
            ]
            # A sound graph may miss a vector too, but not most of them.
            return sum(found) >= len(found) / 2
        except Exception as problem:  # whatever is wrong with it, it is made anew
            log.warning("The index cannot be read: %s", problem)
            return False

    def close(self) -> None:
        """See `VectorIndex`."""
        cast(Client, self._client).close()  # Chroma's own protocol leaves `close` out
