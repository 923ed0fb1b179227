"""From a task to the patterns that may help with it."""

from collections.abc import Sequence

import numpy as np
from langchain_core.embeddings import Embeddings
from langgraph.store.base import SearchItem
from pydantic import BaseModel, ConfigDict

from motet.memory.patterns.interface import Interface
from motet.memory.patterns.kinship import Kinship, kinship_of
from motet.memory.patterns.likeness import likeness
from motet.memory.patterns.pattern import Pattern, pattern_id
from motet.memory.patterns.shelf import TEXT_FIELD, Shelf, pattern_of
from motet.memory.patterns.uses import Worth
from motet.memory.store import ChromaStore

LOOKED_AT = 20
"""How many patterns each way of searching brings in."""


class Recalled(BaseModel):
    """A pattern that came to mind."""

    model_config = ConfigDict(frozen=True)

    pattern: Pattern
    similarity: float
    """Of the tasks, in meaning and in words, at most 1."""
    fits: bool
    """Whether its solution can be called as the new task wants it, but for its name."""
    kinship: Kinship
    """How its task and the new one belong together."""
    worth: Worth

    @property
    def score(self) -> float:
        """What it is ranked by: similarity, up to a fifth more or less by what it has earned."""
        return self.similarity * (0.8 + 0.4 * self.worth.utility)


def search(
    shelf: Shelf, embeddings: Embeddings | None, gist: str, *, limit: int = LOOKED_AT
) -> list[tuple[Pattern, float]]:
    """Find patterns by meaning and by words.

    Returns:
        Patterns with their similarity, the most similar first.
    """
    near = shelf.store.search(shelf.live, query=gist, limit=limit)
    found: dict[str, tuple[SearchItem, float]] = {
        item.key: (item, item.score) for item in near if item.score is not None
    }
    if isinstance(shelf.store, ChromaStore):
        worded = [item for item in shelf.store.search_words(shelf.live, gist, limit=limit) if item.key not in found]
        cosines = _cosines(embeddings, gist, [str(item.value[TEXT_FIELD]) for item in worded])
        found.update({item.key: (item, cosine) for item, cosine in zip(worded, cosines, strict=True)})
    if not found:  # a store that has no vectors
        found = {item.key: (item, 0.0) for item in near}
    rated = [(item, likeness(cosine, gist, str(item.value[TEXT_FIELD]))) for item, cosine in found.values()]
    rated.sort(key=lambda pair: -pair[1])
    return [(pattern_of(item), similarity) for item, similarity in rated[:limit]]


def recall(
    shelf: Shelf,
    embeddings: Embeddings | None,
    task: str,
    gist: str,
    interface: Interface,
    *,
    floor: float,
) -> list[Recalled]:
    """Find patterns for a task, ranked; none less similar than `floor`."""
    same = pattern_id(task, gist, interface)
    found = [(pattern, similarity) for pattern, similarity in search(shelf, embeddings, gist) if similarity >= floor]
    known = shelf.get(same) if all(pattern.id != same for pattern, _ in found) else None
    if known is not None and known.quarantined is None:
        found.append((known, 1.0))
    worths = shelf.worths([pattern.id for pattern, _ in found])
    recalled: list[Recalled] = []
    for (pattern, measured), worth in zip(found, worths, strict=True):
        recalled.append(
            Recalled(
                pattern=pattern,
                similarity=1.0 if pattern.id == same else measured,
                fits=pattern.interface.fits(interface),
                kinship=kinship_of(gist, pattern.gist, same=pattern.id == same),
                worth=worth,
            )
        )
    return sorted(recalled, key=lambda one: (one.kinship != "same", -one.score))


def _cosines(embeddings: Embeddings | None, text: str, others: Sequence[str]) -> list[float]:
    if embeddings is None or not others:
        return [0.0] * len(others)
    mine = np.asarray(embeddings.embed_query(text), dtype=np.float32)
    theirs = np.asarray(embeddings.embed_documents(list(others)), dtype=np.float32)
    lengths = np.linalg.norm(theirs, axis=1) * np.linalg.norm(mine)
    return [float(value) for value in np.divide(theirs @ mine, lengths, out=np.zeros(len(others)), where=lengths > 0)]
