"""The record on a Chroma server, for teams of processes and machines: there Chroma itself is what keeps.

Each item is one entry with its value as the document, and one more entry for each further vector. The server serialises
writers and shows each what the others wrote, which the embedded client does not.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.api.types import Metadata, Where

from motet.memory.store.chroma_index import collection_of, labels_of, within
from motet.memory.store.items import Hit, ItemId, Matrix, Namespace, NewItem, StoredItem, Vectors

PAGE = 500
"""Entries that are read at once."""
UNSET = -1.0
"""Chroma's facts know no empty value; this stands for a time that is not set."""


class Entry(NamedTuple):
    """One entry of a collection."""

    name: str
    vector: Matrix
    facts: dict[str, Any]
    document: str


class ServerRecord:
    """A `Record` in a collection of a Chroma client.

    Args:
        client: A client of a server, or any other that does not need protection from a second process.
        name: The collection's name.
        dims: Of the vectors; where nothing is embedded any number does.
    """

    def __init__(self, client: ClientAPI, name: str, dims: int) -> None:
        self._client = client
        self._collection = collection_of(client, name)
        self._dims = dims

    @property
    def embedding(self) -> str | None:
        """See `Record`."""
        return (self._collection.metadata or {}).get("embedding")

    def set_embedding(self, name: str, dims: int) -> None:
        """See `Record`."""
        self._collection.modify(metadata={"embedding": name, "dims": dims})

    def replace_vectors(self, fresh: Iterable[tuple[StoredItem, Vectors]], name: str, dims: int) -> None:
        """See `Record`."""
        old = self._collection
        beside = f"{old.name}-reembedded"
        if any(one.name == beside for one in self._client.list_collections()):
            self._client.delete_collection(beside)  # left by one that did not come to its end
        new = collection_of(self._client, beside)
        new.modify(metadata={"embedding": name, "dims": dims})
        for item, vectors in fresh:
            self._upsert(new, _entries_of(item, vectors, dims))
        self._client.delete_collection(old.name)
        new.modify(name=old.name)
        self._collection, self._dims = new, dims

    def read(self, ids: Collection[ItemId]) -> dict[ItemId, StoredItem]:
        """See `Record`."""
        return {item.id: item for item in self._get([_name(one) for one in ids])}

    def write(self, puts: Sequence[NewItem], deletes: Collection[ItemId], *, now: float) -> None:
        """See `Record`."""
        before = self._facts([_name(one) for one in (*deletes, *(new.id for new in puts))])
        stale = {entry for one in (*deletes, *(new.id for new in puts)) for entry in _entries_before(one, before)}
        entries: list[Entry] = []
        for new in puts:
            item = StoredItem(
                new.id,
                dict(new.value),
                created_at=float(before.get(_name(new.id), {}).get("created_at", now)),
                updated_at=now,
                ttl_minutes=new.ttl_minutes,
                expires_at=None if new.ttl_minutes is None else now + 60 * new.ttl_minutes,
                index=new.index,
            )
            entries += _entries_of(item, new.vectors, self._dims)
        self._upsert(self._collection, entries)
        self._remove(sorted(stale - {entry.name for entry in entries}))

    def listing(self, prefix: Namespace) -> Iterator[StoredItem]:
        """See `Record`."""
        return self._listed({"main": True}, prefix)

    def unindexed(self, prefix: Namespace) -> Iterator[StoredItem]:
        """See `Record`."""
        return self._listed({"found": False}, prefix)

    def nearest(self, vector: Matrix, prefix: Namespace, count: int) -> list[Hit]:
        """See `Record`."""
        condition = _both({"found": True}, within(prefix))
        asked = max(count, 10)
        while True:
            near = self._collection.query(
                query_embeddings=vector[None], n_results=asked, where=condition, include=["distances", "metadatas"]
            )
            distances, facts = (near["distances"] or [[]])[0], (near["metadatas"] or [[]])[0]
            pairs = [(1.0 - distance, noted) for distance, noted in zip(distances, facts, strict=True)]
            if len(pairs) < asked:
                # A graph may miss some, most of all among vectors that are alike; only when it gives less is that seen.
                pairs = self._compared(vector, condition)
            best: dict[str, float] = {}
            for score, noted in pairs:
                best.setdefault(str(noted["item"]), score)
            if len(best) >= count or len(distances) < asked:
                items = {_name(item.id): item for item in self._get(list(best)[:count])}
                return [Hit(items[name], score) for name, score in best.items() if name in items]
            asked *= 4

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
        facts = self._facts([_name(one) for one in ids])
        mortal = {name: noted for name, noted in facts.items() if float(noted["ttl_minutes"]) >= 0}
        if mortal:
            anew: list[Metadata] = [{"expires_at": now + 60 * float(noted["ttl_minutes"])} for noted in mortal.values()]
            self._collection.update(ids=list(mortal), metadatas=anew)

    def sweep(self, *, now: float) -> int:
        """See `Record`."""
        over: Where = {"$and": [{"expires_at": {"$gte": 0.0}}, {"expires_at": {"$lte": now}}]}
        found = self._collection.get(where=over, include=["metadatas"])
        noted = dict(zip(found["ids"], found["metadatas"] or [], strict=True))
        self._remove([name for main, facts in noted.items() for name in _names(main, facts)])
        return len(noted)

    def close(self) -> None:
        """See `Record`. The client is the caller's."""

    def _facts(self, names: list[str]) -> dict[str, Mapping[str, Any]]:
        if not names:
            return {}
        found = self._collection.get(ids=names, include=["metadatas"])
        return dict(zip(found["ids"], found["metadatas"] or [], strict=True))

    def _get(self, names: list[str]) -> list[StoredItem]:
        if not names:
            return []
        found = self._collection.get(ids=names, include=["metadatas", "documents"])
        pairs = zip(found["metadatas"] or [], found["documents"] or [], strict=True)
        return [_item(facts, document) for facts, document in pairs]

    def _listed(self, condition: Where, prefix: Namespace) -> Iterator[StoredItem]:
        found = self._collection.get(where=_both(condition, within(prefix)), include=["metadatas"])
        written: dict[str, Any] = {
            name: facts["updated_at"] for name, facts in zip(found["ids"], found["metadatas"] or [], strict=True)
        }
        names = sorted(written, key=lambda name: float(written[name]), reverse=True)
        for start in range(0, len(names), PAGE):
            page = {_name(item.id): item for item in self._get(names[start : start + PAGE])}
            yield from (page[name] for name in names[start : start + PAGE] if name in page)

    def _upsert(self, collection: chromadb.Collection, entries: Sequence[Entry]) -> None:
        step = self._client.get_max_batch_size()
        for start in range(0, len(entries), step):
            names, vectors, facts, documents = zip(*entries[start : start + step], strict=True)
            collection.upsert(
                ids=list(names), embeddings=np.stack(vectors), metadatas=list(facts), documents=list(documents)
            )

    def _remove(self, names: Sequence[str]) -> None:
        step = self._client.get_max_batch_size()
        for start in range(0, len(names), step):
            self._collection.delete(ids=list(names[start : start + step]))


