"""The codebase index as LangChain knows such things: a retriever, for chains and agents of anybody's."""

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, SkipValidation

from motet.memory.index.code_index import CodeIndex
from motet.memory.index.found import Found


class CodeRetriever(BaseRetriever):
    """Finds the functions, classes and modules that a question is about.

    A document's text is the code; its metadata has `path`, `start_line`, `end_line`, `symbol`, `kind` and `score`.

    Example:
        ```python
        retriever = CodeRetriever(index=CodeIndex("path/to/repository", embeddings=None), k=5)
        retriever.invoke("Where are cookies merged into a request?")
        ```
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: SkipValidation[CodeIndex]
    """Where it looks."""
    k: int = Field(default=10, ge=1)
    """How many documents to give at most; also for a single call, as `invoke(question, k=3)`."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return [_document(found) for found in self.index.search(query, self.k if k is None else k)]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return [_document(found) for found in await self.index.asearch(query, self.k if k is None else k)]


def _document(found: Found) -> Document:
    name = f"{found.path}:{found.start_line}-{found.end_line}"
    return Document(id=name, page_content=found.text, metadata=found.model_dump(exclude={"text"}))
