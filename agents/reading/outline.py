"""What is to be written: its name, its signature, and the code that it may rely on."""

import ast
import copy
import re
from typing import Literal, NamedTuple

from motet.agents.contract import Parameter
from motet.agents.reading.code import CodeRegion, Definition, is_class_stub, is_stub, methods, parse
from motet.agents.reading.naming import class_name, function_name, is_program, name_in_examples
from motet.agents.reading.scanning import bracket_end

Kind = Literal["function", "class", "program"]


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


def outline(task: str, regions: list[CodeRegion], entry_point: str | None) -> Outline:
    """Read what is to be written; a given entry point wins over what the task says."""
    if entry_point is not None:
        return _given(task, regions, entry_point)
    found = _last_stub(regions)
    if found is not None:
        return found
    name = function_name(task)
    class_of_the_words = class_name(task)
    if name is None and class_of_the_words is not None:
        return _given(task, regions, class_of_the_words, kind="class")
    if name is None and is_program(task):
        return Outline("program", None)
    name = name or name_in_examples(task)
    if name is not None:
        return _given(task, regions, name)
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
    for match in re.finditer(rf"(?<![.\w]){re.escape(name)}(?=\()", task):
        end = bracket_end(task, match.end())
        if end is None:
            continue
        arrow = re.compile(r"[ \t]*->[ \t]*").match(task, end)
        annotated = _annotation_end(task, arrow.end()) if arrow is not None else end
        for header in (task[match.end() : annotated], task[match.end() : end]):
            tree = parse(f"def {name}{header}:\n    pass")
            if tree is not None and isinstance(tree.body[0], Definition):
                return tree.body[0]
    return None


def _annotation_end(text: str, start: int) -> int:
    """Where `dict[str, int] | None` ends in running text: the dot behind it ends a sentence."""
    end = start
    while (name := re.compile(r"[A-Za-z_]\w*(?:\.\w+)*").match(text, end)) is not None:
        end = name.end()
        if text[end : end + 1] == "[":
            end = bracket_end(text, end) or end
        union = re.compile(r"[ \t]*\|[ \t]*(?=[A-Za-z_])").match(text, end)
        if union is None:
            break
        end = union.end()
    return end


def _header(definition: Definition) -> str:
    bare = copy.copy(definition)
    bare.body = list[ast.stmt]([ast.Pass()])
    bare.decorator_list = []
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
