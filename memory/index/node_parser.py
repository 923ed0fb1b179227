"""LlamaIndex's part: a node parser that cuts code where its syntax does."""

from collections.abc import Sequence
from typing import Any

from llama_index.core.node_parser.interface import NodeParser
from llama_index.core.node_parser.node_utils import build_nodes_from_splits
from llama_index.core.schema import BaseNode, Document, MetadataMode

from motet.memory.index.chunk import Chunk
from motet.memory.index.chunking import chunks_of


class CodeNodeParser(NodeParser):
    """Makes a node of each function, method, class and module; for any `IngestionPipeline`.

    A node's metadata says where it stands: `symbol`, `kind`, `start_line`, `end_line`, `signature`, `docstring` and
    `decorators`, beside those of its document, which must have a `path` by whose suffix the grammar is chosen.

    Example:
        ```python
        from llama_index.core import Document
        from motet.memory.index import CodeNodeParser

        document = Document(text="def double(n):\\n    return 2 * n\\n", metadata={"path": "numbers.py"})
        (node,) = CodeNodeParser().get_nodes_from_documents([document])
        assert node.metadata["symbol"] == "double"
        ```

    Raises:
        ValueError: A document has no `path`, or there is no grammar for it.
    """

    def _parse_nodes(self, nodes: Sequence[BaseNode], show_progress: bool = False, **_: Any) -> list[BaseNode]:
        parsed: list[BaseNode] = []
        for document in nodes:
            path = document.metadata.get("path")
            if not isinstance(path, str):
                raise ValueError("Each document needs a `path` in its metadata: it says which language it is in.")
            chunks = chunks_of(path, document.get_content(MetadataMode.NONE))
            made = build_nodes_from_splits([chunk.text for chunk in chunks], document, id_func=_name)
            for node, chunk in zip(made, chunks, strict=True):
                node.metadata.update(_metadata(chunk))
            parsed += made
        return parsed

    def _postprocess_parsed_nodes(self, nodes: list[BaseNode], parent_doc_map: dict[str, Document]) -> list[BaseNode]:
        """Add what documents know. The base class looks for each text in its document, where a class has gaps."""
        for node in nodes:
            source = node.source_node
            if source is not None:
                node.metadata = {**parent_doc_map[source.node_id].metadata, **node.metadata}
        return nodes


def chunk_of(node: BaseNode) -> Chunk:
    """Give back the chunk that a node was made of."""
    told = node.metadata
    return Chunk(
        symbol=told["symbol"],
        kind=told["kind"],
        start_line=told["start_line"],
        end_line=told["end_line"],
        text=node.get_content(MetadataMode.NONE),
        signature=told["signature"],
        docstring=told["docstring"],
        decorators=tuple(told["decorators"]),
    )


def _name(i: int, doc: BaseNode) -> str:
    return f"{doc.node_id}:{i}"


def _metadata(chunk: Chunk) -> dict[str, Any]:
    names = ("symbol", "kind", "start_line", "end_line", "signature", "docstring")
    return {**{name: getattr(chunk, name) for name in names}, "decorators": list(chunk.decorators)}
