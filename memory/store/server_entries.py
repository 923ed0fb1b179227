"""How items stand in a Chroma collection: one entry with the value, and one more for each further vector."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from motet.memory.store.chroma_index import labels_of
from motet.memory.store.items import ItemId, Matrix, StoredItem, Vectors
from motet.memory.store.texts import json_of
from motet.memory.store.tokens import tokens_of

UNSET = -1.0
"""Chroma's facts know no empty value; this stands for a time that is not set."""


class Entry(NamedTuple):
    """One entry of a collection."""

    name: str
    vector: Matrix
    facts: dict[str, Any]
    document: str


def name_of(one: ItemId) -> str:
    """The name of an item's entry: ids of Chroma are plain text, so both parts go into a hash."""
    return hashlib.sha256("\0".join((".".join(one.namespace), one.key)).encode()).hexdigest()


def names_of(main: str, facts: Mapping[str, Any]) -> list[str]:
    """The names of all entries of an item."""
    return [main, *(f"{main}.{number}" for number in range(1, int(facts["vectors"])))]


def document_of(value: Mapping[str, Any], text: str) -> str:
    """A value and the words of its text, a line each: as JSON holds no line break, `marked` finds nothing else."""
    return "\n".join([json_of(value), *tokens_of(text), ""])


def marked(token: str) -> str:
    """What a document contains that has this word."""
    return f"\n{token}\n"


def tokens_in(document: str) -> list[str]:
    """The words that a document was given."""
    return document.split("\n")[1:-1]


def entries_of(item: StoredItem, vectors: Vectors, text: str, dims: int) -> list[Entry]:
    """The entries of an item."""
    main = name_of(item.id)
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
        Entry(main, first, facts, document_of(item.value, text)),
        *(Entry(f"{main}.{number}", vector, beside, "") for number, (_, vector) in enumerate(vectors[1:], 1)),
    ]


def item_of(facts: Mapping[str, Any], document: str) -> StoredItem:
    """The item in an entry."""
    ttl_minutes, expires_at = float(facts["ttl_minutes"]), float(facts["expires_at"])
    return StoredItem(
        ItemId(tuple(str(facts["namespace"]).split(".")), str(facts["key"])),
        json.loads(document.partition("\n")[0]),
        float(facts["created_at"]),
        float(facts["updated_at"]),
        None if ttl_minutes < 0 else ttl_minutes,
        None if expires_at < 0 else expires_at,
        json.loads(str(facts["index"])),
    )


def _anywhere(name: str, dims: int) -> Matrix:
    """A place for an entry that no query may find; entries at one place would make the graph degenerate."""
    vector = np.random.default_rng(int(name[:16], 16)).standard_normal(dims).astype(np.float32)
    return vector / np.linalg.norm(vector)
