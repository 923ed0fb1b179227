"""From the examples of a contract to cases that a sandbox can run."""

import ast

from motet.agents.contract import Contract, Example
from motet.agents.reading.values import evaluate, read_value
from motet.tools.literals import NotLiteralError, source_of
from motet.tools.testing.protocol import Case


def example_cases(contract: Contract) -> tuple[Case, ...]:
    """One case for each example, named `example 1` onwards.

    Whatever can be asked as a call is: its value leaves the process that ran the candidate and is compared outside,
    where the candidate cannot meddle with the comparison. So `assert f(1) == 2` becomes a call, and so does a doctest
    of one expression that shows a literal. For the latter the value is the better judge of what the author meant: how a
    value is *shown* depends on quotes, on the order of a set, on the last digit of a float; and where a task shows `3`
    for `3.0` or `True` for `1`, tests that compare with `==` accept either, and so must we. What a doctest prints,
    objects that are no literals, tracebacks and sessions of several statements remain doctests.
    """
    return tuple(_case(f"example {number}", example) for number, example in enumerate(contract.examples, 1))


def _case(name: str, example: Example) -> Case:
    if example.expected is None:
        return _assertion(name, example.code)
    if example.form != "doctest":
        return Case(name=name, kind="call", code=example.code, expected=example.expected)
    expected = _shown_value(example)
    if expected is not None:
        return Case(name=name, kind="call", code=example.code, expected=expected)
    return Case(name=name, kind="doctest", code=_one_statement(example.code), expected=example.expected)


def _one_statement(code: str) -> str:
    """The code as the one statement that an interpreter takes at a time; it still shows the values inside."""
    body = ast.parse(code).body
    if len(body) == 1:
        return code
    return ast.unparse(ast.If(test=ast.Constant(True), body=body, orelse=[]))


def _assertion(name: str, code: str) -> Case:
    match ast.parse(code).body:
        case [ast.Assert(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]))]:
            for actual, expected in ((left, right), (right, left)):
                value = _literal(expected)
                if value is not None and _literal(actual) is None:
                    return Case(name=name, kind="call", code=ast.unparse(actual), expected=value)
        case [ast.Assert(test=ast.Compare(left=left, ops=[ast.Is()], comparators=[ast.Constant(value=None)]))]:
            return Case(name=name, kind="call", code=ast.unparse(left), expected="None")
    return Case(name=name, kind="statement", code=code)


def _shown_value(example: Example) -> str | None:
    """The value that a doctest shows, as source, if it shows one and prints nothing."""
    try:
        tree = ast.parse(example.code, mode="eval")
        if any(isinstance(node, ast.Name) and node.id == "print" for node in ast.walk(tree)):
            return None
        return source_of(read_value(example.expected or ""))
    except (SyntaxError, NotLiteralError):
        return None


def _literal(node: ast.expr) -> str | None:
    try:
        return source_of(evaluate(node))
    except NotLiteralError:
        return None
