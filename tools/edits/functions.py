"""Whole functions, for models too small to copy lines exactly: show one, and put the answered one in its place.

A symbol names a function: `load`, `Cart.total`, `outer.inner`, and `Cart.price#2` for the second of that name, as a
setter may be. Without a number an answer's decorators say which is meant, and without decorators the function that a
caller would reach: of overloads the one with a body, of a property its getter.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from pydantic import BaseModel, ConfigDict

from motet.tools.edits.answers import read_answer
from motet.tools.edits.change import EditError
from motet.tools.edits.newlines import Newlines
from motet.tools.edits.pairing import candidates, pairs, target_of
from motet.tools.edits.parsed import Parsed
from motet.tools.edits.splicing import meaning, splice
from motet.tools.edits.symbols import Symbol, functions_named


class FunctionSource(BaseModel):
    """One function of a file, as a model can be shown it."""

    model_config = ConfigDict(frozen=True)

    symbol: str
    """The name by which it was asked for."""
    start_line: int
    """Its first line in the file, from 1, with its decorators."""
    end_line: int
    """Its last line."""
    text: str
    """The function with its decorators, as if it stood at the top of a module."""
    indent: str
    """What stands before it in the file."""


def function_source(text: str, symbol: str) -> FunctionSource:
    """Find a function in a Python file.

    Args:
        text: The file.
        symbol: The function.

    Raises:
        EditError: The file is no Python, or has no such function, or several and nobody can tell which.
    """
    with _no_deeper_than_python():
        file = Parsed.of(text, "The file")
        found = target_of(file, Symbol.read(symbol), symbol)
        return FunctionSource(
            symbol=symbol,
            start_line=found.start,
            end_line=found.node.end_lineno or found.node.lineno,
            text=file.piece(found.node).text + "\n",
            indent=file.indent(found.node),
        )


def replace_function(text: str, symbol: str, answer: str) -> str:
    """The file with an answered function in the place of its own, and nothing else changed.

    The answer may be fenced, indented, or wrapped in its class. An answer without decorators keeps those of the file.
    What it imports or defines besides, and the function uses, comes along where the file lacks it; it never replaces
    anything.

    Args:
        text: The file.
        symbol: The function.
        answer: The whole function, as the model wrote it.

    Raises:
        EditError: It is not there, not Python, not to be told from another, or changes nothing.
    """
    return replace_functions(text, {symbol: answer})


def replace_functions(text: str, answers: Mapping[str, str]) -> str:
    """As `replace_function`, for several functions of one file; all of them or none.

    Args:
        text: The file.
        answers: What the model wrote for each symbol.

    Raises:
        EditError: Something is wrong with one of them, or none changes anything. It tells all that is wrong.
    """
    before = file = Parsed.of(text, "The file")
    problems: list[str] = []
    for name, answer in answers.items():
        try:
            with _no_deeper_than_python():
                file = _replaced(file, name, answer)
        except EditError as error:
            problems += [f"{name}: {problem}" for problem in error.problems]
    if problems:
        raise EditError(*problems)
    if file is before or meaning(file.tree) == meaning(before.tree):
        names = ", ".join(f"`{name}`" for name in answers)
        raise EditError(f"The answer changes nothing: {names} means the same as before. Write what is to be different.")
    return Newlines.of(text).restore(file.text)


@contextmanager
def _no_deeper_than_python() -> Generator[None, None, None]:
    """Python parses code so deep that it cannot walk through it afterwards."""
    try:
        yield
    except RecursionError:
        raise EditError("The code is nested too deeply to be edited function by function.") from None


def _replaced(file: Parsed, name: str, text: str) -> Parsed:
    symbol = Symbol.read(name)
    candidates(file, symbol, name)  # what the file lacks is said before what the answer lacks
    answer = read_answer(text, symbol)
    there = [one.node for one in functions_named(file.tree, symbol.parts)]
    numbered = [(there.index(old.node), new) for old, new in pairs(file, answer.functions, symbol, name)]
    for number, new in numbered:
        file = splice(file, symbol.parts, functions_named(file.tree, symbol.parts)[number], answer, new)
    return file
