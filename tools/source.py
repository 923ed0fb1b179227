"""Parses Python that nobody has vouched for."""

import ast
import warnings


def parse_python(code: str) -> ast.Module | None:
    """The syntax tree, or `None` where the text is not Python; without the parser's warnings and whatever its size."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def without_prose(code: str) -> str:
    """Code without comments, docstrings and asserts at its top; nothing where it is not Python."""
    tree = parse_python(code)
    if tree is None:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            kept = [one for one in node.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
            node.body = kept or [ast.Pass()]
    tree.body = [one for one in tree.body if not isinstance(one, ast.Assert)]
    return ast.unparse(tree)


def defined_names(tree: ast.Module) -> list[str]:
    """Names of a module's functions, classes and variables, in the order of their definition."""
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return names
