"""Mistakes in calls: another function, other arguments, another variable."""

import ast
from collections.abc import Iterator
from itertools import pairwise

from motet.tools.mutation.functions import Function
from motet.tools.mutation.source import Edit, Source

_PAIRS = (
    *(("min", "max"), ("any", "all"), ("append", "extend"), ("startswith", "endswith"), ("lstrip", "rstrip")),
    *(("find", "rfind"), ("index", "rindex"), ("split", "rsplit"), ("partition", "rpartition"), ("lower", "upper")),
    *(("ljust", "rjust"), ("keys", "values"), ("appendleft", "append"), ("floor", "ceil"), ("union", "intersection")),
    *(("issubset", "issuperset"), ("update", "setdefault"), ("int", "round"), ("tuple", "set"), ("popleft", "pop")),
    *(("bisect_left", "bisect_right"), ("takewhile", "dropwhile"), ("isdigit", "isalnum"), ("insert", "append")),
    *(("strip", "lstrip"), ("sorted", "list"), ("reversed", "list"), ("items", "keys"), ("isalpha", "isalnum")),
)
_BACK = {"max", "all", "extend", "endswith", "rstrip", "rfind", "rindex", "rsplit", "rpartition", "upper", "rjust"} | {
    *("values", "ceil", "intersection", "issuperset", "setdefault", "bisect_right", "dropwhile", "isalnum"),
}
"""The second ones that are taken for the first as well; the others are too common for that."""
SWAPPED: dict[str, str] = {right: left for left, right in reversed(_PAIRS) if right in _BACK} | dict(reversed(_PAIRS))
"""What a function is taken for."""


def call(function: Function, source: Source) -> Iterator[Edit]:
    """Take a function for its neighbour, or forget `reverse=True`'s direction."""
    for node in function.nodes:
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        if name in SWAPPED:
            start, end = source.span(node.func)
            if source.text[start:end].endswith(name):
                description = f"`{name}` became `{SWAPPED[name]}`"
                yield Edit(end - len(name), end, SWAPPED[name], description)
        for keyword in node.keywords:
            if isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, bool):
                yield source.replaced(keyword, f"{keyword.arg}={not keyword.value.value}")


def argument(function: Function, source: Source) -> Iterator[Edit]:
    """Swap two arguments of a call, drop a keyword or a last argument, or change a default."""
    for node in function.nodes:
        if isinstance(node, ast.Call) and not any(isinstance(one, ast.Starred) for one in node.args):
            for left, right in pairwise(node.args):
                yield from _exchanged(left, right, source)
            arguments = [*node.args, *(one for one in node.keywords if one.arg is not None)]
            arguments.sort(key=lambda one: source.span(one)[0])
            for previous, last in list(pairwise(arguments))[-1:]:
                start, gap = source.gap(previous, last)
                if not any(one in gap for one in "()") and not isinstance(last, ast.GeneratorExp):
                    end = source.span(last)[1]
                    yield Edit(start, end, "", f"the argument `{source.of(last)}` was forgotten")
    arguments = function.node.args
    for default in [*arguments.defaults, *(one for one in arguments.kw_defaults if one is not None)]:
        if isinstance(default, ast.Constant) and isinstance(default.value, bool):
            yield source.replaced(default, str(not default.value))
        elif isinstance(default, ast.Constant) and type(default.value) is int:
            yield source.replaced(default, str(default.value + 1 if default.value <= 1 else default.value - 1))


def variable(function: Function, source: Source) -> Iterator[Edit]:
    """Take a variable for another one of the same function."""
    called = {id(node.func) for node in function.nodes if isinstance(node, ast.Call)}
    known = dict(function.variables)
    names = list(known)
    for node in function.nodes:
        if (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and node.id in known
            and id(node) not in called
        ):
            others = [one for one in names if one != node.id and known[one] <= node.lineno]
            # The neighbours in the order of definition are what people mix up.
            at = names.index(node.id)
            others.sort(key=lambda one: abs(names.index(one) - at))
            for other in others[:2]:
                yield source.replaced(node, other)


def _exchanged(left: ast.expr, right: ast.expr, source: Source) -> Iterator[Edit]:
    (start, middle), (behind, end) = source.span(left), source.span(right)
    first, second = source.of(left), source.of(right)
    if isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
        return
    replacement = f"{second}{source.text[middle:behind]}{first}"
    if first != second and "\n" not in first + second:
        yield Edit(start, end, replacement, f"`{first}` and `{second}` were swapped")


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
