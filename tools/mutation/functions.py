"""The functions of a file, and what of them can be mistaken."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Function:
    """A function or method, with what is inside of it."""

    node: FunctionNode
    symbol: str

    @cached_property
    def nodes(self) -> Sequence[ast.AST]:
        """All of its body and its defaults, in order; no annotations, decorators, docstrings or f-strings.

        Python before 3.12 does not know where the parts of an f-string stand.
        """
        found: list[ast.AST] = []
        for part in (*self._defaults(), *self.node.body):
            _collect(part, found)
        return found

    @cached_property
    def blocks(self) -> Sequence[Sequence[ast.stmt]]:
        """All lists of statements in it."""
        blocks: list[Sequence[ast.stmt]] = [self.node.body]
        for node in self.nodes:
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                    blocks.append(block)
        return blocks

    @cached_property
    def variables(self) -> Sequence[tuple[str, int]]:
        """Its parameters and local variables, each with the line from where it is known."""
        arguments = self.node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        found = {one.arg: one.lineno for one in named if one.arg not in {"self", "cls"}}
        for node in self.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.setdefault(node.id, node.lineno + 1)
        return list(found.items())

    def _defaults(self) -> Iterator[ast.expr]:
        yield from self.node.args.defaults
        yield from (one for one in self.node.args.kw_defaults if one is not None)


def functions_of(tree: ast.Module) -> Iterator[Function]:
    """Functions and methods, also those under an `if` or `try`; none that lies in another function."""
    yield from _functions_in(tree.body, "")


def is_docstring(node: ast.stmt) -> bool:
    """Whether a statement is nothing but a constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _functions_in(body: Sequence[ast.stmt], prefix: str) -> Iterator[Function]:
    for node in body:
        if isinstance(node, FunctionNode):
            yield Function(node, f"{prefix}{node.name}")
        elif isinstance(node, ast.ClassDef):
            yield from _functions_in(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.If | ast.Try):
            yield from _functions_in([*node.body, *node.orelse], prefix)


def _collect(node: ast.AST, found: list[ast.AST]) -> None:
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.stmt) and is_docstring(node)):
        return
    found.append(node)
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                _collect(child, found)
