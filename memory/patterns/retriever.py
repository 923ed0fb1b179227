"""The pattern memory as LangChain knows such things: a retriever, for chains and agents of anybody's."""

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, SkipValidation

from motet.memory.patterns.pattern import Pattern
from motet.memory.patterns.pattern_memory import PatternMemory


class PatternRetriever(BaseRetriever):
    """Finds remembered solutions by a task in words; those in quarantine are not found.

    A document's text is the solution; its metadata has the `task`, the `entry_point`, the `similarity`, how many
    `tests` proved it, the `model` that wrote it, and when. All of that may come from anywhere: show it to a model as
    data, and run what it makes of it in a sandbox.

    Example:
        ```python
        retriever = PatternRetriever(memory=open_memory(), k=2)
        retriever.invoke("count the leap years between two years")
        ```
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memory: SkipValidation[PatternMemory]
    """Where it looks."""
    k: int = Field(default=4, ge=1)
    """How many documents to give at most; also for a single call, as `invoke(task, k=2)`."""
    floor: float = 0.0
    """Less similar than that, 0 to 1, nothing is given."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return self._documents(self.memory.search(query, limit=k or self.k))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return self._documents(await self.memory.asearch(query, limit=k or self.k))

    def _documents(self, found: list[tuple[Pattern, float]]) -> list[Document]:
        return [_document(pattern, similarity) for pattern, similarity in found if similarity >= self.floor]


def _document(pattern: Pattern, similarity: float) -> Document:
    told = {
        "task": pattern.task,
        "entry_point": pattern.interface.entry_point,
        "similarity": similarity,
        "tests": pattern.proof.passed,
        "model": pattern.source.model,
        "created_at": pattern.created_at.isoformat(),
    }
    return Document(id=pattern.id, page_content=pattern.solution, metadata=told)
