"""What is to be written: its name, its signature, and the code that it may rely on."""

import ast
import builtins
import copy
import re
from collections import Counter
from typing import Literal, NamedTuple

from motet.agents.contract import Parameter
from motet.agents.reading.code import CodeRegion, Definition, fill_bodies, is_class_stub, is_stub, methods, parse

Kind = Literal["function", "class", "program"]

_IDENTIFIER = r"[A-Za-z_]\w*"
_THING = r"(?:function|method|routine|procedure|subroutine|helper|generator|decorator|coroutine)"
_QUOTE = r"[`'\"*\u201c\u2018]{1,3}"
_NAMED = (
    re.compile(rf"\b{_THING}\b[^.\n]{{0,40}}?\b(?:called|named)\s+(?:{_QUOTE})?({_IDENTIFIER})", re.I),
    re.compile(rf"\b{_THING}\s*:?\s+{_QUOTE}(?:def\s+)?({_IDENTIFIER})", re.I),
    re.compile(rf"\b{_THING}\s*:?\s+({_IDENTIFIER})\s*\(", re.I),
    re.compile(rf"\b{_THING}\s+({_IDENTIFIER}_\w+|[a-z]+[A-Z]\w*|[a-z]+\d\w*)\b"),
    re.compile(rf"{_QUOTE}({_IDENTIFIER})(?:\([^`\n]*\))?{_QUOTE}\s+{_THING}\b", re.I),
    re.compile(
        rf"\b(?:write|implement|create|define|complete|build|code)\s+{_QUOTE}(?:def\s+)?({_IDENTIFIER})\s*\(", re.I
    ),
    re.compile(rf"\b(?:write|implement|create|define|complete)\s+({_IDENTIFIER})\s*\([\w\s,:=\[\]*.|'\"]*\)", re.I),
    re.compile(rf"\bname(?:d)?\s+(?:it|the\s+function)\s+(?:{_QUOTE})?({_IDENTIFIER})", re.I),
    re.compile(rf"\bcall\s+it\s+(?:{_QUOTE})?({_IDENTIFIER})", re.I),
)
_CLASS_NAMED = (
    re.compile(rf"\bclass\b[^.\n]{{0,20}}?\b(?:called|named)\s+(?:{_QUOTE})?({_IDENTIFIER})", re.I),
    re.compile(rf"\b[Cc]lass\s+{_QUOTE}({_IDENTIFIER})"),
    re.compile(r"\b[Cc]lass\s+([A-Z][a-zA-Z0-9]*)\b(?!\s+(?:of|is|are|that)\b)"),
    re.compile(rf"{_QUOTE}({_IDENTIFIER}){_QUOTE}\s+class\b"),
)
_PROGRAM = re.compile(
    r"\bstdin\b|\bstdout\b|standard (?:input|output)|\bwrite an? (?:\w+ )?(?:program|script)\b|^-+\s*Input\s*-+$"
    r"|\bprogram that (?:reads|prints)\b",
    re.I | re.M,
)
_EXAMPLE_LINE = re.compile(
    rf"^[ \t]*(?:>>>|assert\b)(.*)|^[ \t*>-]*`?({_IDENTIFIER}\([^\n]*(?:={{1,3}}>?|->|➞|→|⇒|\breturns?\b)[^\n]*)", re.M
)
_CALLED = re.compile(rf"(?<![.\w])({_IDENTIFIER})\(")
_NOT_NAMES = frozenset(
    """a an and as assert by called for from if in int is isinstance it len list named not of on or print python returns
    round set sorted str takes that the this to used which with your""".split()  # noqa: SIM905 - prose reads as prose
)


