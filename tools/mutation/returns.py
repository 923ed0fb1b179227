"""Mistakes in what a function gives back."""

import ast
from collections.abc import Iterator

from motet.tools.mutation.functions import Function
from motet.tools.mutation.source import Edit, Source


def returned(function: Function, source: Source) -> Iterator[Edit]:
    """Return something near: the other truth, the parts in another order, the thing without its last conversion."""
    for node in function.nodes:
        value = node.value if isinstance(node, ast.Return | ast.Yield) else None
        if value is None:
            continue
        if isinstance(value, ast.Constant) and isinstance(value.value, bool):
            yield source.replaced(value, str(not value.value))
        elif isinstance(value, ast.Constant) and type(value.value) is int:
            yield source.replaced(value, "1" if value.value == 0 else "0")
        elif isinstance(value, ast.Tuple) and len(value.elts) == 2:
            left, right = value.elts
            (start, middle), (behind, end) = source.span(left), source.span(right)
            swapped = f"{source.of(right)}{source.text[middle:behind]}{source.of(left)}"
            yield Edit(start, end, swapped, "the two values that are returned were swapped")
        elif isinstance(value, ast.IfExp):
            body, other = source.of(value.body), source.of(value.orelse)
            if source.of(value).startswith(body) and source.of(value).endswith(other):
                test = source.of(value)[len(body) : len(source.of(value)) - len(other)]
                yield source.replaced(value, f"{other}{test}{body}")
        elif isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords:
            argument = value.args[0]
            plain = not isinstance(argument, ast.Starred | ast.GeneratorExp | ast.Constant)
            if plain and "\n" not in source.of(argument):
                yield source.replaced(value, source.of(argument))
