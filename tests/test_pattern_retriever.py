"""The pattern memory as a LangChain retriever, held to LangChain's own suite."""

import pytest
from langchain_tests.integration_tests import RetrieversIntegrationTests

from motet.memory import ChromaStore, Draft, Interface, PatternMemory, PatternRetriever, PatternTests, Source
from motet.memory.conformance import WordEmbeddings
from motet.tools.sandbox import resolve_sandbox
from motet.tools.testing import Case

pytestmark = pytest.mark.bubblewrap


@pytest.fixture(scope="module")
def filled():
    """A memory of four solutions."""
    embeddings = WordEmbeddings()
    memory = PatternMemory(
        ChromaStore(index={"dims": 256, "embed": embeddings, "fields": ["text"]}), embeddings=embeddings
    )
    sandbox = resolve_sandbox("bubblewrap")
    for name, value in {"sum": "3", "max": "2", "min": "1", "sorted": "[1, 2]"}.items():
        case = Case(name="example 1", kind="call", code="f([2, 1])", expected=value)
        draft = Draft(
            task=f"Write f that gives the {name} of a list of numbers.",
            interface=Interface(entry_point="f"),
            solution=f"def f(numbers):\n    return {name}(numbers)\n",
            tests=PatternTests(cases=(case,)),
            source=Source(model="some-model"),
        )
        assert memory.admit(draft, sandbox=sandbox).outcome == "admitted"
    yield memory
    memory.store.close()


class TestPatternRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _memory(self, filled):
        self.memory = filled

    @property
    def retriever_constructor(self):
        return PatternRetriever

    @property
    def retriever_constructor_params(self):
        return {"memory": self.memory}

    @property
    def retriever_query_example(self):
        return "the max of a list of numbers"


async def test_what_it_finds_is_the_solution_with_its_story_and_nothing_in_quarantine_or_under_the_floor(filled):
    retriever = PatternRetriever(memory=filled, k=2)
    first, second = retriever.invoke("Write f that gives the max of a list of numbers.")
    assert first.page_content == "def f(numbers):\n    return max(numbers)\n"
    assert first.metadata["task"] == "Write f that gives the max of a list of numbers."
    assert (first.metadata["entry_point"], first.metadata["tests"], first.metadata["model"]) == ("f", 1, "some-model")
    assert first.metadata["similarity"] > second.metadata["similarity"]

    strict = PatternRetriever(memory=filled, floor=first.metadata["similarity"])
    assert [found.id for found in await strict.ainvoke(first.metadata["task"])] == [first.id]
    filled.quarantine(first.id, "it is poison")
    assert first.id not in [found.id for found in retriever.invoke(first.metadata["task"], k=4)]