class Outline(NamedTuple):
    """The shape of what a task asks for."""

    kind: Kind
    entry_point: str | None
    """How it is called: `f`, `Class`, or `Class().method` where a class is only the coat of one function."""
    definition: Definition | None = None
    """The stub, or the signature that the text gives."""
    region: CodeRegion | None = None
    node: ast.stmt | None = None
    """The top-level statement of the region that holds the definition."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the definition; `self` is left out of a method's."""
        if self.definition is None:
            return ()
        arguments = self.definition.args
        named = [*arguments.posonlyargs, *arguments.args]
        filler: list[ast.expr | None] = [None] * (len(named) - len(arguments.defaults))
        pairs = list(zip(named, [*filler, *arguments.defaults], strict=True))
        pairs += list(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
        if self.is_method and pairs:
            pairs = pairs[1:]
        return tuple(
            Parameter(
                name=argument.arg,
                annotation=_written(argument.annotation),
                default=_written(default),
            )
            for argument, default in pairs
        )

    @property
    def is_method(self) -> bool:
        """Whether the definition stands in a class."""
        return isinstance(self.node, ast.ClassDef)

    @property
    def returns(self) -> str | None:
        """The annotation of the return value."""
        return _written(self.definition.returns) if self.definition is not None else None

    @property
    def signature(self) -> str | None:
        """The header, normalised."""
        if self.definition is not None:
            return _header(self.definition)
        return f"class {self.node.name}:" if isinstance(self.node, ast.ClassDef) else None

    @property
    def imports(self) -> tuple[str, ...]:
        """The import lines of the region."""
        if self.region is None:
            return ()
        return tuple(
            source_of(self.region.source, node)
            for node in self.region.tree.body
            if isinstance(node, ast.Import | ast.ImportFrom)
        )

    @property
    def preamble(self) -> str:
        """The finished code before the definition."""
        if self.region is None or self.node is None:
            return ""
        kept = []
        for node in self.region.tree.body:
            if node is self.node:
                break
            if _is_given(node):
                kept.append(source_of(self.region.source, node))
        return "\n\n\n".join(kept)


def outline(task: str, regions: list[CodeRegion], entry_point: str | None) -> Outline:  # noqa: PLR0911 - a ladder of sources
    """Read what is to be written; a given entry point wins over what the task says."""
    if entry_point is not None:
        return _given(task, regions, entry_point)
    found = _last_stub(regions)
    if found is not None:
        return found
    name = next((name for name in _named(task, _NAMED)), None)
    class_name = next(iter(_named(task, _CLASS_NAMED)), None)
    if name is None and class_name is not None and class_name[0].isupper():
        return _given(task, regions, class_name, kind="class")
    if name is not None:
        return _given(task, regions, name)
    if _PROGRAM.search(task) and not re.search(r"\bassert\b|>>>", task):
        return Outline("program", None)
    called = _called_in_examples(task)
    if called is not None:
        return _given(task, regions, called)
    return _last_definition(regions) or Outline("function", None)


def _last_stub(regions: list[CodeRegion]) -> Outline | None:
    for region in reversed(regions):
        for node in reversed(region.tree.body):
            if isinstance(node, Definition) and is_stub(node):
                return Outline("function", node.name, node, region, node)
            if isinstance(node, ast.ClassDef) and is_class_stub(node):
                return _class_outline(region, node)
    return None


def _class_outline(region: CodeRegion, node: ast.ClassDef) -> Outline:
    open_methods = [method for method in methods(node) if is_stub(method)]
    if len(methods(node)) == 1 and open_methods and not open_methods[0].name.startswith("__"):
        method = open_methods[0]
        return Outline("class", f"{node.name}().{method.name}", method, region, node)
    return Outline("class", node.name, None, region, node)


def _last_definition(regions: list[CodeRegion]) -> Outline | None:
    for region in reversed(regions):
        for node in reversed(region.tree.body):
            if isinstance(node, Definition):
                return Outline("function", node.name, node, region, node)
            if isinstance(node, ast.ClassDef):
                return Outline("class", node.name, None, region, node)
    return None


def _given(task: str, regions: list[CodeRegion], entry_point: str, kind: Kind = "function") -> Outline:
    owner, _, method = entry_point.replace("()", "").rpartition(".")
    for region in reversed(regions):
        for node in reversed(region.tree.body):
            if isinstance(node, Definition) and node.name == entry_point:
                return Outline("function", entry_point, node, region, node)
            if isinstance(node, ast.ClassDef) and node.name in (owner, entry_point):
                inner = next((each for each in methods(node) if owner and each.name == method), None)
                return Outline("class", entry_point, inner, region, node)
    if owner or kind == "class":
        return Outline("class", entry_point)
    return Outline("function", entry_point, _header_in_text(task, entry_point), regions[-1] if regions else None)


def _header_in_text(task: str, name: str) -> Definition | None:
    """The signature in words such as `Write a function add(a, b)`, where every argument is a name."""
    for match in re.finditer(rf"(?:def\s+)?(?<![.\w]){re.escape(name)}(\([^()\n]*\)(?:\s*->\s*[\w.\[\], |]+)?)", task):
        for header in (match.group(1), match.group(1).partition("->")[0].strip()):
            tree = parse(fill_bodies(f"def {name}{header.rstrip(' ,|')}:"))
            if tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], Definition):
                return tree.body[0]
    return None


def _named(task: str, patterns: tuple[re.Pattern[str], ...]) -> list[str]:
    found = (match.group(1) for pattern in patterns for match in pattern.finditer(task))
    return [name for name in found if name.lower() not in _NOT_NAMES]


def _called_in_examples(task: str) -> str | None:
    """What most examples call; the outermost call counts that is none of a builtin."""
    called: Counter[str] = Counter()
    for match in _EXAMPLE_LINE.finditer(task):
        names = _CALLED.findall(match.group(1) or match.group(2))
        called.update([name for name in names if not hasattr(builtins, name) and name not in _NOT_NAMES][:1])
    return called.most_common(1)[0][0] if called else None


def _header(definition: Definition) -> str:
    bare = copy.copy(definition)
    bare.body, bare.decorator_list = [ast.Pass()], []
    return ast.unparse(bare).rpartition("\n")[0].strip()


def _is_given(node: ast.stmt) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Expr() | ast.Assert():
            return False
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return not is_stub(node)
        case ast.ClassDef():
            return not is_class_stub(node)
    return True


def source_of(source: str, node: ast.stmt) -> str:
    """The lines of a statement, with its decorators."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return "\n".join(source.splitlines()[first - 1 : node.end_lineno])


def _written(node: ast.expr | None) -> str | None:
    return ast.unparse(node) if node is not None else None
