"""Where patterns lie: their places in a LangGraph store."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import uuid4

from langgraph.store.base import BaseStore, Item, Op, PutOp, SearchItem, SearchOp

from motet.memory.patterns.pattern import Pattern
from motet.memory.patterns.uses import Use, Worth

TEXT_FIELD = "text"
"""The field of an item that a store for patterns has to index."""
PAGE = 500
MOST_USES = 1000
"""Of one pattern that are counted."""


class Shelf:
    """Patterns and their uses in a store. Uses are notes of their own, so that two processes lose none.

    Args:
        store: Any LangGraph store.
        place: The namespace.
    """

    def __init__(self, store: BaseStore, place: tuple[str, ...]) -> None:
        self.store = store
        self.live: tuple[str, ...] = (*place, "live")
        self.quarantined: tuple[str, ...] = (*place, "quarantined")
        self._uses: tuple[str, ...] = (*place, "uses")

    def get(self, pattern_id: str) -> Pattern | None:
        """Find a pattern, also in quarantine."""
        item = self.store.get(self.live, pattern_id) or self.store.get(self.quarantined, pattern_id)
        return Pattern.model_validate(item.value["pattern"]) if item else None

    def keep(self, *patterns: Pattern) -> None:
        """Write patterns, each to the place where it belongs now."""
        ops: list[Op] = []
        for pattern in patterns:
            value: dict[str, Any] = {"pattern": pattern.model_dump(mode="json")}
            if pattern.quarantined is None:
                ops.append(PutOp(self.live, pattern.id, {TEXT_FIELD: pattern.gist, **value}, index=[TEXT_FIELD]))
                ops.append(PutOp(self.quarantined, pattern.id, None))
            else:
                ops.append(PutOp(self.quarantined, pattern.id, value, index=False))
                ops.append(PutOp(self.live, pattern.id, None))
        self.store.batch(ops)

    def remove(self, ids: Collection[str]) -> None:
        """Delete patterns and their uses."""
        ops: list[Op] = []
        for pattern_id in ids:
            ops += [PutOp(place, pattern_id, None) for place in (self.live, self.quarantined)]
            place = (*self._uses, pattern_id)
            ops += [PutOp(place, item.key, None) for item in self.store.search(place, limit=MOST_USES)]
        self.store.batch(ops)

    def all(self, *, quarantined: bool) -> Iterator[Pattern]:
        """Give all patterns, the latest written first."""
        place = self.quarantined if quarantined else self.live
        start = 0
        while page := self.store.search(place, limit=PAGE, offset=start):
            yield from map(pattern_of, page)
            start += PAGE

    def exceeds(self, count: int) -> bool:
        """Whether there are more live patterns than that."""
        return bool(self.store.search(self.live, limit=1, offset=count))

    def note(self, pattern_id: str, use: Use) -> None:
        """Write down one use."""
        self.store.put((*self._uses, pattern_id), uuid4().hex, use.model_dump(mode="json"), index=False)

    def uses(self, ids: Sequence[str]) -> list[list[Use]]:
        """Give the uses of patterns, for each the oldest first."""
        found = self.store.batch([SearchOp((*self._uses, one), limit=MOST_USES) for one in ids])
        return [sorted(map(_use_of, items), key=lambda use: use.at) for items in found if isinstance(items, list)]

    def worths(self, ids: Sequence[str]) -> list[Worth]:
        """Sum up what patterns have earned."""
        return [Worth.of(uses) for uses in self.uses(ids)]


def pattern_of(item: SearchItem) -> Pattern:
    """The pattern in an item."""
    return Pattern.model_validate(item.value["pattern"])


def _use_of(item: object) -> Use:
    assert isinstance(item, Item)
    return Use.model_validate(item.value)
