"""LangGraph's store over Chroma."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from langgraph.store.base import (
    BaseStore,
    GetOp,
    IndexConfig,
    ListNamespacesOp,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
    TTLConfig,
    validate_op_namespace,
)

from motet.memory.store.embedder import Embedder, EmbeddingMismatchError
from motet.memory.store.filters import check_filter, matches
from motet.memory.store.items import Hit, ItemId, Matrix, Namespace, NewItem, StoredItem, Vectors
from motet.memory.store.namespaces import select_namespaces
from motet.memory.store.record import Record

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

NO_VECTORS: Matrix = np.empty((0, 0), dtype=np.float32)
REEMBED_AT_ONCE = 64
"""Items; enough to fill a model's batches."""


class ChromaStore(BaseStore):
    """A LangGraph store over Chroma: for `graph.compile(store=...)`, `create_agent(store=...)` and a node's runtime.

    With a folder, SQLite keeps the record and Chroma is its index, so that several processes may open it at once; the
    first of them keeps the index, the others compare exactly. Without one, all is in memory. On a server (`connect`)
    Chroma keeps everything itself.

    Semantics are LangGraph's; `motet.memory.conformance` tests them. Where stores differ, this one keeps `created_at`
    on overwrite, lists the latest written first, and after what a query finds gives items without vectors, without a
    score.

    Example:
        ```python
        from langchain_core.embeddings import DeterministicFakeEmbedding
        from motet.memory import ChromaStore

        store = ChromaStore(index={"dims": 64, "embed": DeterministicFakeEmbedding(size=64)})
        store.put(("notes", "ada"), "first", {"text": "likes punched cards"})
        found = store.search(("notes",), query="likes punched cards")
        assert found[0].key == "first"
        ```

    Args:
        path: A folder, made where there is none; in memory if left out.
        client: A Chroma client to keep everything in instead, such as `chromadb.HttpClient(...)`. An embedded client is
            not safe with a second process: give `path` for that.
        collection: The collection's name with `client`.
        index: What is embedded and how, as LangGraph's stores take it; without it nothing is found by likeness.
        ttl: How long items live, as LangGraph's stores take it. What has expired is removed by `sweep_ttl`, and along
            with other operations where `sweep_interval_minutes` is given.
        reembed: Embed everything anew where the vectors come from other embeddings than `index` has.
        clock: Gives the time in seconds since the epoch.

    Raises:
        EmbeddingMismatchError: The vectors come from other embeddings than `index` has.
    """

    supports_ttl = True
    __slots__ = ("_clock", "_close_client", "_embedder", "_record", "_swept_at", "ttl_config")

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        client: "ClientAPI | None" = None,
        collection: str = "motet",
        index: IndexConfig | None = None,
        ttl: TTLConfig | None = None,
        reembed: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._embedder = Embedder(index) if index else None
        self._record = _record(path, client, collection, self._embedder)
        self.ttl_config = ttl
        self._clock = clock
        self._swept_at = clock()
        self._close_client: Callable[[], None] = lambda: None  # a client that was given is its giver's
        stored = self._record.embedding
        if self._embedder and stored not in (None, self._embedder.name):
            if not reembed:
                self._record.close()
                raise EmbeddingMismatchError(str(stored), self._embedder.name)
            self._reembed(self._embedder)

    @classmethod
    def connect(
        cls,
        url: str = "http://localhost:8000",
        *,
        headers: Mapping[str, str] | None = None,
        verify: bool | str = True,
        collection: str = "motet",
        index: IndexConfig | None = None,
        ttl: TTLConfig | None = None,
        reembed: bool = False,
    ) -> Self:
        """Open a store on a Chroma server (`chroma run`).

        Args:
            url: Where the server answers; `https` for TLS.
            headers: Sent with every request, such as `{"Authorization": "Bearer ..."}`.
            verify: Whether to check the server's certificate, or a file with the authorities to trust.
            collection: The collection's name.
            index: See `ChromaStore`, as for the others.
            ttl: See `ChromaStore`.
            reembed: See `ChromaStore`.

        Raises:
            ValueError: The URL is none, or the server does not answer.
            EmbeddingMismatchError: The vectors come from other embeddings than `index` has.
        """
        from motet.memory.store.server import connect

        client, close = connect(url, headers=headers or {}, verify=verify)
        try:
            store = cls(client=client, collection=collection, index=index, ttl=ttl, reembed=reembed)
        except BaseException:
            close()
            raise
        store._close_client = close
        return store

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations. Reads see what was there before the writes among them; of several writes to one item
        the last wins.
        """
        work = self._sort_out(ops)
        embedder = self._embedder
        if embedder is None:
            return self._carry_out(work, NO_VECTORS, NO_VECTORS)
        return self._carry_out(work, embedder.documents(work.texts), embedder.queries(work.queries))

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations as `batch` does, without ever blocking the event loop."""
        work = self._sort_out(ops)
        embedder = self._embedder
        if embedder is None:
            return await asyncio.to_thread(self._carry_out, work, NO_VECTORS, NO_VECTORS)
        documents, queries = await embedder.adocuments(work.texts), await embedder.aqueries(work.queries)
        return await asyncio.to_thread(self._carry_out, work, documents, queries)

    def sweep_ttl(self) -> int:
        """Remove what has expired, and say how many items that were."""
        self._swept_at = self._clock()
        return self._record.sweep(now=self._swept_at)

    def close(self) -> None:
        """Let go of files and connections; the store cannot be used any more."""
        self._record.close()
        self._close_client()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _sort_out(self, ops: Iterable[Op]) -> "_Work":
        """Check operations, and collect what has to be embedded for them."""
        work = _Work(list(ops), {}, [], {}, [])
        for op in work.ops:
            validate_op_namespace(op)
            if isinstance(op, PutOp):
                work.writes[ItemId(op.namespace, op.key)] = op
            elif isinstance(op, SearchOp):
                check_filter(op.filter or {})
                if op.query and op.query not in work.queries:
                    work.queries.append(op.query)
        if self._embedder is not None:
            for one, op in work.writes.items():
                found = self._embedder.texts(op)
                work.paths[one] = [path for path, _ in found]
                work.texts.extend(text for _, text in found)
        return work

    def _carry_out(self, work: "_Work", documents: Matrix, queries: Matrix) -> list[Result]:
        now = self._clock()
        self._sweep_in_time(now)
        vectors = dict(zip(work.queries, queries, strict=False))
        results: list[Result] = []
        seen: list[ItemId] = []
        for op in work.ops:
            if isinstance(op, GetOp):
                one = ItemId(op.namespace, op.key)
                item = self._record.read([one]).get(one)
                shown = item if item is not None and self._lives(item, now) else None
                results.append(shown.as_item() if shown else None)
                seen += [one] if shown and op.refresh_ttl else []
            elif isinstance(op, SearchOp):
                found = self._search(op, vectors.get(op.query or ""), now)
                results.append(found)
                seen += [ItemId(item.namespace, item.key) for item in found] if op.refresh_ttl else []
            elif isinstance(op, ListNamespacesOp):
                results.append(select_namespaces(self._record.namespaces(), op))
            elif isinstance(op, PutOp):
                results.append(None)
            else:
                raise ValueError(f"There is no operation {type(op).__name__} in a store.")
        if seen:
            self._record.refresh(dict.fromkeys(seen), now=now)
        if work.writes:
            self._write(work, documents, now)
        return results

    def _write(self, work: "_Work", documents: Matrix, now: float) -> None:
        if self._embedder is not None and len(documents) and self._record.embedding is None:
            self._record.set_embedding(self._embedder.name, self._embedder.dims)
        rows = iter(documents)
        puts: list[NewItem] = []
        for one, op in work.writes.items():
            vectors = [(path, next(rows)) for path in work.paths.get(one, [])]
            if op.value is not None:
                puts.append(NewItem(one, op.value, vectors, op.ttl, op.index))
        deletes = [one for one, op in work.writes.items() if op.value is None]
        self._record.write(puts, deletes, now=now)

    def _search(self, op: SearchOp, vector: Matrix | None, now: float) -> list[SearchItem]:
        prefix, end = op.namespace_prefix, op.offset + op.limit

        def fits(item: StoredItem) -> bool:
            return matches(item.value, op.filter) and self._lives(item, now)

        if vector is None:
            listed = (item for item in self._record.listing(prefix) if fits(item))
            return [item.as_search_item(None) for item in islice(listed, op.offset, end)]
        hits = self._nearest(vector, prefix, end, fits)
        found = [hit.item.as_search_item(hit.score) for hit in hits[op.offset : end]]
        if len(hits) < end:
            rest = (item for item in self._record.unindexed(prefix) if fits(item))
            skipped = max(0, op.offset - len(hits))
            found += [item.as_search_item(None) for item in islice(rest, skipped, skipped + op.limit - len(found))]
        return found

    def _nearest(self, vector: Matrix, prefix: Namespace, count: int, fits: Callable[[StoredItem], bool]) -> list[Hit]:
        """Ask for more until enough of what is near fits the filter, or there is no more."""
        asked = count
        while True:
            near = self._record.nearest(vector, prefix, asked)
            hits = [hit for hit in near if fits(hit.item)]
            if len(hits) >= count or len(near) < asked:
                return hits[:count]
            asked *= 4

    def _lives(self, item: StoredItem, now: float) -> bool:
        hides = bool(self.ttl_config and self.ttl_config.get("omit_expired"))
        return not (hides and item.expires_at is not None and item.expires_at <= now)

    def _sweep_in_time(self, now: float) -> None:
        interval = (self.ttl_config or {}).get("sweep_interval_minutes")
        if interval is not None and now - self._swept_at >= 60 * interval:
            self.sweep_ttl()

    def _reembed(self, embedder: Embedder) -> None:
        def fresh() -> Iterator[tuple[StoredItem, Vectors]]:
            items = self._record.listing(())
            while page := list(islice(items, REEMBED_AT_ONCE)):
                texts = [embedder.texts(PutOp(*item.id, item.value, item.index)) for item in page]
                rows = iter(embedder.documents([text for found in texts for _, text in found]))
                for item, found in zip(page, texts, strict=True):
                    yield item, [(path, next(rows)) for path, _ in found]

        self._record.replace_vectors(fresh(), embedder.name, embedder.dims)


class _Work(NamedTuple):
    """The operations of one batch, looked through."""

    ops: list[Op]
    writes: dict[ItemId, PutOp]
    """The last one for each item."""
    texts: list[str]
    """Of all writes, in their order."""
    paths: dict[ItemId, list[str]]
    """Where the texts of each write stand."""
    queries: list[str]


def _record(path: str | Path | None, client: "ClientAPI | None", collection: str, embedder: Embedder | None) -> Record:
    if client is not None and path is not None:
        raise ValueError("Give either a folder (`path`) or a `client`, not both.")
    # Chroma takes two seconds to import; only a store that is made pays for it.
    if client is not None:
        from motet.memory.store.server_record import ServerRecord

        return ServerRecord(client, collection, embedder.dims if embedder else 8)
    from motet.memory.store.sqlite_record import SqliteRecord

    return SqliteRecord(Path(path) if path is not None else None)
