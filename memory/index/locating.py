"""Looks up names rather than questions: what is defined where, and who refers to it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from motet.memory.index.chunk import Chunk
from motet.memory.index.code_index import CodeIndex
from motet.memory.index.digest import terms_of
from motet.memory.index.found import Found, Reference
from motet.memory.index.kinds import is_test


def find_symbol(index: CodeIndex, symbol: str, *, path: str | None = None, refresh: bool = True) -> list[Found]:
    """Find definitions by their name.

    Args:
        index: Where to look.
        symbol: A name, or the end of a qualified one: `simplify`, `Matrix.simplify`.
        path: Only in this file.
        refresh: Whether to look for changes first.

    Returns:
        Those whose qualified name is exactly that first, then code before tests, by path and line; overloads last.
    """
    view = index.view(refresh=refresh)
    rows = [
        row
        for row in view.definers.get(symbol.rpartition(".")[2], ())
        if f".{view.rows[row].place.symbol}".endswith(f".{symbol}") and path in (None, view.paths[view.rows[row].file])
    ]
    rows.sort(key=lambda row: (view.rows[row].place.symbol != symbol, bool(view.tests[view.rows[row].file]), row))
    found = index.read(view, rows)
    return sorted(found, key=lambda one: "overload" in one.text.partition("\n")[0])  # those only declare


def find_references(index: CodeIndex, name: str, k: int = 50, *, refresh: bool = True) -> list[Reference]:
    """Find the lines in which a name stands as a word of its own, comments and texts among them.

    Args:
        index: Where to look.
        name: A name; of a qualified one the last part is looked for.
        k: How many to give at most.
        refresh: Whether to look for changes first.

    Returns:
        Definitions first, then code before tests, by path and line.
    """
    view = index.view(refresh=refresh)
    name = name.rpartition(".")[2]
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    # A chunk that has the name has all words that the name is made of.
    rows = view.body.texts_with(list(terms_of(Counter([name])))).tolist()
    found: list[Reference] = []
    for file, some in groupby(rows, key=lambda row: view.rows[row].file):
        chunks = index.chunks(view, file)
        for row in some:
            if chunks:
                found += _in_chunk(chunks, view.rows[row].number, view.paths[file], word)
    found.sort(key=lambda one: (not one.defines, is_test(one.path), one.path, one.line))
    return found[: max(0, k)]


def _in_chunk(chunks: Sequence[Chunk], number: int, path: str, word: re.Pattern[str]) -> Iterator[Reference]:
    chunk = chunks[number]
    defines = word.fullmatch(chunk.name) is not None
    for line, text in zip(_line_numbers(chunks, number), chunk.text.split("\n"), strict=False):
        if word.search(text):
            here = defines and not text.lstrip().startswith("@")
            yield Reference(path=path, line=line, text=text.strip(), symbol=chunk.symbol, defines=here)
            defines = defines and not here  # a recursive call below does not define it again


def _line_numbers(chunks: Sequence[Chunk], number: int) -> Iterator[int]:
    """The numbers of the lines in a chunk's text, which leaves out those of the chunks inside of it."""
    chunk = chunks[number]
    inside = [other for other in chunks[number + 1 :] if other.start_line <= chunk.end_line]
    taken = {line for one in inside for line in range(one.start_line, one.end_line + 1)}
    return (line for line in range(chunk.start_line, chunk.end_line + 1) if line not in taken)
