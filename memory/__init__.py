"""Floor 3: what the team remembers and where it looks things up. It knows models and tools, never agents or graphs."""

from motet.memory.embeddings import LocalEmbeddings, dimensions_of, resolve_embeddings
from motet.memory.patterns import (
    Admission,
    Draft,
    ImportReport,
    Interface,
    MemoryStats,
    Pattern,
    PatternMemory,
    PatternRetriever,
    PatternTests,
    Proof,
    Recalled,
    Source,
    Use,
    Worth,
    memory_folder,
    open_memory,
    resolve_memory,
)
from motet.memory.store import ChromaStore, EmbeddingMismatchError

__all__ = [
    "Admission",
    "ChromaStore",
    "Draft",
    "EmbeddingMismatchError",
    "ImportReport",
    "Interface",
    "LocalEmbeddings",
    "MemoryStats",
    "Pattern",
    "PatternMemory",
    "PatternRetriever",
    "PatternTests",
    "Proof",
    "Recalled",
    "Source",
    "Use",
    "Worth",
    "dimensions_of",
    "memory_folder",
    "open_memory",
    "resolve_embeddings",
    "resolve_memory",
]
