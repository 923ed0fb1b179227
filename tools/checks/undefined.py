"""Which undefined names are sure to be undefined when the line runs. Ruff sees the source, and not what it does."""

import ast

from motet.tools.checks.lint import Certain
from motet.tools.checks.scopes import scopes_of

LAZY_ANNOTATIONS = (3, 14)
"""Since this version of Python annotations are evaluated only where somebody asks for them."""
DYNAMIC = frozenset({"globals", "exec", "vars", "locals", "__builtins__", "builtins", "_convert_"})
"""Names by which code can define names that no checker sees."""

Place = tuple[int, int]
"""Line from 1, column from 0."""


def certainty(tree: ast.Module | None, version: tuple[int, ...]) -> Certain:
    """Tell for a module, run by this version of Python, which of its undefined names are an error."""
    if tree is None:
        return lambda name, line, column: True
    nodes = list(ast.walk(tree))
    if any(_word(node) in DYNAMIC for node in nodes):
        return lambda name, line, column: False
    # What the module binds somewhere, though not when ruff looks: it is deleted later, or a function makes it global.
    bound = scopes_of(tree)[tree].names
    is_lazy = version >= LAZY_ANNOTATIONS or any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" and node.names[0].name == "annotations"
        for node in nodes
    )
    spans = _unevaluated(nodes, all_of_them=is_lazy)

    def is_certain(name: str, line: int, column: int) -> bool:
        within = any(first <= (line, column - 1) < last for first, last in spans)
        return name not in bound and not within

    return is_certain


def _unevaluated(nodes: list[ast.AST], *, all_of_them: bool) -> list[tuple[Place, Place]]:
    """Where annotations stand that nobody evaluates: those of local variables, those in quotes, or all of them."""
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    local = {inner for node in functions for inner in ast.walk(node) if isinstance(inner, ast.AnnAssign)}
    found: list[ast.expr] = []
    for node in nodes:
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(annotation, ast.expr) and (all_of_them or node in local):
                found.append(annotation)
            elif isinstance(annotation, ast.expr):
                found += [part for part in ast.walk(annotation) if isinstance(part, ast.Constant)]
    return [((one.lineno, one.col_offset), (one.end_lineno or one.lineno, one.end_col_offset or 0)) for one in found]


def _word(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
