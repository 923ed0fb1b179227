"""What code takes for granted: the modules that it imports, and the attributes and keyword arguments that it uses of
things whose origin its source tells. Whether they exist is asked in the sandbox.

Only what is sure to fail if it does not exist is asked for. What the code guards itself (`try` and `except
ImportError`, `hasattr`, a look at the platform or the version) is its own business.
"""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from motet.tools.checks.origins import Path, annotated, origins
from motet.tools.checks.scopes import Scope, children, scopes_of

CATCHING = frozenset(
    {"ImportError", "ModuleNotFoundError", "AttributeError", "NameError", "TypeError", "Exception", "BaseException"}
)
EXPECTING = frozenset({"suppress", "raises", "assertRaises", "assertRaisesRegex"})
"""Functions whose `with` expects an error."""
NAMING = frozenset({"hasattr", "getattr", "setattr", "delattr", "find_spec", "import_module", "__import__", "patch"})
"""Functions that ask for or set what their arguments name."""
ENVIRONMENT = frozenset({"platform", "version_info", "version", "hexversion", "implementation"})
"""What code looks at in `sys` to take another way elsewhere."""


class Use(NamedTuple):
    """One thing that must exist."""

    paths: tuple[Path, ...]
    """Where it comes from; of several, all must lead to one type."""
    written: str
    """As the code has it."""
    line: int
    column: int
    keywords: tuple[str, ...] = ()
    """Keyword arguments that it is called with."""
    imports: int = 0
    """For an import, how many parts of the path name a module; the part behind them is taken from it."""
    certain: bool = True
    """Whether the origin is known, and not only what an annotation says."""


def uses_of(tree: ast.Module) -> tuple[Use, ...]:
    """Find what code takes for granted."""
    return tuple(_Finder(tree).uses())


class _Place(NamedTuple):
    """Where in the code a node stands."""

    scope: Scope
    is_guarded: bool = False
    is_conditional: bool = False
    """Under an `if` that may ask for anything but local data."""


class _Finder:
    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._scopes = scopes_of(tree)
        nodes = list(ast.walk(tree))
        self._depends = any(_asks_for_environment(node) for node in nodes)
        self._set = {node.attr for node in nodes if isinstance(node, ast.Attribute) and not _is_read(node)}
        self._named = {name for node in nodes for name in _names_told(node)}
        self._has_star = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in nodes)

    def uses(self) -> Iterator[Use]:
        pending: list[tuple[ast.AST, _Place]] = [(self._tree, _Place(self._scopes[self._tree]))]
        while pending:
            node, place = pending.pop()
            yield from self._at(node, place)
            inner = place._replace(scope=self._scopes[node]) if node in self._scopes else place
            for child, is_inside in children(node):
                if not _is_annotation(child, node) and not isinstance(child, ast.arg):
                    pending.append((child, _narrow(node, child, inner if is_inside else place)))

    def _at(self, node: ast.AST, place: _Place) -> Iterator[Use]:
        if place.is_guarded:
            return
        if isinstance(node, ast.Import | ast.ImportFrom):
            is_plain = place.scope.node is self._tree
            if not place.is_conditional and (is_plain or not self._depends):
                yield from self._imports(node)
        elif self._depends:
            return
        elif isinstance(node, ast.Attribute) and _is_read(node):
            yield from self._use(node, place.scope)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            keywords = tuple(keyword.arg for keyword in node.keywords if keyword.arg)
            if keywords:
                yield from self._use(node.func, place.scope, keywords)

    def _imports(self, node: ast.Import | ast.ImportFrom) -> Iterator[Use]:
        line, column = node.lineno, node.col_offset + 1
        if isinstance(node, ast.ImportFrom):
            if not node.module or node.level:
                return
            module = tuple(node.module.split("."))
            for alias in node.names:
                if not {alias.name, module[0]} & self._named:
                    taken = () if alias.name == "*" else (alias.name,)
                    yield Use(((*module, *taken),), f"{node.module}.{alias.name}", line, column, imports=len(module))
            return
        for alias in node.names:
            path = tuple(alias.name.split("."))
            if path[0] not in self._named:
                yield Use((path,), alias.name, line, column, imports=len(path))

    def _use(self, node: ast.Name | ast.Attribute, scope: Scope, keywords: tuple[str, ...] = ()) -> Iterator[Use]:
        if isinstance(node, ast.Attribute) and (node.attr in self._set or node.attr in self._named):
            return
        paths, certain = origins(node, scope), True
        if not paths and isinstance(node, ast.Attribute):
            paths, certain = tuple((*path, node.attr) for path in annotated(node.value, scope)), False
        root: ast.expr = node
        while isinstance(root, ast.Attribute | ast.Call):
            root = root.value if isinstance(root, ast.Attribute) else root.func
        if self._has_star and isinstance(root, ast.Name):
            return  # the star may have brought another meaning of the name
        if paths and all(len(path) > 1 for path in paths):
            column = node.col_offset + 1
            yield Use(paths, ast.unparse(node)[:100], node.end_lineno or node.lineno, column, keywords, certain=certain)


def _is_read(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def _is_annotation(child: ast.AST, node: ast.AST) -> bool:
    """Whether it is one that may never be evaluated."""
    return child in (getattr(node, "annotation", None), getattr(node, "returns", None))


def _asks_for_environment(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="sys" | "_sys"), attr=name):
            return name in ENVIRONMENT
        case ast.Attribute(value=ast.Name(id="os" | "_os"), attr="name"):
            return True
        case ast.Import(names=names):
            return any(alias.name in ("platform", "sysconfig") for alias in names)
        case ast.ImportFrom(module="sys", names=names):
            return any(alias.name in ENVIRONMENT for alias in names)
    return isinstance(node, ast.ImportFrom) and node.module in ("platform", "sysconfig")


def _names_told(node: ast.AST) -> Iterator[str]:
    """Names that the code asks for by `hasattr` and its like, or sets."""
    if isinstance(node, ast.Call) and _name_of(node.func) in NAMING:
        for argument in node.args:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield from argument.value.split(".")


def _name_of(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _narrow(node: ast.AST, child: ast.AST, place: _Place) -> _Place:
    """The place of a child, which its parent may guard."""
    match node:
        case ast.Try(body=body, handlers=handlers) | ast.TryStar(body=body, handlers=handlers) if child in body:
            return place._replace(is_guarded=place.is_guarded or any(map(_catches, handlers)))
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body) if child in body:
            expected = any(
                isinstance(item.context_expr, ast.Call) and _name_of(item.context_expr.func) in EXPECTING
                for item in items
            )
            return place._replace(is_guarded=place.is_guarded or expected)
        case ast.If(test=test, body=body) | ast.While(test=test, body=body) if child is not test:
            never = _is_never(test) and child in body
            asks = place.scope.parent is None or not _is_about_data(test, place.scope)
            return place._replace(is_guarded=place.is_guarded or never, is_conditional=place.is_conditional or asks)
    return place


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(_name_of(kind) in CATCHING for kind in kinds)


def _is_never(test: ast.expr) -> bool:
    """`if False`, `if TYPE_CHECKING`."""
    return _name_of(test) == "TYPE_CHECKING" or (isinstance(test, ast.Constant) and not test.value)


def _is_about_data(test: ast.expr, scope: Scope) -> bool:
    """Whether it looks at local values alone, and so not at what is installed."""
    nodes = list(ast.walk(test))
    if any(isinstance(node, ast.Attribute) for node in nodes):
        return False
    return all(scope.is_local(node.id) for node in nodes if isinstance(node, ast.Name))
