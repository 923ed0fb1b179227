"""Embeddings whose nearest neighbours can be told by reading: texts are alike by the words that they share."""

import zlib

from langchain_core.embeddings import Embeddings

DIMS = 256


class WordEmbeddings(Embeddings):
    """One dimension a word, by its hash; no model, no network, the same everywhere."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Count the words of each text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Count the words of a text."""
        vector = [0.0] * DIMS
        for word in text.lower().split():
            vector[zlib.crc32(word.encode()) % DIMS] += 1.0
        return vector


def cosine(one: str, other: str) -> float:
    """What the score of one text for the other must be."""
    a, b = WordEmbeddings().embed_documents([one, other])
    product = sum(x * y for x, y in zip(a, b, strict=True))
    return product / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5
