"""A map of a repository for a model: which files matter, and what they define, within a number of tokens."""

import re
from collections.abc import Callable, Iterator

import numpy as np

from motet.memory.index.code_index import CodeIndex
from motet.memory.index.view import View

PIECE = re.compile(r"[^\W\d_]{1,4}|\d|_|[^\w\s]|\n|[^\S\n]{1,8}")
"""What a tokenizer of a code model takes for at most one token; most of the time it takes more."""
ROOT_NAMES = 40
"""Definitions of one file that are shown at most."""


def count_tokens(text: str) -> int:
    """Count tokens without any model's tokenizer, on the safe side: real ones were measured to need fewer."""
    return len(PIECE.findall(text))


def repo_map(
    index: CodeIndex,
    max_tokens: int = 1024,
    *,
    question: str | None = None,
    count: Callable[[str], int] = count_tokens,
    refresh: bool = True,
) -> str:
    """Draw a map: files with the signatures of what they define, the most important first.

    What matters is what a question is about, or without one what the rest of the code refers to most.

    Args:
        index: Of which repository.
        max_tokens: What it may cost; never more.
        question: What it is for.
        count: Counts the tokens of a text, if another count than `count_tokens` is wanted.
        refresh: Whether to look for changes first.

    Raises:
        ValueError: The budget is not positive.
    """
    if max_tokens < 1:
        raise ValueError(f"A map of {max_tokens} tokens cannot be drawn; give a positive number.")
    view = index.view(refresh=refresh)
    order = _by_question(index, view, question) if question and question.strip() else _by_rank(view)
    drawn: list[str] = []
    taken = 0
    for line in (line for file in order for line in _lines(index, view, file)):
        taken += count(f"{line}\n")
        if taken > max_tokens:
            break
        drawn.append(line)
    while drawn and count("\n".join(drawn)) > max_tokens:  # a tokenizer may count lines together as more
        drawn.pop()
    return "\n".join(drawn)


def _by_question(index: CodeIndex, view: View, question: str) -> list[int]:
    places = {path: file for file, path in enumerate(view.paths)}
    return [places[one.path] for one in index.files(question, len(view.paths), refresh=False)]


def _by_rank(view: View) -> list[int]:
    if not view.paths:
        return []
    ranks = view.graph.ranks(np.where(view.tests, 0.01, 1.0), damping=0.85, rounds=50)
    return [int(file) for file in np.argsort(-np.where(view.tests, ranks * 0.01, ranks), kind="stable")]


def _lines(index: CodeIndex, view: View, file: int) -> Iterator[str]:
    yield f"{view.paths[file]}:"
    defined = [chunk for chunk in index.chunks(view, file) if chunk.symbol]
    for chunk in defined[:ROOT_NAMES]:
        yield f"{'    ' * (chunk.symbol.count('.') + 1)}{chunk.signature}"
    if len(defined) > ROOT_NAMES:
        yield f"    ... {len(defined) - ROOT_NAMES} more"
