"""The codebase index as others know such things: LangChain's suites for retrievers and tools, and LlamaIndex."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_tests.integration_tests import RetrieversIntegrationTests, ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests
from llama_index.core.schema import QueryBundle
from testing_code import repository

from motet.memory.index import (
    CodeIndex,
    CodeNodeRetriever,
    CodeRetriever,
    count_tokens,
    create_code_tools,
    repo_map,
)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    root = tmp_path_factory.mktemp("code")
    (root / "outside.txt").write_text("secret")
    shop = repository(root / "shop")
    (shop / ".gitignore").write_text(".env\n")
    (shop / ".env").write_text("KEY=secret\n")
    (shop / "link.txt").symlink_to(root / "outside.txt")
    (shop / "folder").symlink_to(root)
    with CodeIndex(shop, embeddings=None, folder=root / "index") as index:
        yield index


class TestCodeRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _index(self, index):
        self.index = index

    @property
    def retriever_constructor(self):
        return CodeRetriever

    @property
    def retriever_constructor_params(self):
        return {"index": self.index}

    @property
    def retriever_query_example(self):
        return "round the price of a cart"


def test_a_document_says_where_its_code_stands(index):
    (document,) = CodeRetriever(index=index, k=1).invoke("round half up to cents")
    assert document.page_content.startswith("def round_price")
    assert document.metadata["path"] == "shop/money.py"
    assert (document.metadata["start_line"], document.metadata["symbol"]) == (6, "round_price")


async def test_llamaindex_gets_nodes_with_scores(index):
    retriever = CodeNodeRetriever(index, k=2)
    first, second = retriever.retrieve("round half up to cents")
    assert first.node.metadata["symbol"] == "round_price"
    assert first.score > second.score
    again = await retriever.aretrieve(QueryBundle("round half up to cents"))
    assert [one.node.node_id for one in again] == [first.node.node_id, second.node.node_id]


NAMES = ["search_code", "read_symbol", "find_references", "read_file", "list_files", "repo_map"]
EXAMPLES = {
    "search_code": {"question": "rounding", "k": 2},
    "read_symbol": {"symbol": "Cart.total", "path": "shop/cart.py"},
    "find_references": {"name": "round_price", "k": 5},
    "read_file": {"path": "shop/money.py", "first_line": 6, "last_line": 8},
    "list_files": {"pattern": "shop/*.py", "k": 10},
    "repo_map": {"question": "prices", "max_tokens": 200},
}


class EachTool:
    @pytest.fixture(autouse=True, params=NAMES)
    def _tool(self, index, request):
        self.name = request.param
        self.made = {tool.name: tool for tool in create_code_tools(index)}

    @property
    def tool_constructor(self):
        return self.made[self.name]

    @property
    def tool_invoke_params_example(self):
        return EXAMPLES[self.name]


class TestToolsUnit(EachTool, ToolsUnitTests): ...


class TestTools(EachTool, ToolsIntegrationTests): ...


@pytest.fixture
def tools(index):
    return {tool.name: tool for tool in create_code_tools(index)}


def test_the_tools_lead_an_agent_from_a_question_to_the_lines(tools):
    assert list(tools) == NAMES
    assert all(argument["description"] for tool in tools.values() for argument in tool.args.values())
    assert "shop/money.py:6-8 round_price\ndef round_price(amount):" in tools["search_code"].invoke(
        EXAMPLES["search_code"]
    )
    assert "def total(self):" in tools["read_symbol"].invoke({"symbol": "Cart.total"})
    used = tools["find_references"].invoke(EXAMPLES["find_references"]).splitlines()
    assert used[0] == "shop/money.py:6 [defines] def round_price(amount):"
    assert used[-1].startswith("shop/cart.py:22 ")
    assert tools["read_file"].invoke(EXAMPLES["read_file"]).splitlines()[1] == "    6  def round_price(amount):"
    assert tools["list_files"].invoke({"pattern": "tests"}) == "tests/test_cart.py"
    assert tools["list_files"].invoke({"pattern": "**/*cart.py"}) == "shop/cart.py\ntests/test_cart.py"
    assert tools["list_files"].invoke({"pattern": "test_*"}) == "tests/test_cart.py"
    assert "def parse_amount(text)" in tools["repo_map"].invoke({"question": "amounts that people type"})


async def test_async_tools_say_the_same(tools):
    assert await tools["search_code"].ainvoke({"question": "rounding"}) == tools["search_code"].invoke(
        {"question": "rounding"}
    )


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../outside.txt",
        "shop/../../outside.txt",
        "link.txt",
        "folder/outside.txt",
        ".env",
        ".git/config",
        "no.py",
        "shop",
        "a\0b",
        "",
        ".",
        "\ud800",
        "x" * 5000,
    ],
)
def test_no_tool_reads_what_is_not_the_repositorys_own(tools, path):
    for answer in (
        tools["read_file"].invoke({"path": path}),
        tools["read_symbol"].invoke({"symbol": "Cart", "path": path}),
    ):
        assert "secret" not in answer
        assert "root:x" not in answer
        assert "[core]" not in answer
        assert "class Cart" not in answer or path in ("", ".")  # that is to say, in any file
    if path not in ("", "."):
        assert "secret" not in tools["list_files"].invoke({"pattern": path})


def test_what_cannot_be_done_is_told_to_the_model_with_a_way_on(tools):
    assert "search_code" in tools["read_symbol"].invoke({"symbol": "Nothing"})
    assert "lines" in tools["read_file"].invoke({"path": "shop/money.py", "first_line": 1000})
    assert "error" in tools["search_code"].invoke({"question": "x", "k": "many"}).lower()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(budget=st.integers(1, 400), question=st.sampled_from([None, "prices", "a cart of a guest"]))
def test_a_map_never_costs_more_than_its_budget(index, budget, question):
    drawn = repo_map(index, budget, question=question, refresh=False)
    assert count_tokens(drawn) <= budget


def test_a_map_shows_first_what_everything_rests_on_and_with_a_question_what_that_is_about(index):
    assert repo_map(index, 400).startswith(("shop/money.py:", "shop/storage.py:"))
    assert repo_map(index, 400, question="merge the guest's cart").startswith("shop/cart.py:")
    assert "def round_price(amount)" in repo_map(index, 400)
    with pytest.raises(ValueError, match="positive"):
        repo_map(index, 0)


@pytest.mark.model
def test_a_real_tokenizer_needs_no_more_tokens_than_are_counted(index):
    from motet.models import resolve_model

    model = resolve_model("local:qwen2.5-coder-0.5b")
    for text in (repo_map(index, 400), Path(__file__).read_text()[:5000], Path(os.__file__).read_text()[:5000]):
        empty, whole = (model.invoke(said, max_tokens=1).usage_metadata["input_tokens"] for said in (".", text))
        assert whole - empty <= count_tokens(text)
