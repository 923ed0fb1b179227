"""A LangGraph store over Chroma: embedded, in memory, or on a server."""

from motet.memory.store.chroma_store import ChromaStore
from motet.memory.store.embedder import EmbeddingMismatchError

__all__ = ["ChromaStore", "EmbeddingMismatchError"]
