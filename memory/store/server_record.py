"""The record on a Chroma server, for teams of processes and machines: there Chroma itself is what keeps.

The server serialises writers and shows each what the others wrote, which the embedded client does not.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from chromadb.api import ClientAPI
from chromadb.api.types import Metadata, Where
from chromadb.errors import InternalError
from tenacity import retry, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_random

from motet.memory.store.bm25 import ranked
from motet.memory.store.chroma_index import collection_of, within
from motet.memory.store.embedder import EmbeddingMismatchError
from motet.memory.store.items import Embedding, Hit, ItemId, Matrix, Namespace, NewItem, StoredItem
from motet.memory.store.record import Reembedding
from motet.memory.store.server_entries import (
    Entry,
    document_of,
    entries_of,
    item_of,
    marked,
    name_of,
    names_of,
    tokens_in,
)
from motet.memory.store.server_reembedding import open_collection, renew, upsert
from motet.memory.store.server_words import candidates
from motet.memory.store.tokens import tokens_of

PAGE = 500
"""Entries that are read at once."""
NO_DIMS = 8
"""Of the places for entries where nothing is embedded; any number does."""


class ServerRecord:
    """A `Record` in a collection of a Chroma client.

    Args:
        client: A client of a server, or any other that does not need protection from a second process.
        name: The collection's name.
        text: Gives the text by which an item is found, for a collection that was made before there was search by words.
    """

    def __init__(self, client: ClientAPI, name: str, text: Callable[[StoredItem], str]) -> None:
        self._client = client
        self._text = text
        self._collection = open_collection(client, name)
        if not self._noted.get("words"):
            self._write_words()
            self._note(words=True)

    @property
    def embedding(self) -> Embedding | None:
        """See `Record`."""
        noted = self._noted
        return Embedding(str(noted["embedding"]), int(noted["dims"])) if "embedding" in noted else None

    def reembed(self, how: Reembedding) -> int:
        """See `Record`. Nobody else may write meanwhile: a server knows no transactions."""
        self._collection = renew(self._client, self._collection, self.listing(()), how)
        return len(self._collection.get(where={"main": True}, include=[])["ids"])

    def read(self, ids: Collection[ItemId]) -> dict[ItemId, StoredItem]:
        """See `Record`."""
        return {item.id: item for item in self._get([name_of(one) for one in ids])}

    def write(
        self, puts: Sequence[NewItem], deletes: Collection[ItemId], embedding: Embedding | None, *, now: float
    ) -> None:
        """See `Record`."""
        if embedding is not None and any(new.vectors for new in puts):
            self._agree_on(embedding)
        dims = self.embedding.dims if self.embedding else NO_DIMS
        before = self._facts([name_of(one) for one in (*deletes, *(new.id for new in puts))])
        stale = {entry for one in (*deletes, *(new.id for new in puts)) for entry in _entries_before(one, before)}
        entries: list[Entry] = []
        for new in puts:
            item = StoredItem(
                new.id,
                dict(new.value),
                created_at=float(before.get(name_of(new.id), {}).get("created_at", now)),
                updated_at=now,
                ttl_minutes=new.ttl_minutes,
                expires_at=None if new.ttl_minutes is None else now + 60 * new.ttl_minutes,
                index=new.index,
            )
            entries += entries_of(item, new.vectors, new.text, dims)
        upsert(self._client, self._collection, entries)
        self._remove(sorted(stale - {entry.name for entry in entries}))

    def listing(self, prefix: Namespace) -> Iterator[StoredItem]:
        """See `Record`."""
        return self._listed({"main": True}, prefix)

    def unindexed(self, prefix: Namespace) -> Iterator[StoredItem]:
        """See `Record`."""
        return self._listed({"found": False}, prefix)

    def nearest(self, vector: Matrix, embedding: Embedding, prefix: Namespace, count: int) -> list[Hit]:
        """See `Record`."""
        self._check(embedding)
        condition = _both({"found": True}, within(prefix))
        asked = max(count, 10)
        while True:
            near = self._by_graph(vector, condition, asked)
            # A graph may miss some, most of all among vectors that are alike; only when it gives less is that seen.
            pairs = near if len(near) >= asked else self._compared(vector, condition)
            best: dict[str, float] = {}
            for score, noted in pairs:
                best.setdefault(str(noted["item"]), score)
            if len(best) >= count or len(near) < asked:
                items = {name_of(item.id): item for item in self._get(list(best)[:count])}
                return [Hit(items[name], score) for name, score in best.items() if name in items]
            asked *= 4

    # While others delete, the server's graph may name an entry that is gone a moment later, and the query fails.
    @retry(
        retry=retry_if_exception_type(InternalError),
        stop=stop_after_attempt(3),
        wait=wait_random(0.01, 0.1),
        retry_error_callback=lambda _: [],
    )
    def _by_graph(self, vector: Matrix, condition: Where, count: int) -> list[tuple[float, Metadata]]:
        """What Chroma's graph gives, with scores; nothing where it gives none after several tries."""
        near = self._collection.query(
            query_embeddings=vector[None], n_results=count, where=condition, include=["distances", "metadatas"]
        )
        distances, facts = (near["distances"] or [[]])[0], (near["metadatas"] or [[]])[0]
        return [(1.0 - distance, noted) for distance, noted in zip(distances, facts, strict=True)]

    def with_words(self, query: str, prefix: Namespace, count: int) -> list[Hit]:
        """See `Record`."""
        condition = _both({"main": True}, within(prefix))

        def holders(token: str) -> list[str]:
            return self._collection.get(where=condition, where_document={"$contains": marked(token)}, include=[])["ids"]

        names, weights = candidates(tokens_of(query), holders, self._collection.count(), count)
        entries = self._entries(names)
        best = ranked({name: tokens_in(document) for name, (_, document) in entries.items()}, weights)[:count]
        return [Hit(item_of(*entries[name]), score) for name, score in best]

    # The graph of a collection that others are filling may not be readable for a moment; its vectors lie there too.
    @retry(
        retry=retry_if_exception_type(InternalError),
        stop=stop_after_delay(10),
        wait=wait_random(0.05, 0.3),
        reraise=True,
    )
    def _compared(self, vector: Matrix, condition: Where) -> list[tuple[float, Metadata]]:
        """Compare with every vector that a condition allows, the best first."""
        found = self._collection.get(where=condition, include=["embeddings", "metadatas"])
        if not found["ids"]:
            return []
        scores = np.asarray(found["embeddings"], dtype=np.float32) @ vector
        facts = found["metadatas"] or []
        return [(float(scores[place]), facts[place]) for place in np.argsort(-scores, kind="stable")]

    def namespaces(self) -> list[Namespace]:
        """See `Record`."""
        noted = self._collection.get(where={"main": True}, include=["metadatas"])["metadatas"] or []
        return list({tuple(str(facts["namespace"]).split(".")) for facts in noted})

    def refresh(self, ids: Collection[ItemId], *, now: float) -> None:
        """See `Record`."""
        facts = self._facts([name_of(one) for one in ids])
        mortal = {name: noted for name, noted in facts.items() if float(noted["ttl_minutes"]) >= 0}
        if mortal:
            anew: list[Metadata] = [{"expires_at": now + 60 * float(noted["ttl_minutes"])} for noted in mortal.values()]
            self._collection.update(ids=list(mortal), metadatas=anew)

    def sweep(self, *, now: float) -> int:
        """See `Record`."""
        over: Where = {"$and": [{"expires_at": {"$gte": 0.0}}, {"expires_at": {"$lte": now}}]}
        found = self._collection.get(where=over, include=["metadatas"])
        noted = dict(zip(found["ids"], found["metadatas"] or [], strict=True))
        self._remove([name for main, facts in noted.items() for name in names_of(main, facts)])
        return len(noted)

    def close(self) -> None:
        """See `Record`. The client is the caller's."""

    @property
    def _noted(self) -> dict[str, Any]:
        return dict(self._collection.metadata or {})

    def _note(self, **facts: str | int | bool) -> None:
        self._collection.modify(metadata={**self._noted, **facts})

    def _check(self, embedding: Embedding) -> None:
        stored = self.embedding
        if stored not in (None, embedding):
            raise EmbeddingMismatchError(str(stored), str(embedding))

    def _agree_on(self, embedding: Embedding) -> None:
        """See that vectors of these embeddings can be written."""
        if self.embedding is None:  # another process may have written the first
            self._collection = collection_of(self._client, self._collection.name)
        self._check(embedding)
        if self.embedding is not None:
            return
        if self._collection.count() and embedding.dims != NO_DIMS:
            # A collection's dimensions are those of its first entry, which was put before there were embeddings.
            how = Reembedding(embedding, lambda items: [[] for _ in items], self._text, lambda done, total: None)
            self._collection = renew(self._client, self._collection, self.listing(()), how)
        self._note(embedding=embedding.name, dims=embedding.dims)

    def _write_words(self) -> None:
        items = self.listing(())
        while page := list(islice(items, PAGE)):
            self._collection.update(
                ids=[name_of(item.id) for item in page],
                documents=[document_of(item.value, self._text(item)) for item in page],
            )

    def _facts(self, names: list[str]) -> dict[str, Mapping[str, Any]]:
        if not names:
            return {}
        found = self._collection.get(ids=names, include=["metadatas"])
        return dict(zip(found["ids"], found["metadatas"] or [], strict=True))

    def _get(self, names: list[str]) -> list[StoredItem]:
        return [item_of(facts, document) for facts, document in self._entries(names).values()]

    def _entries(self, names: list[str]) -> dict[str, tuple[Metadata, str]]:
        entries: dict[str, tuple[Metadata, str]] = {}
        for start in range(0, len(names), PAGE):
            found = self._collection.get(ids=names[start : start + PAGE], include=["metadatas", "documents"])
            pairs = zip(found["metadatas"] or [], found["documents"] or [], strict=True)
            entries |= zip(found["ids"], pairs, strict=True)
        return entries

    def _listed(self, condition: Where, prefix: Namespace) -> Iterator[StoredItem]:
        found = self._collection.get(where=_both(condition, within(prefix)), include=["metadatas"])
        written: dict[str, Any] = {
            name: facts["updated_at"] for name, facts in zip(found["ids"], found["metadatas"] or [], strict=True)
        }
        names = sorted(written, key=lambda name: float(written[name]), reverse=True)
        for start in range(0, len(names), PAGE):
            page = {name_of(item.id): item for item in self._get(names[start : start + PAGE])}
            yield from (page[name] for name in names[start : start + PAGE] if name in page)

    def _remove(self, names: Sequence[str]) -> None:
        step = self._client.get_max_batch_size()
        for start in range(0, len(names), step):
            self._collection.delete(ids=list(names[start : start + step]))


def _entries_before(one: ItemId, before: Mapping[str, Mapping[str, Any]]) -> list[str]:
    main = name_of(one)
    return names_of(main, before[main]) if main in before else []


def _both(condition: Where, other: Where | None) -> Where:
    return condition if other is None else {"$and": [condition, other]}
