"""The codebase index: where in a repository a question leads, found on this machine without a chat model.

What stands on LlamaIndex is imported when it is first asked for, since that takes two seconds which a search can do
without.
"""

from typing import TYPE_CHECKING, Any

from motet.memory.index.chunk import Chunk
from motet.memory.index.chunking import chunks_of
from motet.memory.index.code_index import CodeIndex, index_folder
from motet.memory.index.found import Found, FoundFile, IndexStats, Reference
from motet.memory.index.locating import find_references, find_symbol
from motet.memory.index.refreshing import Refreshed
from motet.memory.index.repo_map import count_tokens, repo_map
from motet.memory.index.retriever import CodeRetriever
from motet.memory.index.signals import SIGNALS, Signal
from motet.memory.index.tools import create_code_tools
from motet.memory.index.tree import Skipped
from motet.tools.git import NoRepositoryError

if TYPE_CHECKING:
    from motet.memory.index.node_parser import CodeNodeParser
    from motet.memory.index.node_retriever import CodeNodeRetriever

__all__ = [
    "SIGNALS",
    "Chunk",
    "CodeIndex",
    "CodeNodeParser",
    "CodeNodeRetriever",
    "CodeRetriever",
    "Found",
    "FoundFile",
    "IndexStats",
    "NoRepositoryError",
    "Reference",
    "Refreshed",
    "Signal",
    "Skipped",
    "chunks_of",
    "count_tokens",
    "create_code_tools",
    "find_references",
    "find_symbol",
    "index_folder",
    "repo_map",
]


def __getattr__(name: str) -> Any:
    if name == "CodeNodeParser":
        from motet.memory.index.node_parser import CodeNodeParser

        return CodeNodeParser
    if name == "CodeNodeRetriever":
        from motet.memory.index.node_retriever import CodeNodeRetriever

        return CodeNodeRetriever
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
