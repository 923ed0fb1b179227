"""LangGraph's store over Chroma."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

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
)

from motet.memory.store.batch_work import BatchWork
from motet.memory.store.embedder import Embedder, EmbeddingMismatchError
from motet.memory.store.finding import Finder
from motet.memory.store.items import Hit, ItemId, Matrix, StoredItem, Vectors
from motet.memory.store.namespaces import select_namespaces
from motet.memory.store.record import Record, Reembedding
from motet.memory.store.texts import WHOLE, texts_of

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

Progress = Callable[[int, int], None]
"""Told how many items are done, and how many there are."""


class ChromaStore(BaseStore):
    """A LangGraph store over Chroma: for `graph.compile(store=...)`, `create_agent(store=...)` and a node's runtime.

    With a folder, SQLite keeps the record, so that several processes may open it at once, and Chroma makes an index of
    its vectors once there are too many to compare them all. Without a folder, all is in memory. On a server (`connect`)
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
    __slots__ = ("_clock", "_close_client", "_embedder", "_fields", "_record", "_swept_at", "ttl_config")

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
        self._use(index)
        self._record = _record(path, client, collection, self._text)
        self.ttl_config = ttl
        self._clock = clock
        self._swept_at = clock()
        self._close_client: Callable[[], None] = lambda: None  # a client that was given is its giver's
        if self._embedder is not None and self._record.embedding not in (None, self._embedder.embedding):
            if not reembed:
                stored = self._record.embedding
                self._record.close()
                raise EmbeddingMismatchError(str(stored), str(self._embedder.embedding))
            self.reembed()

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
        work = BatchWork.of(ops, self._fields)
        embedder = self._embedder
        if embedder is None:
            return self._carry_out(work, None, None)
        return self._carry_out(work, embedder.documents(work.documents), embedder.queries(work.queries))

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations as `batch` does, without ever blocking the event loop."""
        work = BatchWork.of(ops, self._fields)
        embedder = self._embedder
        if embedder is None:
            return await asyncio.to_thread(self._carry_out, work, None, None)
        documents, queries = await embedder.adocuments(work.documents), await embedder.aqueries(work.queries)
        return await asyncio.to_thread(self._carry_out, work, documents, queries)

    def search_words(
        self,
        namespace_prefix: tuple[str, ...],
        query: str,
        *,
        filter: dict[str, Any] | None = None,
        limit: int = 10,
    ) -> list[SearchItem]:
        """Find items that have words of a query in their indexed texts, ranked by BM25.

        Where `search` finds what means the same, this finds what is called the same: names, messages, error codes.
        Identifiers are compared by their parts, so that `leap years` finds `is_leap_year` and `isLeapYear`. Without
        `index` the whole value is looked at; what was put with `index=False` is not found.

        Args:
            namespace_prefix: Where to look; `()` looks everywhere.
            query: Any text; an item need not have all of its words.
            filter: As in `search`.
            limit: How many items at most.

        Returns:
            The items, the best first; a score is above 0 and says nothing outside of its own query.
        """
        op = SearchOp(namespace_prefix, filter, limit)
        BatchWork.of([op], self._fields)  # sees that it can be answered
        now = self._clock()
        self._sweep_in_time(now)
        hits = self._finder(op, now).worded(query)
        if (self.ttl_config or {}).get("refresh_on_read", True):
            self._refresh([hit.item for hit in hits], now)
        return [hit.as_search_item() for hit in hits]

    async def asearch_words(
        self,
        namespace_prefix: tuple[str, ...],
        query: str,
        *,
        filter: dict[str, Any] | None = None,
        limit: int = 10,
    ) -> list[SearchItem]:
        """Find items by words as `search_words` does, without ever blocking the event loop."""
        return await asyncio.to_thread(self.search_words, namespace_prefix, query, filter=filter, limit=limit)

    def reembed(self, index: IndexConfig | None = None, *, progress: Progress = lambda done, total: None) -> int:
        """Embed everything anew: with another model, or over other fields.

        All comes into force at once at the end. Until then others find what they found before; if the process is
        killed, nothing has changed.

        Args:
            index: The new embeddings and fields; the store's own if left out. A store whose embeddings do not fit its
                vectors any more can be opened without `index` for this.
            progress: Called as `progress(done, total)` now and then.

        Returns:
            How many items the store has.

        Raises:
            ValueError: There are no embeddings, neither here nor in the store.
        """
        before = self._embedder, self._fields
        if index is not None:
            self._use(index)
        embedder = self._embedder
        if embedder is None:
            raise ValueError("There is nothing to embed with: give `index`, as when a store is opened.")

        def vectors_of(items: Sequence[StoredItem]) -> list[Vectors]:
            texts = [texts_of(item.value, item.index, self._fields) for item in items]
            rows = iter(embedder.documents([text for found in texts for _, text in found]))
            return [[(path, next(rows)) for path, _ in found] for found in texts]

        try:
            return self._record.reembed(Reembedding(embedder.embedding, vectors_of, self._text, progress))
        except BaseException:
            self._embedder, self._fields = before
            raise

    async def areembed(self, index: IndexConfig | None = None, *, progress: Progress = lambda done, total: None) -> int:
        """Embed everything anew as `reembed` does, without blocking the event loop."""
        return await asyncio.to_thread(self.reembed, index, progress=progress)

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

    def _use(self, index: IndexConfig | None) -> None:
        self._embedder = Embedder(index) if index else None
        self._fields: Sequence[str] = (index or {}).get("fields") or WHOLE

    def _text(self, item: StoredItem) -> str:
        return "\n".join(text for _, text in texts_of(item.value, item.index, self._fields))

    def _carry_out(self, work: BatchWork, documents: Matrix | None, queries: Matrix | None) -> list[Result]:
        now = self._clock()
        self._sweep_in_time(now)
        vectors = dict(zip(work.queries, queries, strict=True)) if queries is not None else {}
        results: list[Result] = []
        seen: list[StoredItem] = []
        for op in work.ops:
            if isinstance(op, GetOp):
                one = ItemId(op.namespace, op.key)
                item = self._record.read([one]).get(one)
                shown = [item] if item is not None and self._lives(item, now) else []
                results.append(shown[0].as_item() if shown else None)
                seen += shown if op.refresh_ttl else []
            elif isinstance(op, SearchOp):
                hits = self._search(op, vectors.get(op.query or ""), now)
                results.append([hit.as_search_item() for hit in hits])
                seen += [hit.item for hit in hits] if op.refresh_ttl else []
            elif isinstance(op, ListNamespacesOp):
                results.append(select_namespaces(self._record.namespaces(), op))
            elif isinstance(op, PutOp):
                results.append(None)
            else:
                raise ValueError(f"There is no operation {type(op).__name__} in a store.")
        self._refresh(seen, now)
        if work.writes:
            embedding = self._embedder.embedding if self._embedder is not None else None
            self._record.write(work.puts(documents), work.deletes, embedding, now=now)
        return results

    def _search(self, op: SearchOp, vector: Matrix | None, now: float) -> list[Hit]:
        finder = self._finder(op, now)
        if vector is None or self._embedder is None:
            return finder.listed()
        return finder.alike(vector, self._embedder.embedding)

    def _finder(self, op: SearchOp, now: float) -> Finder:
        return Finder(self._record, op, lambda item: self._lives(item, now))

    def _refresh(self, seen: Iterable[StoredItem], now: float) -> None:
        # A reader waits for no writer, unless there is something to write.
        if mortal := dict.fromkeys(item.id for item in seen if item.ttl_minutes is not None):
            self._record.refresh(mortal, now=now)

    def _lives(self, item: StoredItem, now: float) -> bool:
        hides = bool(self.ttl_config and self.ttl_config.get("omit_expired"))
        return not (hides and item.expires_at is not None and item.expires_at <= now)

    def _sweep_in_time(self, now: float) -> None:
        interval = (self.ttl_config or {}).get("sweep_interval_minutes")
        if interval is not None and now - self._swept_at >= 60 * interval:
            self.sweep_ttl()


def _record(
    path: str | Path | None, client: "ClientAPI | None", collection: str, text: Callable[[StoredItem], str]
) -> Record:
    if client is not None and path is not None:
        raise ValueError("Give either a folder (`path`) or a `client`, not both.")
    # Chroma takes two seconds to import; only a store that is made pays for it.
    if client is not None:
        from motet.memory.store.server_record import ServerRecord

        return ServerRecord(client, collection, text)
    from motet.memory.store.sqlite_record import SqliteRecord

    return SqliteRecord(Path(path) if path is not None else None, text)
