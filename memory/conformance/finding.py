"""Search by namespace and filter, and the list of namespaces."""

from typing import Any

import pytest
from langgraph.store.base import BaseStore

from motet.memory.conformance.base import Conformance

PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"born": 1815, "born_in": "London", "alive": False, "score": 9.5, "home": {"city": "London", "floor": 2}},
    "alan": {"born": 1912, "born_in": "London", "alive": False, "score": 9.0, "home": {"city": "Wilmslow"}},
    "grace": {"born": 1906, "born_in": "New York", "alive": False, "score": 8.5, "home": None},
    "margaret": {"born": 1936, "born_in": "Paoli", "alive": True, "score": -1.0, "tags": ["space", "code"]},
}
FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"ada", "alan", "grace", "margaret"}),
    ({"born": 1815}, {"ada"}),
    ({"born_in": "London", "born": {"$gt": 1900}}, {"alan"}),
    ({"born": {"$eq": 1906}}, {"grace"}),
    ({"born": {"$ne": 1906}}, {"ada", "alan", "margaret"}),
    ({"born": {"$gt": 1906}}, {"alan", "margaret"}),
    ({"born": {"$gte": 1906}}, {"alan", "grace", "margaret"}),
    ({"born": {"$lt": 1906}}, {"ada"}),
    ({"born": {"$lte": 1906, "$gt": 1815}}, {"grace"}),
    ({"score": {"$lt": 0}}, {"margaret"}),
    ({"score": {"$gte": 9}}, {"ada", "alan"}),
    ({"alive": True}, {"margaret"}),
    ({"born_in": "london"}, set()),
    ({"born_in": "Lon%"}, set()),
    ({"born_in": "x' OR '1'='1"}, set()),
    ({"missing": "x"}, set()),
]


class Finding(Conformance):
    """A store finds what was put, by where it is and what it says."""

    @pytest.fixture
    def people(self, store: BaseStore) -> BaseStore:
        for name, value in PEOPLE.items():
            store.put(("people", value["born_in"]), name, value)
        return store

    @pytest.mark.parametrize(("wanted", "expected"), FILTERS, ids=lambda part: repr(part)[:40])
    def test_filters(self, people: BaseStore, wanted: dict[str, Any], expected: set[str]) -> None:
        assert {item.key for item in people.search(("people",), filter=wanted)} == expected

    def test_an_operator_that_nobody_knows_is_refused(self, people: BaseStore) -> None:
        with pytest.raises(ValueError, match="operator"):
            people.search(("people",), filter={"born": {"$in": [1815]}})

    def test_an_order_among_things_of_different_kinds_does_not_match(self, people: BaseStore) -> None:
        if not self.compares_any:
            self.lacks("This store raises there.")
        people.put(("people", "Nowhere"), "nobody", {"born": None})
        people.put(("people", "Nowhere"), "somebody", {"born": "long ago"})
        assert {item.key for item in people.search(("people",), filter={"born": {"$gt": 1930}})} == {"margaret"}

    def test_a_search_reaches_below_its_namespace_and_no_further(self, store: BaseStore) -> None:
        below = [("foo",), ("foo", "bar"), ("foo", "bar", "deep")]
        places = [*below, ("foobar",), ("Foo",), ("foo-bar",), ("other", "foo")]
        for place in places:
            store.put(place, "key", {"n": 1})
        assert {item.namespace for item in store.search(("foo",))} == set(below)
        assert {item.namespace for item in store.search(("foo", "bar"))} == set(below[1:])
        assert {item.namespace for item in store.search(())} == set(places)
        assert store.search(("nowhere",)) == []

    @pytest.mark.parametrize("label", ["*", "%", "f_o", "[a-z]", "a*c"])
    def test_a_label_of_a_search_is_no_pattern(self, store: BaseStore, label: str) -> None:
        store.put(("foo",), "key", {"n": 1})
        store.put(("abc",), "key", {"n": 1})
        store.put((label,), "key", {"n": 2})
        assert [item.value["n"] for item in store.search((label,))] == [2]

    def test_pages_hold_everything_once(self, store: BaseStore) -> None:
        for number in range(25):
            store.put(("pages",), f"k{number}", {"even": number % 2 == 0})
        pages = [[item.key for item in store.search(("pages",), limit=10, offset=start)] for start in (0, 10, 20, 30)]
        assert [len(page) for page in pages] == [10, 10, 5, 0]
        assert {key for page in pages for key in page} == {f"k{number}" for number in range(25)}
        even = [store.search(("pages",), filter={"even": True}, limit=5, offset=start) for start in (0, 5, 10)]
        assert [len(page) for page in even] == [5, 5, 3]

    def test_the_limit_is_ten_where_none_is_given(self, store: BaseStore) -> None:
        for number in range(12):
            store.put(("a",), f"k{number}", {})
        assert len(store.search(("a",))) == 10

    def test_without_an_index_a_query_lists(self, store: BaseStore) -> None:
        store.put(("a",), "key", {"text": "words"})
        assert [(item.key, item.score) for item in store.search(("a",), query="anything")] == [("key", None)]

    def test_namespaces_are_listed_by_their_beginning_and_end(self, store: BaseStore) -> None:
        places = [("a", "b", "c"), ("a", "b", "d", "e"), ("a", "b", "d", "i"), ("a", "c", "f"), ("b", "a", "f"), ("A",)]
        for place in places:
            store.put(place, "key", {"n": 1})
            store.put(place, "other", {"n": 2})
        assert sorted(store.list_namespaces()) == sorted(places)
        assert sorted(store.list_namespaces(prefix=("a", "b"))) == sorted(places[:3])
        assert sorted(store.list_namespaces(suffix=("f",))) == [("a", "c", "f"), ("b", "a", "f")]
        assert store.list_namespaces(prefix=("a",), suffix=("f",)) == [("a", "c", "f")]
        assert store.list_namespaces(prefix=("a", "*", "f")) == [("a", "c", "f")]
        assert sorted(store.list_namespaces(suffix=("a", "*"))) == [("b", "a", "f")]
        assert store.list_namespaces(prefix=("z",)) == []

    def test_namespaces_are_cut_to_a_depth_and_listed_once(self, store: BaseStore) -> None:
        for place in [("a", "b", "c"), ("a", "b", "d"), ("a", "x"), ("y",)]:
            store.put(place, "key", {"n": 1})
        assert sorted(store.list_namespaces(max_depth=2)) == [("a", "b"), ("a", "x"), ("y",)]
        assert sorted(store.list_namespaces(max_depth=1)) == [("a",), ("y",)]
        assert sorted(store.list_namespaces(prefix=("a",), max_depth=2)) == [("a", "b"), ("a", "x")]

    def test_namespaces_come_in_pages(self, store: BaseStore) -> None:
        places = [("n", f"{number:02}") for number in range(12)]
        for place in places:
            store.put(place, "key", {"n": 1})
        pages = [store.list_namespaces(limit=5, offset=start) for start in (0, 5, 10)]
        assert [place for page in pages for place in page] == places

    def test_an_empty_namespace_is_none(self, store: BaseStore) -> None:
        if not self.forgets_empty_namespaces:
            self.lacks("This store remembers them.")
        store.put(("a",), "key", {"n": 1})
        store.get(("never",), "key")
        store.delete(("a",), "key")
        assert store.list_namespaces() == []
