"""What of a record answers a search: the filter and the time to live have a say in it."""

from collections.abc import Callable, Iterator
from itertools import islice

from langgraph.store.base import SearchOp

from motet.memory.store.filters import matches
from motet.memory.store.items import Embedding, Hit, Matrix, StoredItem
from motet.memory.store.record import Record

Lives = Callable[[StoredItem], bool]


class Finder:
    """Answers one search.

    Args:
        record: Where it looks.
        op: What is asked.
        lives: Whether an item is to be seen.
    """

    def __init__(self, record: Record, op: SearchOp, lives: Lives) -> None:
        self._record = record
        self._op = op
        self._lives = lives

    def listed(self) -> list[Hit]:
        """The items, the latest written first."""
        op = self._op
        return list(islice(self._fitting(self._record.listing(op.namespace_prefix)), op.offset, op.offset + op.limit))

    def alike(self, vector: Matrix, embedding: Embedding) -> list[Hit]:
        """The items nearest to a vector, and after them those that have none."""
        op = self._op
        prefix, end = op.namespace_prefix, op.offset + op.limit
        hits = self._enough(lambda count: self._record.nearest(vector, embedding, prefix, count))
        found = hits[op.offset :]
        if len(hits) < end:
            rest = self._fitting(self._record.unindexed(prefix))
            skipped = max(0, op.offset - len(hits))
            found += islice(rest, skipped, skipped + op.limit - len(found))
        return found

    def worded(self, query: str) -> list[Hit]:
        """The items that have words of a query."""
        prefix = self._op.namespace_prefix
        return self._enough(lambda count: self._record.with_words(query, prefix, count))[self._op.offset :]

    def _enough(self, find: Callable[[int], list[Hit]]) -> list[Hit]:
        """Ask for more until enough of what is found fits, or there is no more."""
        wanted = asked = self._op.offset + self._op.limit
        while True:
            found = find(asked)
            hits = [hit for hit in found if self._fits(hit.item)]
            if len(hits) >= wanted or len(found) < asked:
                return hits[:wanted]
            asked *= 4

    def _fitting(self, items: Iterator[StoredItem]) -> Iterator[Hit]:
        return (Hit(item, None) for item in items if self._fits(item))

    def _fits(self, item: StoredItem) -> bool:
        return matches(item.value, self._op.filter) and self._lives(item)
