"""From a file to its chunks: the syntax says where one ends, never a number of characters."""

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from motet.memory.index.chunk import Chunk, Kind
from motet.memory.index.languages import Language, language_of, reader_of

if TYPE_CHECKING:
    from tree_sitter import Node

WRAPPERS = frozenset({"decorated_definition", "export_statement", "template_declaration", "expression_statement"})
"""What may stand around a definition and begins where a reader sees it begin."""
NAMES = ("name", "declarator", "left", "property", "type")
"""Where grammars keep a name, in the order in which they are asked."""
HOLDERS = frozenset(
    {
        "assignment_expression",
        "function_declarator",
        "parenthesized_declarator",
        "pointer_declarator",
        "type_identifier",
        "type_spec",
        "variable_declarator",
    }
)
"""Children that have a name where their parent keeps none of its own."""
QUALIFIED = frozenset({"qualified_identifier", "scoped_type_identifier", "generic_type"})
"""Names that have parts, and are taken as a whole."""
LONGEST_SIGNATURE = 400
"""Characters; a longer one is a table of values among the arguments."""
COMMENTS = frozenset({"comment", "line_comment", "block_comment"})


@dataclass
class _Definition:
    """A place in a file that has a name, with those inside of it."""

    kind: Kind
    outer: "Node | None"
    """What is around it: its decorators and the like, as well."""
    inner: "Node | None"
    start: int
    end: int
    """The first and the last line, from 0."""
    span: tuple[int, int]
    """The first byte, and the one after the last."""
    symbol: str = ""
    inside: list["_Definition"] = field(default_factory=list)


def chunks_of(path: str, text: str) -> list[Chunk]:
    """Cut a file into its chunks, in the order in which they begin; a file with mistakes too, as far as it can be read.

    Args:
        path: Decides the language.
        text: The file's.

    Raises:
        ValueError: There is no grammar for such files.
    """
    language = language_of(path)
    if language is None:
        raise ValueError(f"There is no grammar for {path}.")
    source = text.encode("utf-8", errors="replace")
    lines = source.decode().split("\n")
    module = _Definition("module", None, None, 0, _last_line(lines), (0, len(source)))
    _nest(module, _definitions(language, source))
    return [_chunk(one, lines, source) for one in _walk(module) if one.inner is not None or not _bare(one, lines)]


def _definitions(language: Language, source: bytes) -> list[_Definition]:
    from tree_sitter import QueryCursor

    parser, query = reader_of(language)
    found: list[_Definition] = []
    kinds: tuple[Kind, ...] = ("function", "class")
    captures = QueryCursor(query).captures(parser.parse(source).root_node)
    for kind in kinds:
        for node in captures.get(kind, ()):
            outer = node
            while outer.parent is not None and outer.parent.type in WRAPPERS:
                outer = outer.parent
            end = outer.end_point.row - (outer.end_point.column == 0 and outer.end_point.row > outer.start_point.row)
            span = outer.start_byte, outer.end_byte
            found.append(_Definition(kind, outer, node, outer.start_point.row, end, span, _name(node)))
    return sorted(found, key=lambda one: (one.span[0], -one.span[1]))


def _last_line(lines: Sequence[str]) -> int:
    return max(0, len(lines) - 1 - (lines[-1] == ""))


def _nest(module: _Definition, definitions: Sequence[_Definition]) -> None:
    """Put each where it belongs. What is inside of a function stays a part of it."""
    around = [module]
    for one in definitions:
        while len(around) > 1 and one.span[0] >= around[-1].span[1]:
            around.pop()
        parent = around[-1]
        if parent.kind == "function" or not one.symbol:
            continue
        if parent.symbol:
            one.symbol = f"{parent.symbol}.{one.symbol}"
        parent.inside.append(one)
        around.append(one)


def _walk(module: _Definition) -> Iterator[_Definition]:
    waiting = [module]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += reversed(one.inside)


def _bare(module: _Definition, lines: Sequence[str]) -> bool:
    """Whether nothing stands in a file but what has chunks of its own."""
    return not "".join(_own_lines(module, lines)).strip()


