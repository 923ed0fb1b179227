"""The same from async code."""

import asyncio
from collections.abc import Callable

import pytest
from langgraph.store.base import BaseStore, GetOp, PutOp

from motet.memory.conformance.base import Conformance, item_of


class Awaiting(Conformance):
    """What sync code does can be awaited as well, with the same results."""

    @pytest.fixture
    async def awaited(self, store: BaseStore) -> BaseStore:
        try:
            await store.abatch([])
        except NotImplementedError:
            self.lacks("This store is sync only.")
        return store

    async def test_everything_can_be_awaited(self, awaited: BaseStore) -> None:
        await awaited.aput(("a", "b"), "key", {"n": 1})
        item = await awaited.aget(("a", "b"), "key")
        assert item is not None
        assert item.value == {"n": 1}
        assert [found.key for found in await awaited.asearch(("a",), filter={"n": 1})] == ["key"]
        assert await awaited.alist_namespaces(prefix=("a",)) == [("a", "b")]
        await awaited.adelete(("a", "b"), "key")
        assert await awaited.aget(("a", "b"), "key") is None

    async def test_many_at_once_lose_nothing(self, awaited: BaseStore) -> None:
        await asyncio.gather(*(awaited.aput(("many",), f"k{n}", {"n": n}) for n in range(100)))
        got = await awaited.abatch([GetOp(("many",), f"k{n}") for n in range(100)])
        assert [item_of(item).value["n"] for item in got] == list(range(100))

    async def test_a_batch_keeps_to_the_same_rules(self, awaited: BaseStore) -> None:
        await awaited.aput(("a",), "key", {"n": 1})
        got, *_ = await awaited.abatch(
            [GetOp(("a",), "key"), PutOp(("a",), "key", {"n": 2}), PutOp(("a",), "key", {"n": 3})]
        )
        assert item_of(got).value == {"n": 1}
        item = await awaited.aget(("a",), "key")
        assert item is not None
        assert item.value == {"n": 3}

    async def test_likeness_can_be_awaited(self, indexed: Callable[..., BaseStore]) -> None:
        store = indexed("text")
        try:
            await store.aput(("a",), "sorting", {"text": "sort a list"})
        except NotImplementedError:
            self.lacks("This store is sync only.")
        await store.aput(("a",), "weather", {"text": "rain and wind"})
        assert (await store.asearch(("a",), query="sort", limit=1))[0].key == "sorting"
