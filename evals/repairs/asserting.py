"""Turns the assertions of unittest into plain ones, so that a test can be told as a script."""

import ast
from collections.abc import Callable, Mapping
from types import MappingProxyType

from motet.tools.mutation.source import Edit, Source
from motet.tools.source import parse_python

_COMPARED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("Equal", "Equals", "ListEqual", "TupleEqual", "DictEqual", "SetEqual", "SequenceEqual"), "=="),
        **{"MultiLineEqual": "==", "NotEqual": "!=", "Is": "is", "IsNot": "is not", "In": "in", "NotIn": "not in"},
        **{"Greater": ">", "GreaterEqual": ">=", "Less": "<", "LessEqual": "<="},
    }
)
_OF_ONE: Mapping[str, str] = MappingProxyType(
    {"True": "{}", "False": "not {}", "IsNone": "{} is None", "IsNotNone": "{} is not None"}
)
_PLAIN = ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant | ast.List | ast.Dict | ast.Set | ast.Tuple


def plain_asserts(code: str) -> str | None:
    """Rewrite `self.assertEqual(a, b)` and its like.

    Args:
        code: Statements of a test method.

    Returns:
        The same with `assert` and `pytest.raises`; `None` where it needs its `self` for something else.
    """
    tree = parse_python(code)
    if tree is None:
        return None
    source, edits = Source(code), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            edits += _statement(node, node.value, source)
        elif isinstance(node, ast.Call) and _method(node) == "assertRaises" and len(node.args) == 1:
            edits.append(source.replaced(node.func, "pytest.raises"))
    for edit in sorted(edits, reverse=True):
        code = code[: edit.start] + edit.replacement + code[edit.end :]
    tree = parse_python(code)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} if tree else {"self"}
    return None if "self" in names else code


def _statement(node: ast.Expr, call: ast.Call, source: Source) -> list[Edit]:
    name = (_method(call) or "").removeprefix("assert")
    count = len(call.args)
    of: Callable[[ast.expr], str] = lambda one: _operand(one, source)  # noqa: E731
    if any(isinstance(one, ast.Starred) for one in call.args):
        return []
    if name in _COMPARED and count >= 2:
        return [source.replaced(node, f"assert {of(call.args[0])} {_COMPARED[name]} {of(call.args[1])}")]
    if name in _OF_ONE and count >= 1:
        return [source.replaced(node, f"assert {_OF_ONE[name].format(of(call.args[0]))}")]
    if name == "IsInstance" and count >= 2:
        return [source.replaced(node, f"assert isinstance({source.of(call.args[0])}, {source.of(call.args[1])})")]
    if name == "Raises" and count >= 2:
        error, called, *rest = call.args
        bare = isinstance(called, ast.Lambda) and not rest and not call.keywords
        arguments = ", ".join(source.of(one) for one in (*rest, *call.keywords))
        body = (
            source.of(called.body) if bare and isinstance(called, ast.Lambda) else f"{source.of(called)}({arguments})"
        )
        inner = " " * (node.col_offset + 4)
        return [source.replaced(node, f"with pytest.raises({source.of(error)}):\n{inner}{body}")]
    return []


def _operand(node: ast.expr, source: Source) -> str:
    text = source.of(node)
    return text if isinstance(node, _PLAIN) and not (isinstance(node, ast.Tuple) and text[:1] != "(") else f"({text})"


def _method(node: ast.expr) -> str | None:
    """The method of `self` that is called."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        return node.func.attr if node.func.value.id == "self" else None
    return None
