"""Search by words among many texts: BM25 over columns of numbers, so that a whole bug report takes milliseconds."""

import numpy as np
import numpy.typing as npt

from motet.memory.index.postings import Postings, number_of
from motet.memory.store.bm25 import weight

Scores = npt.NDArray[np.float64]

SATURATION, LENGTH = 2.0, 0.4
"""BM25's k1 and b. Code repeats a word more often than prose before it stops telling something, and is long for other
reasons; chosen on the messages of commits, see `benchmarks/RESULTS.md`."""


class Words:
    """The words of texts that have numbers.

    Args:
        postings: Which text has which word how often.
        size: How many texts there are.
    """

    def __init__(self, postings: Postings, size: int) -> None:
        order = np.argsort(postings.words, kind="stable")
        self._words = postings.words[order]
        self._texts = postings.texts[order]
        self._counts = postings.counts[order].astype(np.float32)
        self.size = size
        lengths = np.bincount(self._texts, self._counts, size)
        usual = max(1.0, float(lengths.mean())) if size else 1.0
        self._damping = SATURATION * (1 - LENGTH + LENGTH * lengths / usual)

    def scores(self, weights: dict[str, float]) -> Scores:
        """How well each text answers the words of a question, by BM25; the weights are those of the question."""
        scores = np.zeros(self.size)
        for word, asked in weights.items():
            texts, counts = self._having(word)
            worth = asked * weight(len(texts), self.size) * (SATURATION + 1)
            scores[texts] += worth * counts / (counts + self._damping[texts])
        return scores

    def sums(self, weights: dict[str, float]) -> Scores:
        """The sum of the weights of the words that each text has; for texts that are a few words long."""
        scores = np.zeros(self.size)
        for word, worth in weights.items():
            texts, _ = self._having(word)
            scores[texts] += worth
        return scores

    def rarity(self, word: str) -> float:
        """What a word weighs by how few texts have it; 0 if none has."""
        texts, _ = self._having(word)
        return weight(len(texts), self.size) if len(texts) else 0.0

    def texts_with(self, words: list[str]) -> npt.NDArray[np.uint32]:
        """The texts that have all of some words."""
        found = [self._having(word)[0] for word in words]
        if not found:
            return np.zeros(0, dtype=np.uint32)
        common = found[0]
        for more in found[1:]:
            common = np.intersect1d(common, more)
        return common

    def _having(self, word: str) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]]:
        number = np.uint32(number_of(word))
        first, last = np.searchsorted(self._words, number, "left"), np.searchsorted(self._words, number, "right")
        return self._texts[first:last], self._counts[first:last]
