"""The thing that examples call, and what counts as calling it."""

import ast
import builtins
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from motet.agents.contract import Example, Parameter
from motet.agents.reading.annotations import admits
from motet.agents.reading.values import Literal, evaluate, parse_expression
from motet.tools.literals import NotLiteralError, source_of

SAFE_WRAPPERS = ("round", "sorted", "len", "list", "set", "tuple", "sum", "str", "dict", "abs", "max", "min", "bool")


class Placed(NamedTuple):
    """An example and the place in the text that it was read from."""

    start: int
    end: int
    example: Example


@dataclass(frozen=True)
class Target:
    """The entry point, as far as reading examples needs to know it."""

    entry_point: str
    parameters: tuple[Parameter, ...] = ()
    knows_parameters: bool = False
    returns: str | None = None
    is_class: bool = False
    """Whether it is a class to be used, so that one call says little."""
    given_names: frozenset[str] = frozenset()
    """Names that the preamble and the imports bind; examples may use them."""

    @property
    def name(self) -> str:
        """The name of the function or class without what stands before it."""
        return self.entry_point.rpartition(".")[2]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Where a call begins in the text; the first group is a wrapper such as `round(`."""
        owner = self.entry_point.rpartition(".")[0]
        qualified = rf"(?:{re.escape(owner)}\s*\.\s*)?" if owner else ""
        return re.compile(
            rf"((?:\b(?:{'|'.join(SAFE_WRAPPERS)}|print)\()*)(?<![.\w]){qualified}{re.escape(self.name)}\("
        )

    def arguments(self, call: ast.Call) -> tuple[list[Literal], dict[str, Literal]] | None:
        """The literal arguments of a call of the target, or `None` if it is not one, or cannot be one."""
        if ast.unparse(call.func) not in (self.entry_point, self.name):
            return None
        try:
            given = [evaluate(argument) for argument in call.args]
            named = {word.arg: evaluate(word.value) for word in call.keywords if word.arg is not None}
        except NotLiteralError:
            return None
        if len(named) < len(call.keywords) or not self.accepts(given, named):
            return None
        return given, named

    def accepts(self, given: Sequence[Literal], named: dict[str, Literal]) -> bool:
        """Whether the signature, where it is known, takes such arguments."""
        if not self.knows_parameters:
            return True
        names = [parameter.name for parameter in self.parameters]
        # `*rest` is not among the parameters that a contract lists; a call of such a function cannot be counted.
        if len(given) > len(names) or any(name not in names[len(given) :] for name in named):
            return False
        missing = [each for each in self.parameters[len(given) :] if each.name not in named and each.default is None]
        annotated = [*zip(self.parameters, given, strict=False)]
        annotated += [(each, named[each.name]) for each in self.parameters if each.name in named]
        return not missing and all(admits(each.annotation, value) is not False for each, value in annotated)

    def call(self, given: Sequence[Literal], named: dict[str, Literal] | None = None) -> str:
        """The source of a call with these arguments."""
        words = [source_of(value) for value in given]
        words += [f"{name}={source_of(value)}" for name, value in (named or {}).items()]
        return f"{self.entry_point}({', '.join(words)})"

    def expression(self, text: str) -> str | None:
        """The text as an expression that calls the target with literals, in safe builtins at most; normalised."""
        try:
            tree = parse_expression(text)
        except NotLiteralError:
            return None
        inner = tree
        while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id in SAFE_WRAPPERS:
            if inner.func.id == self.name or not inner.args:
                break
            try:
                [evaluate(argument) for argument in inner.args[1:]]
            except NotLiteralError:
                return None
            inner = inner.args[0]
        arguments = self.arguments(inner) if isinstance(inner, ast.Call) else None
        if arguments is None:
            return None
        if inner is tree:
            return self.call(*arguments)
        called = parse_expression(self.call(*arguments))
        return ast.unparse(_Replacing(inner, called).visit(tree))

    def is_called_in(self, tree: ast.AST) -> bool:
        """Whether the target is called somewhere in a tree, with literals where it stands alone."""
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        return any(ast.unparse(node.func) in (self.entry_point, self.name) for node in calls)

    def knows(self, name: str) -> bool:
        """Whether a name means something beside the target: a builtin, or what the task itself brings."""
        return (
            name in (self.name, self.entry_point.partition("(")[0])
            or name in self.given_names
            or hasattr(builtins, name)
        )

    def returns_like(self, value: Literal) -> bool:
        """Whether the annotation of the return value, where there is one, allows the value."""
        return admits(self.returns, value) is not False


class _Replacing(ast.NodeTransformer):
    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else super().visit(node)
