"""From files to what is kept of them: LlamaIndex's pipeline, with a document store that knows files by content."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from llama_index.core import Document
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.schema import BaseNode
from llama_index.core.storage.docstore.keyval_docstore import KVDocumentStore

from motet.memory.index.kv_store import SqliteKVStore
from motet.memory.index.languages import language_of
from motet.memory.index.node_parser import CodeNodeParser, chunk_of
from motet.memory.index.storage import Storage


class Ingestion:
    """Takes in files that are new to a storage.

    Args:
        storage: Where what is made of them is kept.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._documents = KVDocumentStore(SqliteKVStore(storage.database))
        self._pipeline = IngestionPipeline(
            transformations=[CodeNodeParser()],
            docstore=self._documents,
            # A document is named for its content, so one that is known is the same; nothing is ever put in its place.
            docstore_strategy=DocstoreStrategy.DUPLICATES_ONLY,
            disable_cache=True,
        )

    def take(self, files: Iterable[tuple[str, str, str]]) -> None:
        """Cut files into chunks and keep these; the caller has begun to write.

        Args:
            files: The name of what is made of each, its path, and its text.
        """
        files = list(files)
        self.forget(name for name, _, _ in files)  # what it knows of them was lost
        documents = [Document(id_=name, text=text, metadata=_about(path)) for name, path, text in files]
        nodes = self._pipeline.run(documents=documents, store_doc_text=False)
        found = {name: list(group) for name, group in groupby(nodes, key=_source)}
        for document in documents:
            path = document.metadata["path"]
            self._storage.add(document.node_id, path, [chunk_of(node) for node in found.get(document.node_id, ())])

    def forget(self, names: Iterable[str]) -> None:
        """Forget documents, so that they are taken again; the caller has begun to write."""
        for name in names:
            if self._documents.get_document_hash(name) is not None:
                self._documents.delete_document(name, raise_error=False)


def _about(path: str) -> dict[str, Any]:
    language = language_of(path)
    return {"path": path, "language": language.name if language else ""}


def _source(node: BaseNode) -> str:
    return node.ref_doc_id or ""
