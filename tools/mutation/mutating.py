"""Which mutations a file allows. The same text, operators and seed give the same list."""

import ast
import random
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType

from motet.tools.mutation.boundaries import off_by_one
from motet.tools.mutation.calls import argument, call, variable
from motet.tools.mutation.conditions import arithmetic, boolean, comparison, condition, missing_not
from motet.tools.mutation.functions import Function, functions_of
from motet.tools.mutation.mutation import Mutation, MutationError
from motet.tools.mutation.returns import returned
from motet.tools.mutation.source import Edit, Source
from motet.tools.mutation.statements import branch, exception, statement
from motet.tools.source import parse_python

Operator = Callable[[Function, Source], Iterator[Edit]]

_OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        "arithmetic": arithmetic,
        "comparison": comparison,
        "boolean": boolean,
        "condition": condition,
        "missing_not": missing_not,
        "off_by_one": off_by_one,
        "branch": branch,
        "statement": statement,
        "exception": exception,
        "argument": argument,
        "call": call,
        "variable": variable,
        "return": returned,
    }
)
OPERATORS: tuple[str, ...] = tuple(_OPERATORS)
"""The kinds of mistakes that are known."""


def mutations_of(
    text: str,
    *,
    path: str,
    symbols: Collection[str] | None = None,
    operators: Collection[str] = OPERATORS,
    seed: int = 0,
) -> list[Mutation]:
    """Give all mutations of a file's functions, in an order that the seed shuffles.

    Each gives a text that parses and whose syntax tree differs, and touches only the function's own lines. As in
    mutation testing (DeMillo, Lipton and Sayward, 1978), each is one small mistake that a person could make.

    Args:
        text: The file's content.
        path: Its name, for the result.
        symbols: Only these functions, such as `Stack.pop`; all of them where nothing is given.
        operators: Only these kinds of mistakes.
        seed: Decides the order.

    Raises:
        MutationError: The text is not Python, or an operator is unknown.
    """
    if unknown := set(operators) - set(OPERATORS):
        raise MutationError(f"No such operators: {', '.join(sorted(unknown))}. Take some of {', '.join(OPERATORS)}.")
    tree = parse_python(text)
    if tree is None:
        raise MutationError(f"{path} is not Python that this interpreter reads. Leave it out.")
    source = Source(text)
    found: dict[tuple[int, str, str], Mutation] = {}
    for function in functions_of(tree):
        if symbols is None or function.symbol in symbols:
            first, last = (
                source.line_start(function.node.lineno),
                source.line_start((function.node.end_lineno or 0) + 1),
            )
            original = _tree(text[first:last])
            for operator in (one for one in OPERATORS if one in operators):
                for edit in _OPERATORS[operator](function, source):
                    mutation = _mutation(edit, operator, path, function.symbol, source)
                    mutated = _tree(text[first : edit.start] + edit.replacement + text[edit.end : last])
                    if mutated is not None and mutated != original:
                        found.setdefault((edit.start, mutation.before, mutation.after), mutation)
    mutations = list(found.values())
    random.Random(seed).shuffle(mutations)  # noqa: S311 - an order, no secret
    return mutations


def _mutation(edit: Edit, operator: str, path: str, symbol: str, source: Source) -> Mutation:
    return Mutation(
        operator=operator,
        path=path,
        symbol=symbol,
        line=source.line_of(edit.start),
        start=edit.start,
        before=source.text[edit.start : edit.end],
        after=edit.replacement,
        description=edit.description,
    )


def _tree(lines: str) -> str | None:
    """The syntax tree of a function's lines; `None` where they do not compile. Whole files would take long."""
    tree = parse_python(f"if 1:\n{lines}" if lines[:1].isspace() else lines)
    try:
        if tree is not None:
            compile(tree, "function.py", "exec")  # finds what the grammar allows and Python does not
            return ast.dump(tree)
    except (SyntaxError, ValueError):
        return None
    return None
