"""Put, get, delete, and many of them at once."""

import time
from typing import Any

import pytest
from langgraph.store.base import BaseStore, GetOp, InvalidNamespaceError, ListNamespacesOp, PutOp, SearchOp

from motet.memory.conformance.base import Conformance, item_of, items_of

VALUES: list[dict[str, Any]] = [
    {},
    {"text": "words"},
    {"nothing": None, "yes": True, "no": False},
    {"whole": 2**53, "part": 0.1, "negative": -1},
    {"list": [1, "two", [3.5, None]], "nested": {"deep": {"er": [{"x": 1}]}}},
    {"unicode": "żółć 漢字 🎼", "lines": "a\nb\tc", "quotes": "'\"`; DROP TABLE items; --"},
    {"key with spaces and.dots": {"$gt": "a value that looks like an operator"}},
    {"long": "x" * 100_000},
]
KEYS = ["plain", "with space", "a.b", "a/b", "'quoted'", '"', "%", "*", "żółć🎼", "x" * 500, "-1", "None", "; --"]
BAD_NAMESPACES: list[Any] = [(), ("",), ("a", ""), ("a.b",), ("langgraph",), ("langgraph", "x"), ("a", 1), ("a\0b",)]


class Keeping(Conformance):
    """A store gives back what was put, and nothing else."""

    @pytest.mark.parametrize("value", VALUES, ids=lambda value: next(iter(value), "empty"))
    def test_a_value_comes_back_as_it_was(self, store: BaseStore, value: dict[str, Any]) -> None:
        store.put(("a", "b"), "key", value)
        item = store.get(("a", "b"), "key")
        assert item is not None
        assert (item.namespace, item.key, item.value) == (("a", "b"), "key", value)

    def test_keys_are_taken_as_they_are(self, store: BaseStore) -> None:
        for number, key in enumerate(KEYS):
            store.put(("keys",), key, {"n": number})
        got = [store.get(("keys",), key) for key in KEYS]
        assert [item and item.value["n"] for item in got] == list(range(len(KEYS)))
        assert {item.key for item in store.search(("keys",), limit=100)} == set(KEYS)

    def test_what_is_not_there_is_none(self, store: BaseStore) -> None:
        store.put(("a",), "key", {"n": 1})
        assert store.get(("a",), "other") is None
        assert store.get(("b",), "key") is None
        assert store.get(("a", "b"), "key") is None

    def test_a_value_is_replaced_and_not_merged(self, store: BaseStore) -> None:
        store.put(("a",), "key", {"old": 1, "both": 1})
        store.put(("a",), "key", {"new": 2, "both": 2})
        item = store.get(("a",), "key")
        assert item is not None
        assert item.value == {"new": 2, "both": 2}
        assert len(store.search(("a",))) == 1

    def test_times_tell_when_it_was_put_and_last_changed(self, store: BaseStore) -> None:
        store.put(("a",), "key", {"n": 1})
        first = store.get(("a",), "key")
        time.sleep(1.1 if first and first.created_at.microsecond == 0 else 0.01)
        store.put(("a",), "key", {"n": 2})
        second = store.get(("a",), "key")
        assert first is not None
        assert second is not None
        assert second.updated_at > first.updated_at
        if self.keeps_created_at:
            assert second.created_at == first.created_at

    def test_the_same_key_lives_in_several_namespaces(self, store: BaseStore) -> None:
        for label in ("a", "b"):
            store.put((label,), "key", {"from": label})
        store.delete(("a",), "key")
        assert store.get(("a",), "key") is None
        other = store.get(("b",), "key")
        assert other is not None
        assert other.value == {"from": "b"}

    def test_deleting_what_is_not_there_is_no_error(self, store: BaseStore) -> None:
        store.delete(("a",), "key")
        store.put(("a",), "key", {"n": 1})
        store.delete(("a",), "key")
        store.delete(("a",), "key")
        assert store.search(("a",)) == []

    @pytest.mark.parametrize("namespace", BAD_NAMESPACES, ids=repr)
    def test_a_namespace_that_is_none_is_refused(self, store: BaseStore, namespace: Any) -> None:
        with pytest.raises(InvalidNamespaceError):
            store.put(namespace, "key", {"n": 1})

    def test_a_batch_answers_in_its_order(self, store: BaseStore) -> None:
        store.put(("a",), "one", {"n": 1})
        store.put(("a",), "two", {"n": 2})
        results = store.batch(
            [
                GetOp(("a",), "two"),
                PutOp(("a",), "three", {"n": 3}),
                GetOp(("a",), "missing"),
                SearchOp(("a",), filter={"n": 1}),
                GetOp(("a",), "one"),
            ]
        )
        two, put, missing, found, one = results
        assert item_of(two).value == {"n": 2}
        assert put is None
        assert missing is None
        assert [item.key for item in items_of(found)] == ["one"]
        assert item_of(one).value == {"n": 1}

    def test_reads_of_a_batch_see_what_was_there_before_its_writes(self, store: BaseStore) -> None:
        store.put(("a",), "key", {"n": 1})
        got, _, found, _ = store.batch(
            [GetOp(("a",), "key"), PutOp(("a",), "key", {"n": 2}), SearchOp(("a",)), PutOp(("a",), "new", {"n": 3})]
        )
        assert item_of(got).value == {"n": 1}
        assert [item.value for item in items_of(found)] == [{"n": 1}]
        assert {item.value["n"] for item in store.search(("a",))} == {2, 3}

    def test_of_several_writes_to_one_item_the_last_wins(self, store: BaseStore) -> None:
        store.batch([PutOp(("a",), "key", {"n": n}) for n in range(5)])
        store.batch([PutOp(("a",), "gone", {"n": 1}), PutOp(("a",), "gone", None)])
        store.batch([PutOp(("a",), "back", None), PutOp(("a",), "back", {"n": 9})])
        assert {item.key: item.value["n"] for item in store.search(("a",))} == {"key": 4, "back": 9}

    def test_an_empty_batch_is_no_error(self, store: BaseStore) -> None:
        assert store.batch([]) == []

    def test_a_large_batch_is_carried_out_whole(self, store: BaseStore) -> None:
        store.batch([PutOp(("many",), f"k{n}", {"n": n}) for n in range(1500)])
        got = store.batch([GetOp(("many",), f"k{n}") for n in range(1500)])
        assert [item_of(item).value["n"] for item in got] == list(range(1500))
        assert store.batch([ListNamespacesOp()]) == [[("many",)]]
