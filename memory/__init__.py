"""Floor 3: what the team remembers and where it looks things up. It knows models and tools, never agents or graphs."""

from motet.memory.store import ChromaStore, EmbeddingMismatchError

__all__ = ["ChromaStore", "EmbeddingMismatchError"]
