"""What turns text into vectors: a model inside, or any of LangChain's."""

from motet.memory.embeddings.local import LocalEmbeddings
from motet.memory.embeddings.resolve import dimensions_of, resolve_embeddings

__all__ = ["LocalEmbeddings", "dimensions_of", "resolve_embeddings"]
