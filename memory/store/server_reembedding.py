"""Other embeddings for a collection on a Chroma server: a new one is filled beside it, and takes its name then."""

from collections.abc import Iterator, Sequence
from itertools import islice

import chromadb
import numpy as np
from chromadb.api import ClientAPI

from motet.memory.store.chroma_index import collection_of
from motet.memory.store.items import StoredItem
from motet.memory.store.record import Reembedding
from motet.memory.store.server_entries import Entry, entries_of

AT_ONCE = 64
"""Items that are embedded at once; enough to fill a model's batches."""


def open_collection(client: ClientAPI, name: str) -> chromadb.Collection:
    """Get or make a collection, and finish what was killed between the old one's end and the new one's name."""
    names = {one.name for one in client.list_collections()}
    if name not in names and _beside(name) in names:
        new = client.get_collection(_beside(name), embedding_function=None)
        if (new.metadata or {}).get("complete"):
            new.modify(name=name)
    return collection_of(client, name)


def renew(
    client: ClientAPI, old: chromadb.Collection, items: Iterator[StoredItem], how: Reembedding
) -> chromadb.Collection:
    """Fill a new collection with these items and let it take the place of the old one."""
    beside = _beside(old.name)
    if any(one.name == beside for one in client.list_collections()):
        client.delete_collection(beside)  # left by one that did not come to its end
    new = collection_of(client, beside)
    total, done = len(old.get(where={"main": True}, include=[])["ids"]), 0
    while page := list(islice(items, AT_ONCE)):
        rows = zip(page, how.vectors_of(page), strict=True)
        upsert(
            client,
            new,
            [entry for item, those in rows for entry in entries_of(item, those, how.text_of(item), how.embedding.dims)],
        )
        done += len(page)
        how.progress(done, max(done, total))
    new.modify(metadata={"embedding": how.embedding.name, "dims": how.embedding.dims, "words": True, "complete": True})
    client.delete_collection(old.name)
    new.modify(name=old.name)
    return new


def upsert(client: ClientAPI, collection: chromadb.Collection, entries: Sequence[Entry]) -> None:
    """Write entries, as many at once as the server takes."""
    step = client.get_max_batch_size()
    for start in range(0, len(entries), step):
        names, vectors, facts, documents = zip(*entries[start : start + step], strict=True)
        collection.upsert(
            ids=list(names), embeddings=np.stack(vectors), metadatas=list(facts), documents=list(documents)
        )


def _beside(name: str) -> str:
    return f"{name}-reembedded"
