"""Search by words, as users of a store call it."""

import sqlite3
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.store.base import PutOp

from motet.memory import ChromaStore
from motet.memory.conformance import WordEmbeddings

INDEX = {"dims": 256, "embed": WordEmbeddings(), "fields": ["text"]}
SNIPPETS = {
    "snake": "def is_leap_year(year): return year % 4 == 0",
    "camel": "class LeapYearError(ValueError): pass",
    "prose": "Sorts the lists of numbers, then reverses them.",
    "hash": "HTTPServer with sha256 sums",
    "船": "żółta łódź, 黄色の船",
}


@pytest.fixture(params=["memory", "embedded", "server"])
def store(request, tmp_path):
    if request.param == "server":
        url = request.getfixturevalue("chroma_server")
        opened = ChromaStore.connect(url, collection=f"words-{uuid.uuid4().hex}", index=INDEX)
    else:
        opened = ChromaStore(tmp_path if request.param == "embedded" else None, index=INDEX)
    with opened:
        yield opened


def keys(found):
    return [item.key for item in found]


def test_words_are_found_however_they_are_joined_and_what_is_rare_counts_most(store):
    for key, text in SNIPPETS.items():
        store.put(("code", "python"), key, {"text": text, "title": "secret"})
    assert keys(store.search_words(("code",), "isLeapYear")) == ["snake", "camel"]
    assert keys(store.search_words(("code",), "leap years", limit=2)) == ["snake", "camel"]
    assert keys(store.search_words(("code",), "ValueError")) == ["camel"]
    assert keys(store.search_words((), "sorting a list in reverse")) == ["prose"]
    assert keys(store.search_words(("code",), "http SHA256")) == ["hash"]
    assert keys(store.search_words(("code",), "船")) == keys(store.search_words(("code",), "ŁÓDŹ")) == ["船"]
    assert keys(store.search_words(("code",), "secret")) == []  # only what is indexed
    assert all(item.score > 0 for item in store.search_words((), "year number"))


@pytest.mark.parametrize(
    "query", ["", "   ", "?!", '"', "text: x", "a AND", "NEAR(", "*", "'); DROP TABLE items", "🎻"]
)
def test_no_query_is_a_language(store, query):
    store.put(("a",), "key", {"text": "some words"})
    assert store.search_words((), query) == []


def test_it_keeps_to_namespace_filter_and_limit_and_follows_every_write(store):
    for number in range(30):
        store.put(("a", f"b{number % 2}"), f"k{number}", {"text": "the same words", "n": number})
    store.put(("ab",), "beside", {"text": "the same words"})
    store.put(("a",), "hidden", {"text": "the same words"}, index=False)
    assert len(store.search_words(("a",), "same")) == 10
    assert len(store.search_words(("a",), "same", limit=100)) == 30
    assert set(keys(store.search_words(("a", "b0"), "same", limit=100))) == {f"k{n}" for n in range(0, 30, 2)}
    assert keys(store.search_words(("a",), "words", filter={"n": {"$gt": 28}})) == ["k29"]
    store.put(("a", "b1"), "k29", {"text": "other things", "n": 29})
    store.delete(("a", "b0"), "k28")
    assert keys(store.search_words((), "words", filter={"n": {"$gt": 27}})) == []
    assert keys(store.search_words((), "thing")) == ["k29"]
    with pytest.raises(ValueError, match="operator"):
        store.search_words((), "words", filter={"n": {"$in": [1]}})


async def test_it_can_be_awaited(store):
    await store.aput(("a",), "key", {"text": "some words"})
    assert keys(await store.asearch_words(("a",), "words", limit=1)) == ["key"]


def test_without_an_index_the_whole_value_is_looked_at():
    with ChromaStore() as store:
        store.put(("a",), "key", {"title": "a title", "body": {"deep": ["some words"]}})
        assert keys(store.search_words((), "word")) == keys(store.search_words((), "titles")) == ["key"]


def test_a_long_query_among_many_items_is_answered_by_its_rarest_words():
    with ChromaStore() as store:
        store.batch([PutOp(("a",), f"k{n}", {"text": f"common to all, number{n}"}) for n in range(12_000)])
        query = "common words to all of them " * 20 + "number4711"
        assert keys(store.search_words((), query, limit=1)) == ["k4711"]
        assert len(store.search_words((), query, limit=7)) == 7


def test_a_store_from_before_there_were_words_is_given_them(tmp_path):
    with ChromaStore(tmp_path, index=INDEX) as store:
        store.put(("a",), "key", {"text": "some words"})
        store.put(("a",), "hidden", {"text": "some words"}, index=False)
    with sqlite3.connect(tmp_path / "record.sqlite") as database:
        for kind, name in (("TRIGGER", "item_removed"), ("TABLE", "vocabulary"), ("TABLE", "words")):
            database.execute(f"DROP {kind} {name}")
    database.close()
    with ChromaStore(tmp_path, index=INDEX) as store:
        assert keys(store.search_words((), "words")) == ["key"]
        store.delete(("a",), "key")
        assert store.search_words((), "words") == []


PARTS = {"red": {"red"}, "green": {"green"}, "appleTree": {"apple", "tree"}, "pear_tree": {"pear", "tree"}}
WORDS = st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=3)
PLACES = st.sampled_from([("a",), ("a", "b"), ("a", "b", "c"), ("ab",), ("b",)])
WRITES = st.lists(st.tuples(PLACES, st.sampled_from("xyz"), st.none() | WORDS, st.booleans()), max_size=12)


def parts(words):
    return set().union(*(PARTS[word] for word in words))


def test_it_gives_what_is_there_and_nothing_else_in_every_process(tmp_path):
    now = [1000.0]
    ttl = {"omit_expired": True, "refresh_on_read": False}

    def opened():
        return ChromaStore(tmp_path, index=INDEX, ttl=ttl, clock=lambda: now[0])

    # The second does not own the index on disk, as a second process would not.
    with opened() as one, opened() as other:

        @settings(max_examples=50, deadline=None)
        @given(writes=WRITES, prefix=PLACES | st.just(()), query=WORDS)
        def check(writes, prefix, query):
            root, there, begun = uuid.uuid4().hex, {}, now[0]
            for turn, (place, key, words, is_mortal) in enumerate(writes):
                writer, namespace = (one, other)[turn % 2], (root, *place)
                if words is None:
                    writer.delete(namespace, key)
                    there.pop((namespace, key), None)
                else:
                    writer.put(namespace, key, {"text": " ".join(words)}, ttl=1 if is_mortal else None)
                    there[namespace, key] = (words, is_mortal)
            for _ in range(2):
                expected = {
                    (namespace, key)
                    for (namespace, key), (words, is_mortal) in there.items()
                    if namespace[: len(prefix) + 1] == (root, *prefix)
                    and not (is_mortal and now[0] > begun)
                    and parts(words) & parts(query)
                }
                found = [store.search_words((root, *prefix), " ".join(query), limit=50) for store in (one, other)]
                assert {(item.namespace, item.key) for item in found[0]} == expected
                assert found[0] == found[1]
                assert [item.score for item in found[0]] == [item.score for item in found[1]]
                now[0] += 61

        check()
