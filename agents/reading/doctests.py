"""Examples written as an interpreter session: `>>> f(1)` and what it shows."""

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from motet.agents.contract import Example
from motet.agents.reading.annotations import admits
from motet.agents.reading.code import parse
from motet.agents.reading.sessions import Session
from motet.agents.reading.target import Placed, Target
from motet.agents.reading.values import evaluate, parse_expression, read_value
from motet.tools.literals import NotLiteralError, source_of

_PROMPT = re.compile(r"^([ \t]*(?:[*-][ \t]+)?)>>>(?:[ \t](.*)|)$")
_FURTHER = re.compile(r"^[ \t]*\.\.\.(?:[ \t](.*)|)$")
_END_OF_OUTPUT = re.compile(r"^[ \t]*(?:>>>|\"\"\"|'''|```|~~~)")
_TRACEBACK = "Traceback (most recent call last):"


class _Prompt(NamedTuple):
    start: int
    end: int
    code: str
    output: str
    new_session: bool


def doctests(text: str, target: Target) -> Iterator[Placed]:
    """The interpreter sessions' examples that are sure."""
    session = Session(target)
    for prompt in _prompts(text):
        if prompt.new_session and not target.is_class:
            session = Session(target)
        tree = parse(prompt.code)
        if tree is None or not tree.body:
            continue
        example = _example(prompt, tree, session, target, text[prompt.start : prompt.end])
        if example is not None:
            yield Placed(prompt.start, prompt.end, example)
        session.ran(prompt.code, tree)


def _example(prompt: _Prompt, tree: ast.Module, session: Session, target: Target, text: str) -> Example | None:
    code = session.standalone(prompt.code, tree)
    if code is None or not isinstance(tree.body[-1], ast.Expr):
        return None
    shown = tree.body[-1].value
    alone = len(tree.body) == 1 and code is prompt.code
    text = text.strip()
    if alone and isinstance(shown, ast.Compare) and len(shown.ops) == 1 and isinstance(shown.ops[0], ast.Eq):
        example = _comparison(shown, prompt.output, target, text)
        if example is not None or not prompt.output:
            return example
    if alone:
        code = target.expression(ast.unparse(shown)) or ast.unparse(shown)
    expected = prompt.output or _silent(shown, target)
    if expected is None or not _is_output(expected, shown, target):
        return None
    return Example(form="doctest", code=code, expected=expected, text=text)


def _comparison(shown: ast.Compare, output: str, target: Target, text: str) -> Example | None:
    """`>>> f(x) == y`: the author shows the value that way, whether or not `True` stands under it."""
    if output not in ("", "True", "true"):
        return None
    code = target.expression(ast.unparse(shown.left))
    try:
        expected = source_of(evaluate(shown.comparators[0]))
    except NotLiteralError:
        return None
    return Example(form="comparison", code=code, expected=expected, text=text) if code is not None else None


def _silent(shown: ast.expr, target: Target) -> str | None:
    """What an example without output shows: `None`, but only where the signature says that it may be."""
    call = isinstance(shown, ast.Call) and target.arguments(shown) is not None
    return "None" if call and target.returns is not None and admits(target.returns, None) else None


def _is_output(output: str, shown: ast.expr, target: Target) -> bool:
    """Whether the text under a prompt is what the interpreter would show, and not the author's next sentence."""
    if output.startswith(_TRACEBACK):
        return True
    printed = isinstance(shown, ast.Call) and ast.unparse(shown.func) == "print"
    try:
        value = read_value(output)
    except NotLiteralError:
        value = None
    else:
        direct = isinstance(shown, ast.Call) and target.arguments(shown) is not None
        return printed or not direct or target.returns_like(value)
    if printed:
        return True
    try:
        tree = parse_expression(output)
    except NotLiteralError:
        return bool(re.fullmatch(r"<[\w.<>]+[^>\n]*>", output))
    # Objects are shown as the call that makes them; a bare word may be a string without its quotes, or prose.
    return isinstance(tree, ast.Call | ast.List | ast.Tuple | ast.Dict) and any(
        isinstance(node, ast.Call) for node in ast.walk(tree)
    )


def _prompts(text: str) -> Iterator[_Prompt]:
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    number, last = 0, -2
    while number < len(lines):
        first = number
        match = _PROMPT.match(lines[number].rstrip("\r\n"))
        number += 1
        if match is None:
            continue
        code = [match.group(2) or ""]
        while number < len(lines) and (further := _FURTHER.match(lines[number].rstrip("\r\n"))) is not None:
            code.append(further.group(1) or "")
            number += 1
        indent = len(match.group(1)) if not match.group(1).strip() else 0
        output: list[str] = []
        while number < len(lines) and lines[number].strip() and not _END_OF_OUTPUT.match(lines[number]):
            line = lines[number].rstrip()
            if len(line) - len(line.lstrip()) < indent:
                break
            cut = re.search(r"\"\"\"|'''", line)
            output.append(line[indent : cut.start() if cut else None].rstrip())
            number += 1
            if cut:
                break
        new_session = bool(last + 1 < first and "".join(lines[last + 1 : first]).strip())
        yield _Prompt(starts[first], starts[number], "\n".join(code), "\n".join(output).strip("\n"), new_session)
        last = number - 1
