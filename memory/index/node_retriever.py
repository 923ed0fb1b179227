"""The codebase index as LlamaIndex knows such things: a retriever, for query engines and fusions of anybody's."""

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from motet.memory.index.code_index import CodeIndex
from motet.memory.index.found import Found


class CodeNodeRetriever(BaseRetriever):
    """Finds the functions, classes and modules that a question is about, as nodes with scores.

    A node's metadata has `path`, `start_line`, `end_line`, `symbol` and `kind`.

    Args:
        index: Where it looks.
        k: How many nodes to give at most.
    """

    def __init__(self, index: CodeIndex, k: int = 10) -> None:
        super().__init__()
        self._index = index
        self._k = k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [_node(found) for found in self._index.search(query_bundle.query_str, self._k)]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [_node(found) for found in await self._index.asearch(query_bundle.query_str, self._k)]


def _node(found: Found) -> NodeWithScore:
    name = f"{found.path}:{found.start_line}-{found.end_line}"
    node = TextNode(id_=name, text=found.text, metadata=found.model_dump(exclude={"text", "score"}))
    return NodeWithScore(node=node, score=found.score)
