"""What each name in a module is bound to, as far as its source alone tells.

Python's own `symtable` says that a name is imported or assigned, but not what from. A checker that must not be wrong
has to see every binding of a name, because one binding more makes it unknown.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
OPENING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, *COMPREHENSIONS)
"""Nodes that open a scope, beside the module."""


@dataclass(frozen=True)
class Imported:
    """A name bound by an import: `("os", "path")` for `from os import path`."""

    origin: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Assigned:
    """A name bound to the value of an expression."""

    value: ast.expr
    scope: "Scope"


@dataclass(frozen=True)
class Augmented:
    """A name that `+=` and the like bind to something of the same kind, unless it is a number."""


@dataclass(frozen=True, eq=False)
class Annotated:
    """A parameter that says its type."""

    annotation: ast.expr


@dataclass(frozen=True)
class Other:
    """A name bound in a way that says nothing about its value."""


Binding = Imported | Assigned | Augmented | Annotated | Other
OTHER = Other()


@dataclass(eq=False)
class Scope:
    """One namespace of the source."""

    node: ast.AST
    parent: "Scope | None" = None
    names: dict[str, list[Binding]] = field(default_factory=dict)

    def find(self, name: str) -> list[Binding] | None:
        """All bindings of the name that a use in this scope sees; `None` where nothing in the module binds it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not isinstance(scope.node, ast.ClassDef)):
                return scope.names[name]
            scope = scope.parent
        return None

    def is_local(self, name: str) -> bool:
        """Whether a function around this place binds it."""
        scope: Scope | None = self
        while scope is not None and scope.parent is not None:
            if name in scope.names and not isinstance(scope.node, ast.ClassDef):
                return True
            scope = scope.parent
        return False

    def bind(self, name: str, binding: Binding) -> None:
        """Take note of a binding."""
        self.names.setdefault(name, []).append(binding)


Scopes = dict[ast.AST, Scope]
"""By the node that opens the scope."""


def scopes_of(tree: ast.Module) -> Scopes:
    """Find all scopes of a module and what they bind."""
    scopes: Scopes = {tree: Scope(tree)}
    targets = set(_plain_targets(tree))
    pending: list[tuple[ast.AST, Scope]] = [(tree, scopes[tree])]
    while pending:
        node, scope = pending.pop()
        if isinstance(node, OPENING):
            scopes[node] = Scope(node, scope)
            for name, binding in _parameters(node):
                scopes[node].bind(name, binding)
        for name, binding in _bindings(node, scope):
            _home(scope, node).bind(name, binding)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and node not in targets:
            scope.bind(node.id, OTHER)
        if isinstance(node, ast.Global | ast.Nonlocal):
            _share(node, scope)
        pending += [(child, scopes[node] if inside else scope) for child, inside in children(node)]
    return scopes


def children(node: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """The children of a node, each with whether it stands in the scope that the node opens."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        inside = {*node.body, *getattr(node, "type_params", ())}
        yield from ((child, child in inside) for child in ast.iter_child_nodes(node))
    elif isinstance(node, ast.Lambda):
        yield from ((child, child is node.body) for child in ast.iter_child_nodes(node))
    elif isinstance(node, COMPREHENSIONS):
        first = node.generators[0]  # whose iterable alone is evaluated outside
        yield first.iter, False
        yield first.target, True
        yield from ((test, True) for test in first.ifs)
        yield from ((child, True) for child in ast.iter_child_nodes(node) if child is not first)
    else:
        yield from ((child, False) for child in ast.iter_child_nodes(node))


def _plain_targets(tree: ast.Module) -> Iterator[ast.Name]:
    """Names whose assignment as a whole says what they get."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from (target for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and isinstance(node.target, ast.Name):
            yield node.target


def _bindings(node: ast.AST, scope: Scope) -> Iterator[tuple[str, Binding]]:
    match node:
        case ast.Import(names=names):
            for alias in names:
                path = tuple(alias.name.split("."))
                yield (alias.asname, Imported(path)) if alias.asname else (path[0], Imported(path[:1]))
        case ast.ImportFrom(module=module, names=names, level=level):
            for alias in names:
                known = Imported((*module.split("."), alias.name)) if module and not level else OTHER
                yield alias.asname or alias.name, known
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, Assigned(value, scope)
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            yield name, Assigned(value, scope)
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            yield name, Assigned(value, scope) if value else OTHER
        case ast.AugAssign(target=ast.Name(id=name)):
            yield name, Augmented()
        case (
            ast.FunctionDef(name=str(name))
            | ast.AsyncFunctionDef(name=str(name))
            | ast.ClassDef(name=str(name))
            | ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
            | ast.MatchMapping(rest=str(name))
        ):
            yield name, OTHER
        case ast.AST() if type(node).__name__ in ("TypeVar", "ParamSpec", "TypeVarTuple"):
            yield getattr(node, "name", ""), OTHER


def _home(scope: Scope, node: ast.AST) -> Scope:
    """Where a binding goes: what `:=` binds outlives the comprehension that it stands in."""
    while isinstance(node, ast.NamedExpr) and isinstance(scope.node, COMPREHENSIONS) and scope.parent:
        scope = scope.parent
    return scope


def _share(node: ast.Global | ast.Nonlocal, scope: Scope) -> None:
    """Make a name that several scopes write unknown in all of them."""
    for name in node.names:
        around: Scope | None = scope
        while around is not None:
            around.bind(name, OTHER)
            around = around.parent


def _parameters(node: ast.AST) -> Iterator[tuple[str, Binding]]:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(given.defaults))
    defaults += given.defaults
    for argument, default in [
        *zip(positional, defaults, strict=True),
        *zip(given.kwonlyargs, given.kw_defaults, strict=True),
    ]:
        is_typed = argument.annotation is not None and default is None
        yield argument.arg, Annotated(argument.annotation) if is_typed and argument.annotation else OTHER
    for argument in (given.vararg, given.kwarg):
        if argument is not None:
            yield argument.arg, OTHER
