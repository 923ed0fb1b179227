"""What a function needs to be understood: how those are called that it calls, and what its class begins with."""

import ast
from collections.abc import Iterator

from motet.tools.source import parse_python

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
MOST = 10
DOCUMENTED = 100
"""Characters of a docstring's first line."""


def neighbours(text: str, symbol: str, *, characters: int = 1500) -> str:
    """The heads of what a function of a file uses, as Python with the bodies left out.

    Args:
        text: The file.
        symbol: The function, `Class.method` for a method.
        characters: How long it may be.
    """
    tree = parse_python(text)
    if tree is None:
        return ""
    found = dict(_definitions(tree, ""))
    function = found.get(symbol)
    if function is None:
        return ""
    owner = symbol.rpartition(".")[0]
    names = {node.attr if isinstance(node, ast.Attribute) else node.id for node in _named(function)}
    heads: list[str] = []
    if isinstance(found.get(owner), ast.ClassDef):
        heads.append(_head(text, owner, found[owner]))
        begin = found.get(f"{owner}.__init__")
        if begin is not None and symbol != f"{owner}.__init__":
            heads.append(ast.get_source_segment(text, begin) or "")
    for name, node in found.items():
        near = name.rpartition(".")[0] in ("", owner)
        if name != symbol and near and name.rpartition(".")[2] in names and not name.endswith("__init__"):
            heads.append(_head(text, name, node))
    told: list[str] = []
    for head in heads[:MOST]:
        if sum(map(len, told)) + len(head) <= characters:
            told.append(head)
    return "\n".join(told)


def _named(node: ast.AST) -> Iterator[ast.Name | ast.Attribute]:
    for one in ast.walk(node):
        if isinstance(one, ast.Name | ast.Attribute):
            yield one


def _definitions(node: ast.AST, above: str) -> Iterator[tuple[str, Definition]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            name = f"{above}{child.name}"
            yield name, child
            if isinstance(child, ast.ClassDef):
                yield from _definitions(child, f"{name}.")
        elif isinstance(child, ast.If | ast.Try | ast.With):
            yield from _definitions(child, above)


def _head(text: str, name: str, node: Definition) -> str:
    # As Python counts them: a form feed ends no line.
    lines = text.split("\n")[node.lineno - 1 : max(node.lineno, node.body[0].lineno - 1)]
    head = " ".join(line.strip() for line in lines) if not isinstance(node, ast.ClassDef) else lines[0].strip()
    said = (ast.get_docstring(node) or "").strip().partition("\n")[0][:DOCUMENTED]
    return f"{head.partition(' #')[0]}  # {name}{f': {said}' if said else ''}"
