"""The operations of one batch, looked through before anything is done."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from langgraph.store.base import Op, PutOp, SearchOp, validate_op_namespace

from motet.memory.store.filters import check_filter
from motet.memory.store.items import ItemId, Matrix, NewItem
from motet.memory.store.texts import texts_of


class Write(NamedTuple):
    """What becomes of one item."""

    op: PutOp
    texts: list[tuple[str, str]]
    """By which it will be found, with their paths."""


class BatchWork(NamedTuple):
    """A batch: of several writes to one item only the last counts."""

    ops: list[Op]
    writes: dict[ItemId, Write]
    queries: list[str]
    """To be embedded, each once."""

    @classmethod
    def of(cls, ops: Iterable[Op], fields: Sequence[str]) -> "BatchWork":
        """Check operations, and collect what there is to embed.

        Raises:
            ValueError: A filter has an operator that no store knows.
            InvalidNamespaceError: A namespace cannot be.
        """
        work = cls(list(ops), {}, [])
        for op in work.ops:
            validate_op_namespace(op)
            if isinstance(op, PutOp):
                texts = texts_of(op.value, op.index, fields) if op.value is not None else []
                work.writes[ItemId(op.namespace, op.key)] = Write(op, texts)
            elif isinstance(op, SearchOp):
                check_filter(op.filter or {})
                if op.query and op.query not in work.queries:
                    work.queries.append(op.query)
        return work

    @property
    def documents(self) -> list[str]:
        """The texts of all writes, in their order."""
        return [text for write in self.writes.values() for _, text in write.texts]

    @property
    def deletes(self) -> list[ItemId]:
        """The items that go."""
        return [one for one, write in self.writes.items() if write.op.value is None]

    def puts(self, vectors: Matrix | None) -> list[NewItem]:
        """The items that come.

        Args:
            vectors: Of `documents`; `None` where nothing is embedded.
        """
        rows = iter(vectors) if vectors is not None else None
        puts: list[NewItem] = []
        for one, (op, texts) in self.writes.items():
            found = [(path, next(rows)) for path, _ in texts] if rows is not None else []
            if op.value is not None:
                text = "\n".join(text for _, text in texts)
                puts.append(NewItem(one, op.value, found, text, op.ttl, op.index))
        return puts
