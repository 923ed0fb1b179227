"""BM25, the usual measure of how well a text answers the words of a query.

SQLite has its own, which serves to choose what is compared here: it gives no weight to words that half of all items
have, which are most words while a store is small, and a Chroma server has none.
"""

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

COMPARED = 100
"""Items at least that are compared word by word."""
SATURATION, LENGTH = 1.2, 0.75
"""The usual k1 and b."""
Name = TypeVar("Name", bound=Hashable)


def weight(holders: int, total: int) -> float:
    """What a word weighs that so many of all items have; always above 0."""
    return math.log(1 + (max(total, holders) - holders + 0.5) / (holders + 0.5))


def ranked(words: Mapping[Name, Sequence[str]], weights: Mapping[str, float]) -> list[tuple[Name, float]]:
    """Order items by their scores, the best first; only those that have a word that weighs.

    Args:
        words: Of each item.
        weights: Of the query's words.
    """
    usual = sum(map(len, words.values())) / max(1, len(words))
    scores: dict[Name, float] = {}
    for name, those in words.items():
        damping = SATURATION * (1 - LENGTH + LENGTH * len(those) / max(1.0, usual))
        counts = Counter(word for word in those if word in weights)
        scores[name] = sum(weights[word] * n * (SATURATION + 1) / (n + damping) for word, n in counts.items())
    return sorted(((name, score) for name, score in scores.items() if score > 0), key=lambda one: (-one[1], one[0]))
