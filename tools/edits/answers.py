"""The function that a small model answered with, and what it brought along."""

import ast
import re
from dataclasses import dataclass

from motet.tools.edits.change import EditError
from motet.tools.edits.newlines import plain_newlines
from motet.tools.edits.parsed import Parsed
from motet.tools.edits.symbols import Found, Function, Symbol, all_functions, functions_named
from motet.tools.encodable import encodable
from motet.tools.source import parse_python

_FENCED = re.compile(r"^[ \t]*(```+|~~~+)[^\n`]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_WORD = re.compile(r"\w+")
_WRAPPER = "if True:\n"
"""Makes code that is indented as a whole Python, without moving what is in its strings."""


@dataclass(frozen=True)
class Answer:
    """Code that holds the function that was asked for."""

    code: Parsed
    """All of it."""
    statements: list[ast.stmt]
    """What stands at its top."""
    functions: list[Found]
    """Those with the name that was asked for."""


def read_answer(answer: str, symbol: Symbol) -> Answer:
    """Find the function in an answer: alone or in its class, with or without a fence, indented or not.

    Raises:
        EditError: It is not there, or more than once.
    """
    text = plain_newlines(encodable(answer)).strip("\n")
    codes = [text]
    if _parseable(text) is None and (fenced := [found[2] for found in _FENCED.finditer(text)]):
        codes = fenced
    answers = [_read(code, symbol) for code in codes]
    whole = [one for one in answers if isinstance(one, Answer)]
    if len(whole) > 1:
        raise EditError(f"The answer holds {len(whole)} blocks that define `{symbol.parts[-1]}`. Answer with one.")
    if whole:
        return whole[0]
    raise next(one for one in reversed(answers) if isinstance(one, EditError))


def names_used(code: Parsed) -> set[str]:
    """Names that it refers to, also those in annotations in quotes; not what comments and other strings mention."""
    names: set[str] = set()
    for node in ast.walk(code.tree):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            for part in ast.walk(annotation) if isinstance(annotation, ast.expr) else ():
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    names.update(_WORD.findall(part.value))
    return names


def names_bound(body: list[ast.stmt]) -> set[str]:
    """Names that statements define, however deep in an `if` or `try`."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Function | ast.ClassDef):
            names.add(node.name)
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
        if not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return names


def _parseable(text: str) -> str | None:
    """The text, made such that it can be parsed; nothing where it cannot."""
    return next((code for code in (text, _WRAPPER + text) if parse_python(code) is not None), None)


def _read(text: str, symbol: Symbol) -> Answer | EditError:
    code = _parseable(text)
    try:
        parsed = Parsed.of(text if code is None else code, "The answer")
    except EditError as error:
        return error
    wrapped = code is not None and code != text
    for first in range(len(symbol.parts)):
        found = functions_named(parsed.tree, symbol.parts[first:])
        if found:
            top = parsed.tree.body[0]
            statements = top.body if wrapped and isinstance(top, ast.If) else parsed.tree.body
            return Answer(parsed, statements, found)
    names = ", ".join(f"`{name}`" for name in all_functions(parsed.tree)[:10]) or "no function at all"
    return EditError(
        f"The answer defines {names} and not `{symbol.parts[-1]}`. Answer with the whole function `{symbol.parts[-1]}`."
    )