def _name(one: ItemId) -> str:
    """The name of an item's entry: ids of Chroma are plain text, so both parts go into a hash."""
    return hashlib.sha256("\0".join((".".join(one.namespace), one.key)).encode()).hexdigest()


def _names(main: str, facts: Mapping[str, Any]) -> list[str]:
    """The names of all entries of an item."""
    return [main, *(f"{main}.{number}" for number in range(1, int(facts["vectors"])))]


def _entries_before(one: ItemId, before: Mapping[str, Mapping[str, Any]]) -> list[str]:
    main = _name(one)
    return _names(main, before[main]) if main in before else []


def _entries_of(item: StoredItem, vectors: Vectors, dims: int) -> list[Entry]:
    main = _name(item.id)
    labels = labels_of(item.id.namespace)
    facts = {
        **labels,
        "namespace": ".".join(item.id.namespace),
        "key": item.id.key,
        "item": main,
        "main": True,
        "found": bool(vectors),
        "vectors": max(1, len(vectors)),
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        # Facts are merged on overwrite, so what is not set must be written too.
        "ttl_minutes": UNSET if item.ttl_minutes is None else item.ttl_minutes,
        "expires_at": UNSET if item.expires_at is None else item.expires_at,
        "index": json.dumps(item.index),
    }
    first = vectors[0][1] if vectors else _anywhere(main, dims)
    beside = {**labels, "item": main, "main": False, "found": True}
    return [
        Entry(main, first, facts, json.dumps(item.value, ensure_ascii=False)),
        *(Entry(f"{main}.{number}", vector, beside, "") for number, (_, vector) in enumerate(vectors[1:], 1)),
    ]


def _both(condition: Where, other: Where | None) -> Where:
    return condition if other is None else {"$and": [condition, other]}


def _anywhere(name: str, dims: int) -> Matrix:
    """A place for an entry that no query may find; entries at one place would make the graph degenerate."""
    vector = np.random.default_rng(int(name[:16], 16)).standard_normal(dims).astype(np.float32)
    return vector / np.linalg.norm(vector)


def _item(facts: Mapping[str, Any], document: str) -> StoredItem:
    ttl_minutes, expires_at = float(facts["ttl_minutes"]), float(facts["expires_at"])
    return StoredItem(
        ItemId(tuple(str(facts["namespace"]).split(".")), str(facts["key"])),
        json.loads(document),
        float(facts["created_at"]),
        float(facts["updated_at"]),
        None if ttl_minutes < 0 else ttl_minutes,
        None if expires_at < 0 else expires_at,
        json.loads(str(facts["index"])),
    )
