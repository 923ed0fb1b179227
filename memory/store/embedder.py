"""From texts to vectors of length one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings
from langgraph.store.base import IndexConfig, ensure_embeddings

from motet.memory.store.items import Embedding, Matrix


class EmbeddingMismatchError(Exception):
    """A store's vectors come from other embeddings than those it was opened with.

    Args:
        stored: The embeddings that the vectors come from.
        given: Those that it was opened with.
    """

    def __init__(self, stored: str, given: str) -> None:
        self.stored = stored
        self.given = given
        super().__init__(
            f"The vectors of this store come from {stored}, and it was opened with {given}: their vectors cannot be "
            f"compared. Open it with {stored}, or embed everything anew: `motet memory reembed` for the memory of the "
            f"`motet` command, `ChromaStore(...).reembed(index)` for a store of your own."
        )


class Embedder:
    """Embeds what an `IndexConfig` names.

    Args:
        config: As LangGraph's stores take it: `dims`, `embed` and `fields`, and here `model` as well, the name to note
            beside the vectors where the embeddings do not tell it themselves.
    """

    def __init__(self, config: IndexConfig) -> None:
        self.embeddings: Embeddings = ensure_embeddings(config.get("embed"))
        self.embedding = Embedding(str(config.get("model") or name_of(self.embeddings)), config["dims"])

    def documents(self, texts: Sequence[str]) -> Matrix:
        """Embed what is stored."""
        return self._matrix(self.embeddings.embed_documents(list(texts)) if texts else [])

    async def adocuments(self, texts: Sequence[str]) -> Matrix:
        """Embed what is stored."""
        return self._matrix(await self.embeddings.aembed_documents(list(texts)) if texts else [])

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Embed what is asked."""
        return self._matrix([self.embeddings.embed_query(text) for text in texts])

    async def aqueries(self, texts: Sequence[str]) -> Matrix:
        """Embed what is asked."""
        return self._matrix([await self.embeddings.aembed_query(text) for text in texts])

    def _matrix(self, vectors: Sequence[Sequence[float]]) -> Matrix:
        name, dims = self.embedding
        wrong = next((len(vector) for vector in vectors if len(vector) != dims), None)
        if wrong is not None:
            raise ValueError(f"{name} gave a vector of {wrong} dimensions; the store is made for {dims}.")
        matrix = np.asarray(vectors, dtype=np.float32).reshape(-1, dims)
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        return np.divide(matrix, lengths, out=np.zeros_like(matrix), where=lengths > 0)


def name_of(embeddings: Embeddings) -> str:
    """A name that stays the same from one process to the next."""
    described: Mapping[str, Any] = vars(embeddings)
    model = next((described[name] for name in ("model", "model_name", "model_id") if described.get(name)), None)
    kind = type(embeddings).__name__
    return f"{kind} {model}" if model else kind