def _own_lines(one: _Definition, lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    at = one.start
    for inner in one.inside:
        kept += lines[at : inner.start]
        at = max(at, inner.end + 1)
    return kept + list(lines[at : one.end + 1])


def _chunk(one: _Definition, lines: Sequence[str], source: bytes) -> Chunk:
    signature = _signature(one.inner, source) if one.inner is not None else ""
    text = "\n".join(_own_lines(one, lines)) or signature
    docstring = _module_docstring(text) if one.inner is None else _docstring(one.inner, source)
    return Chunk(
        symbol=one.symbol,
        kind=one.kind,
        start_line=one.start + 1,
        end_line=one.end + 1,
        text=text,
        signature=signature,
        docstring=docstring,
        decorators=_decorators(one.outer, source) if one.outer is not None else (),
    )


def _name(node: "Node") -> str:
    if node.type == "method_declaration" and (receiver := node.child_by_field_name("receiver")) is not None:
        types = re.findall(rb"[A-Za-z_]\w*", receiver.text or b"")  # Go: `(s *Server)`
        return ".".join(_decoded(part) for part in (*types[1:2], _identifier(node)) if part)
    return _decoded(_identifier(node))


def _identifier(node: "Node") -> bytes:
    """Follow a node to its name: C's `char *(*name)(...)` has it many declarators deep."""
    while True:
        inner = next(filter(None, map(node.child_by_field_name, NAMES)), None)
        if inner is None:  # `const f = () => ...`, `struct {...} name`
            inner = next((child for child in node.named_children if child.type in HOLDERS), None)
        if inner is None:
            return node.text or b"" if node.type.endswith("identifier") else b""
        if inner.type in QUALIFIED or (not any(map(inner.child_by_field_name, NAMES)) and not _holders(inner)):
            return re.sub(rb"\s*(::|\\)\s*", b".", (inner.text or b"").partition(b"<")[0])
        node = inner


def _holders(node: "Node") -> bool:
    return any(child.type in HOLDERS for child in node.named_children)


def _body(node: "Node") -> "Node | None":
    return node.child_by_field_name("body")


def _signature(node: "Node", source: bytes) -> str:
    body = _body(node)
    head = source[node.start_byte : body.start_byte if body is not None else node.end_byte]
    return " ".join(_decoded(head[: 4 * LONGEST_SIGNATURE]).split())[:LONGEST_SIGNATURE].rstrip(":{ ")


def _docstring(node: "Node", source: bytes) -> str:
    """The string or the comment that tells about a definition: first in its body, or just above it."""
    body = _body(node)
    first = next((child for child in body.named_children if child.type not in COMMENTS), None) if body else None
    if first is not None and first.type == "expression_statement" and first.named_child_count == 1:
        string = first.named_children[0]
        if string.type == "string":
            return _literal(_decoded(source[string.start_byte : string.end_byte]))
    above: list[str] = []
    before = node.parent.prev_named_sibling if node.parent and node.parent.type in WRAPPERS else node.prev_named_sibling
    row = node.start_point.row
    while before is not None and before.type in COMMENTS and before.end_point.row >= row - 1:
        above.insert(
            0,
            re.sub(
                r"(?m)^[ \t]*(?:/{2,}!?|/?\*+/?|#+)[ \t]?|[ \t]{0,80}\*/[ \t]{0,80}$", "", _decoded(before.text or b"")
            ),
        )
        row, before = before.start_point.row, before.prev_named_sibling
    return "\n".join(above).strip()


def _module_docstring(text: str) -> str:
    opening = re.match(r"""(?:\s|\#[^\n]*\n)*([rRuU]?(?P<quotes>\"{3}|'{3}).*?(?P=quotes))""", text, re.DOTALL)
    return _literal(opening[1]) if opening else ""


def _literal(string: str) -> str:
    try:
        value = ast.literal_eval(string)
    except (SyntaxError, ValueError, MemoryError):
        return string.strip("rRuUbB\"' \n")
    return inspect.cleandoc(value) if isinstance(value, str) else ""


def _decorators(outer: "Node", source: bytes) -> tuple[str, ...]:
    return tuple(
        _decoded(source[child.start_byte : child.end_byte]) for child in outer.children if child.type == "decorator"
    )


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", errors="replace")
