"""Search by words on a Chroma server: it can tell which entries have a word, and ranks nothing."""

from collections.abc import Callable, Sequence

from motet.memory.store.bm25 import COMPARED, weight

MOST = 16
"""Words of a query that the server is asked for, one request each; of a longer query the longest."""


def candidates(
    tokens: Sequence[str], holders: Callable[[str], list[str]], total: int, count: int
) -> tuple[list[str], dict[str, float]]:
    """Give the entries that have the rarest of these words, and what each word weighs.

    Args:
        tokens: The words of a query.
        holders: Asks the server for the entries that have a word.
        total: How many entries there are.
        count: How many are wanted.
    """
    sums: dict[str, float] = {}
    weights: dict[str, float] = {}
    for token in sorted(dict.fromkeys(tokens), key=len, reverse=True)[:MOST]:
        names = holders(token)
        weights[token] = weight(len(names), total)
        for name in names:
            sums[name] = sums.get(name, 0.0) + weights[token]
    return sorted(sums, key=lambda name: -sums[name])[: max(count, COMPARED)], weights
