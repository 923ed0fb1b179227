"""Opens a pattern memory: a folder on this machine, or a Chroma server."""

import os
from functools import cache
from pathlib import Path

from langchain_core.embeddings import Embeddings
from langgraph.store.base import IndexConfig
from platformdirs import user_data_path

from motet.memory.embeddings import dimensions_of, resolve_embeddings
from motet.memory.patterns.pattern_memory import PatternMemory
from motet.memory.patterns.shelf import TEXT_FIELD
from motet.memory.store import ChromaStore
from motet.memory.store.chroma_store import Progress


def memory_folder() -> Path:
    """Where the user's own memory lies: under `MOTET_STATE_DIR`, or else where the user's system keeps data."""
    root = os.environ.get("MOTET_STATE_DIR")
    return (Path(root).expanduser() if root else user_data_path("motet")).absolute() / "memory"


def open_memory(
    place: str | Path | None = None, *, embeddings: str | Embeddings = "local", reembed: bool = False
) -> PatternMemory:
    """Open a pattern memory, made where there is none. Several processes may have one folder open at once.

    It fetches the embedding model where that is not there yet (23 MB), and loads it.

    Args:
        place: A folder, or the URL of a Chroma server; the user's own memory if left out.
        embeddings: What compares tasks, or a spec for `resolve_embeddings`.
        reembed: Embed everything anew where the memory was made with other embeddings.

    Raises:
        EmbeddingMismatchError: It was made with other embeddings.
        ModelError: The embedding model cannot be had.
        ValueError: The server does not answer.
    """
    model = resolve_embeddings(embeddings)
    return PatternMemory(_store(place, _index(model), reembed=reembed), embeddings=model)


def reembed_memory(
    place: str | Path | None = None,
    *,
    embeddings: str | Embeddings = "local",
    progress: Progress = lambda done, total: None,
) -> None:
    """Embed the patterns of a memory anew, whichever embeddings it was made with. It all comes into force at the end.

    Args:
        place: See `open_memory`.
        embeddings: What is to compare tasks from now on.
        progress: Called as `progress(done, total)` now and then.

    Raises:
        ModelError: The embedding model cannot be had.
        ValueError: The server does not answer.
    """
    store = _store(place, None)
    try:
        store.reembed(_index(resolve_embeddings(embeddings)), progress=progress)
    finally:
        store.close()


def resolve_memory(spec: str | Path | PatternMemory) -> PatternMemory:
    """Open the memory that a user named, once in a process.

    Args:
        spec: `local` for the user's own, a folder, the URL of a Chroma server, or a memory, which is returned as it is.

    Raises:
        EmbeddingMismatchError: It was made with other embeddings.
        ModelError: The embedding model cannot be had.
        ValueError: The server does not answer.
    """
    if isinstance(spec, PatternMemory):
        return spec
    if spec == "local":
        return _opened(str(memory_folder()))
    return _opened(str(spec))


@cache
def _opened(place: str) -> PatternMemory:
    return open_memory(place)


def _index(model: Embeddings) -> IndexConfig:
    return {"dims": dimensions_of(model), "embed": model, "fields": [TEXT_FIELD]}


def _store(place: str | Path | None, index: IndexConfig | None, *, reembed: bool = False) -> ChromaStore:
    if isinstance(place, str) and place.startswith(("http://", "https://")):
        return ChromaStore.connect(place, collection="motet-patterns", index=index, reembed=reembed)
    return ChromaStore(place or memory_folder(), index=index, reembed=reembed)
