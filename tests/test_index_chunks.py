"""Code is cut into chunks where its syntax says so, and nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core import Document
from testing_code import FILES

from motet.memory.index import CodeNodeParser, chunks_of

PYTHON = '''"""What the module is for."""
import os


@decorated(1)
@twice
async def fetch(url: str, *, tries: int = 3) -> bytes:
    """Fetch it."""

    def again():
        return url

    return again()


class Outer(Base, metaclass=Meta):
    """Outer."""

    limit = 3

    def method(self): ...

    class Inner:
        def deep(self):
            return 1

    other = 4


if os.name == "posix":

    def fork():
        pass
'''


def test_python_is_cut_into_what_has_a_name_with_all_that_belongs_to_it():
    chunks = {chunk.symbol: chunk for chunk in chunks_of("package/module.py", PYTHON)}
    assert list(chunks) == ["", "fetch", "Outer", "Outer.method", "Outer.Inner", "Outer.Inner.deep", "fork"]
    fetch = chunks["fetch"]
    assert (fetch.start_line, fetch.end_line) == (5, 13)
    assert fetch.signature == "async def fetch(url: str, *, tries: int = 3) -> bytes"
    assert fetch.decorators == ("@decorated(1)", "@twice")
    assert (fetch.docstring, chunks["Outer"].docstring, chunks[""].docstring) == (
        "Fetch it.",
        "Outer.",
        "What the module is for.",
    )
    assert "def again" in fetch.text  # what is inside of a function is a part of it
    outer = chunks["Outer"]
    assert (outer.start_line, outer.end_line, outer.kind) == (16, 27, "class")
    assert [line.strip() for line in outer.text.split("\n") if "=" in line][1:] == ["limit = 3", "other = 4"]
    assert [line for line in chunks[""].text.split("\n") if line][1:] == ["import os", 'if os.name == "posix":']


@pytest.mark.parametrize(
    ("path", "text", "symbols"),
    [
        ("a.ts", "export const f = async (x) => 1;\nclass A<T> {\n m() {}\n}\ninterface I { a: string }", "f A A.m I"),
        (
            "a.js",
            "var old = function () {};\nexports.made = () => 1;\nclass A {\n b = () => 2;\n}",
            "old made A A.b",
        ),
        ("a.d.ts", "declare function f(a: string): void;\nabstract class A {\n abstract m(): void;\n}", "f A A.m"),
        ("b.go", "package m\ntype (\n G1 struct{ a int }\n G2 int\n)", "G1 G2"),
        ("b.c", "typedef struct { int a; } Named;\nint (*fp(void))(int) { return 0; }", "Named fp"),
        ("a.jsx", "export default function App() {\n return <p/>;\n}", "App"),
        (
            "a.go",
            "package m\n// Run runs.\nfunc (s *Server) Run() {}\ntype Server struct { a int }",
            "Server.Run Server",
        ),
        ("a.rs", "impl<T> Foo for Bar<T> {\n fn a(&self) {}\n}\nmod m {\n fn b() {}\n}", "Bar Bar.a m m.b"),
        ("A.java", "class A {\n A() {}\n int f() { return 1; }\n interface I {}\n}", "A A.A A.f A.I"),
        ("a.c", "static char *h(void) { return 0; }\nstruct point { int x; };", "h point"),
        (
            "a.cpp",
            "namespace n {\nclass A {\n int f() { return 1; }\n};\n}\nint A::g() { return 2; }",
            "n n.A n.A.f A.g",
        ),
        ("a.rb", "module M\n class A\n  def self.x; end\n end\nend", "M M.A M.A.x"),
        ("a.php", "<?php\nclass B {\n function c() {}\n}\nfunction d() {}", "B B.c d"),
        ("a.cs", "namespace N {\n class A {\n int F(int x) => 1;\n }\n}", "N N.A N.A.F"),
    ],
)
def test_other_languages_are_cut_by_their_grammars(path, text, symbols):
    assert [chunk.symbol for chunk in chunks_of(path, text) if chunk.symbol] == symbols.split()


def test_a_comment_above_a_definition_tells_about_it_where_the_language_has_no_docstrings():
    (run,) = [
        one for one in chunks_of("a.go", "package m\n\n// Run runs.\n// And runs.\nfunc Run() {}\n") if one.symbol
    ]
    assert run.docstring == "Run runs.\nAnd runs."


LINES = st.sampled_from(
    [
        "def f():",
        "    pass",
        "class A:",
        "    def g(self):",
        "        return 1",
        "",
        "x = 1",
        "@d",
        '"""doc',
        '"""',
        "if x:",
        "(",
        "é\t",
    ]
)


@given(st.lists(LINES, max_size=25))
def test_every_line_is_in_the_text_of_one_chunk_whether_the_file_can_be_parsed_or_not(lines):
    text = "\n".join(lines)
    chunks = chunks_of("a.py", text)
    told = sorted(line for chunk in chunks for line in chunk.text.split("\n") if line.strip())
    assert told == sorted(line for line in lines if line.strip())
    for chunk in chunks:
        assert 1 <= chunk.start_line <= chunk.end_line <= max(1, len(lines))


def test_the_node_parser_serves_any_pipeline_of_llamaindex():
    document = Document(text=FILES["shop/cart.py"], metadata={"path": "shop/cart.py"})
    nodes = CodeNodeParser().get_nodes_from_documents([document])
    total = next(node for node in nodes if node.metadata["symbol"] == "Cart.total")
    assert total.metadata["docstring"] == "The price of everything in the cart."
    assert total.metadata["decorators"] == ["@property"]
    assert (total.ref_doc_id, total.metadata["path"]) == (document.node_id, "shop/cart.py")
    with pytest.raises(ValueError, match="path"):
        CodeNodeParser().get_nodes_from_documents([Document(text="x = 1")])
