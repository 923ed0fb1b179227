"""The embedding model inside: no key, no service, and after the first use no network."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from motet.models import DEFAULT_EMBEDDINGS, Progress, check_request_allowed, known_embeddings

if TYPE_CHECKING:
    from motet.memory.embeddings.encoder import Encoder, Vectors

TEXTS_AT_ONCE = 128
"""An async caller can be cancelled, and others get their turn, after so many texts."""


class LocalEmbeddings(Embeddings):
    """Embeds text in this process, for any LangChain application.

    It is cheap to make: weights are fetched, checked and loaded when it is first used, and shared by all that are made.
    Of a long text only the first `max_tokens` tokens are read; what stands behind them has no part in the vector.

    Args:
        model: The short name of an embedding model that `motet models list` shows.

    Raises:
        UnknownModelError: If there is no such model.

    Example:
        ```python
        store = InMemoryStore(index={"embed": LocalEmbeddings(), "dims": LocalEmbeddings().dimensions})
        ```
    """

    def __init__(self, model: str = DEFAULT_EMBEDDINGS.name) -> None:
        known = known_embeddings(model)
        self.model = known.name
        """The name that a store notes beside its vectors."""
        self.dimensions = known.dimensions
        """The length of a vector."""
        self.max_tokens = known.max_tokens
        """What is read of a text; 256 tokens are about 200 words, or 25 lines of code."""

    def prepare(self, progress: Progress | None = None) -> None:
        """Do now what the first use would wait for: fetch the weights and load them.

        Args:
            progress: Is told how far it has come; a progress bar on stderr without it.
        """
        self._encoder(progress)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed what is to be found. Unit vectors, in the order of the texts."""
        return self._encode(texts).tolist() if texts else []

    def embed_query(self, text: str) -> list[float]:
        """Embed what is asked. The same as for a document: this model knows no difference."""
        return self._encode([text])[0].tolist()

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed what is to be found, on another thread."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            vectors += await asyncio.to_thread(self.embed_documents, texts[start : start + TEXTS_AT_ONCE])
        return vectors

    async def aembed_query(self, text: str) -> list[float]:
        """Embed what is asked, on another thread."""
        return await asyncio.to_thread(self.embed_query, text)

    def _encode(self, texts: Sequence[str]) -> "Vectors":
        return self._encoder(None).encode(texts)

    def _encoder(self, progress: Progress | None) -> "Encoder":
        check_request_allowed(f"The embedding model {self.model}", "the embeddings of `langchain_core.embeddings.fake`")
        from motet.memory.embeddings.encoder import encoder_for

        return encoder_for(known_embeddings(self.model), progress)
