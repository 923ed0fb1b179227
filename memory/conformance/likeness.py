"""Search by likeness, where a store has vectors."""

from collections.abc import Callable

import pytest
from langgraph.store.base import BaseStore, PutOp, SearchOp

from motet.memory.conformance.base import Conformance, items_of
from motet.memory.conformance.words import cosine

Indexed = Callable[..., BaseStore]
NOTES = {
    "sorting": "sort a list of numbers",
    "reversing": "reverse a list of words",
    "primes": "find all prime numbers below a limit",
    "weather": "rain and wind tomorrow",
}


class Likeness(Conformance):
    """A store finds what is like a query, the likest first."""

    def _fill(self, store: BaseStore) -> None:
        for key, text in NOTES.items():
            store.put(("notes", key[0]), key, {"text": text, "length": len(text)})

    def test_the_likest_comes_first_with_its_cosine(self, indexed: Indexed) -> None:
        store = indexed("text")
        self._fill(store)
        query = "sort numbers in a list"
        found = store.search(("notes",), query=query)
        expected = sorted(NOTES, key=lambda key: -cosine(NOTES[key], query))
        assert [item.key for item in found] == expected
        scores = [cosine(NOTES[key], query) for key in expected]
        assert [item.score for item in found] == pytest.approx(scores, abs=1e-3)

    def test_a_query_keeps_to_its_namespace_filter_and_page(self, indexed: Indexed) -> None:
        store = indexed("text")
        self._fill(store)
        assert [item.key for item in store.search(("notes", "p"), query="sort a list")] == ["primes"]
        short = store.search(("notes",), query="prime numbers", filter={"length": {"$lt": 25}})
        assert {item.key for item in short} == {"sorting", "reversing", "weather"}
        everything = [item.key for item in store.search(("notes",), query="list of numbers")]
        paged = [store.search(("notes",), query="list of numbers", limit=2, offset=start) for start in (0, 2, 4)]
        assert [item.key for page in paged for item in page] == everything

    def test_a_filter_that_few_pass_still_finds_them(self, indexed: Indexed) -> None:
        store = indexed("text")
        store.batch([PutOp(("many",), f"k{n}", {"text": "the very same words", "n": n}) for n in range(300)])
        store.put(("many",), "rare", {"text": "something else", "n": -1})
        found = store.search(("many",), query="the very same words", filter={"n": {"$lt": 0}})
        assert [item.key for item in found] == ["rare"]

    def test_what_is_put_again_is_found_by_its_new_words_alone(self, indexed: Indexed) -> None:
        store = indexed("text")
        self._fill(store)
        store.put(("notes", "w"), "weather", {"text": "sort sort sort"})
        first = store.search(("notes",), query="sort", limit=1)[0]
        assert (first.key, first.score) == ("weather", pytest.approx(1.0, abs=1e-3))
        by_old_words = {item.key: item.score for item in store.search(("notes",), query="rain wind tomorrow")}
        assert by_old_words["weather"] == pytest.approx(0.0, abs=1e-3)

    def test_what_is_deleted_is_not_found(self, indexed: Indexed) -> None:
        store = indexed("text")
        self._fill(store)
        store.delete(("notes", "s"), "sorting")
        assert "sorting" not in {item.key for item in store.search(("notes",), query=NOTES["sorting"])}

    def test_an_item_may_say_what_of_it_is_embedded(self, indexed: Indexed) -> None:
        store = indexed("text")
        store.put(("a",), "default", {"text": "apples", "title": "pears"})
        store.put(("a",), "other", {"text": "plums", "title": "apples"}, index=["title"])
        store.put(("a",), "none", {"text": "apples"}, index=False)
        scores = {item.key: item.score for item in store.search(("a",), query="apples")}
        assert scores["default"] == pytest.approx(1.0, abs=1e-3)
        assert scores["other"] == pytest.approx(1.0, abs=1e-3)
        if self.lists_unscored:
            assert scores["none"] is None
        else:
            assert "none" not in scores
        item = store.get(("a",), "none")
        assert item is not None
        assert item.value == {"text": "apples"}

    def test_an_item_with_several_vectors_counts_by_its_best_and_once(self, indexed: Indexed) -> None:
        store = indexed("title", "parts[*].text")
        store.put(("a",), "many", {"title": "fruit", "parts": [{"text": "apples"}, {"text": "pears"}]})
        store.put(("a",), "one", {"title": "apples and pears"})
        for query in ("apples", "pears", "fruit"):
            found = store.search(("a",), query=query)
            assert [item.key for item in found].count("many") == 1
            assert found[0].key == "many"
            assert found[0].score == pytest.approx(1.0, abs=1e-3)

    def test_fewer_vectors_leave_none_behind(self, indexed: Indexed) -> None:
        store = indexed("parts[*]")
        store.put(("a",), "key", {"parts": ["apples", "pears", "plums"]})
        store.put(("a",), "key", {"parts": ["apples"]})
        assert store.search(("a",), query="plums")[0].score == pytest.approx(0.0, abs=1e-3)

    def test_the_whole_value_is_embedded_where_no_field_is_named(self, indexed: Indexed) -> None:
        store = indexed()
        store.put(("a",), "one", {"text": "x", "more": {"deep": "y"}})
        found = store.search(("a",), query="whatever")
        assert [item.key for item in found] == ["one"]
        assert found[0].score is not None

    def test_fields_that_are_missing_are_left_out(self, indexed: Indexed) -> None:
        store = indexed("text", "absent.deeper", "list[*].absent")
        store.put(("a",), "key", {"text": "words", "list": []})
        store.put(("a",), "bare", {"n": 1})
        assert store.search(("a",), query="words", limit=1)[0].key == "key"
        assert store.get(("a",), "bare") is not None

    def test_words_of_any_script(self, indexed: Indexed) -> None:
        store = indexed("text")
        for key, text in {"pl": "żółta łódź", "zh": "黄色 的 船", "emoji": "🎼 🎻"}.items():
            store.put(("a",), key, {"text": text})
        for key, query in {"pl": "łódź", "zh": "船", "emoji": "🎻"}.items():
            assert store.search(("a",), query=query, limit=1)[0].key == key

    def test_several_queries_in_a_batch_are_answered_each(self, indexed: Indexed) -> None:
        store = indexed("text")
        self._fill(store)
        ops = [SearchOp(("notes",), query=NOTES[key], limit=1) for key in NOTES] + [SearchOp(("notes",), limit=1)]
        results = store.batch(ops)
        assert [items_of(found)[0].key for found in results[:-1]] == list(NOTES)
        assert items_of(results[-1])[0].key in NOTES
