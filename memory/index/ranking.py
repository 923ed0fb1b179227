"""From a question to an order of files and chunks.

The numbers here were chosen on the messages of commits to five repositories that are not in SWE-bench, but for `DENSE`.
`benchmarks/localisation.py` shows what each signal brings.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from pathlib import PurePosixPath

import numpy as np

from motet.memory.index.question import Question
from motet.memory.index.signals import Signal
from motet.memory.index.view import View
from motet.memory.index.words import Scores, Words

IN_NAME, IN_PATH = 1.5, 0.4
"""What a word is worth in a symbol and in a path, times its rarity; in a text it is worth at most 3 times that."""
MENTIONED, MENTIONED_MEMBER = 0.1, 0.3
"""A definition whose name is mentioned, shared among all that are called so; and one mentioned as `Class.method`."""
NAMED_FILE, NAMED_MODULE, NAMED_STEM = 0.6, 0.3, 0.2
"""A file whose path, module or bare name is mentioned."""
IN_FRAME, FRAMED_FILE = 0.4, 0.6
"""A function and a file in a traceback's last frame here; in the one before it half of that, and so on."""
TEST = 0.3
"""Tests and examples have a share of their scores: they have all the words of what they test."""
FURTHER = (1.0, 0.2, 0.1, 0.1)
"""What the best chunk of a file, the second and so on count for the file."""
CONNECTED = 0.1
"""What the graph adds at most, to a file with the best of scores."""
SEEDS = 10
"""Files from which the graph is followed, by the cubes of their scores, so that the first ones count."""
DENSE = 0.5
"""A chunk that is most like the question. The one number that was chosen on SWE-bench tasks, between 0.4 and 0.6, where
it makes little difference."""
SHORTEST_STEM = 3


@dataclass(frozen=True)
class Ranking:
    """The scores of a view for a question, 1 being about what the best text alone would have.

    Args:
        files: Of the files.
        chunks: Of the chunks: a file's score goes to its best chunk, and a share of it to the others. So the order of
            the chunks has in it the order of the files.
    """

    files: Scores
    chunks: Scores


def rank(view: View, question: Question, signals: Collection[Signal], dense: Scores | None) -> Ranking:
    """Rank the files and chunks of a view.

    Args:
        view: Where to look.
        question: What is asked.
        signals: What to go by.
        dense: How like each chunk is to the question, 0 to 1; nothing where that is not known.
    """
    if not view.rows:
        return Ranking(np.zeros(0), np.zeros(0))
    chunks = _words(view, question, signals)
    if dense is not None and "dense" in signals:
        chunks += DENSE * dense
    files = np.zeros(len(view.paths))
    if "mentions" in signals:
        _add_mentions(view, question, chunks, files)
    if "frames" in signals:
        _add_frames(view, question, chunks, files)
    discount = np.where(view.tests, TEST, 1.0)
    chunks *= discount[view.file_of]
    files *= discount
    files += _best_of_files(view, chunks)
    if "graph" in signals and files.any():
        top = np.argsort(-files, kind="stable")[:SEEDS]
        seeds = np.zeros_like(files)
        seeds[top] = files[top] ** 3
        ranks = view.graph.ranks(seeds, back=True)
        files += CONNECTED * files.max() * ranks / ranks.max()
    best = np.zeros(len(view.paths))
    np.maximum.at(best, view.file_of, chunks)
    shares = np.divide(chunks, best[view.file_of], out=np.zeros_like(chunks), where=best[view.file_of] > 0)
    return Ranking(files, files[view.file_of] * shares)


def _words(view: View, question: Question, signals: Collection[Signal]) -> Scores:
    scores = np.zeros(len(view.rows))
    if "words" in signals:
        scores += view.body.scores(question.weights)
    if "names" in signals:
        scores += IN_NAME * view.names.sums(_by_rarity(question, view.body))
        scores += IN_PATH * view.path_words.sums(_by_rarity(question, view.path_words))[view.file_of]
    most = scores.max()
    return scores / most if most > 0 else scores


def _by_rarity(question: Question, words: Words) -> dict[str, float]:
    return {word: asked * words.rarity(word) for word, asked in question.weights.items()}


def _add_mentions(view: View, question: Question, chunks: Scores, files: Scores) -> None:
    mentioned = np.zeros_like(chunks)
    for name, weight in question.names.items():
        rows = [row for row in view.definers.get(name, ()) if not view.tests[view.rows[row].file]]
        if rows and len(name) > 2:
            mentioned[rows] = np.maximum(mentioned[rows], weight / math.sqrt(len(rows)))
    chunks += MENTIONED * np.minimum(mentioned, 1.5)
    members = {
        row
        for dotted in question.dotted
        for outer, inner in _pairs(dotted)
        for row in view.definers.get(inner, ())
        if view.rows[row].place.symbol.endswith(f"{outer}.{inner}")
    }
    chunks[list(members)] += MENTIONED_MEMBER
    for found, worth in (
        ([_ending_most(view.paths, path) for path in question.paths], NAMED_FILE),
        ([_modules(view.paths, dotted) for dotted in question.dotted], NAMED_MODULE),
        (_stems(view.paths, question), NAMED_STEM),
    ):
        shares = np.zeros_like(files)
        for some in found:
            shares[some] = np.maximum(shares[some], 1 / max(1, len(some)))
        files += worth * shares


def _add_frames(view: View, question: Question, chunks: Scores, files: Scores) -> None:
    place = 0
    for frame in reversed(question.frames):
        here = _ending_most(view.paths, frame.path, at_least=2)
        if not here:
            continue
        place += 1
        files[here] = np.maximum(files[here], FRAMED_FILE / place)
        rows = [row for row in view.definers.get(frame.function, ()) if view.rows[row].file in here]
        chunks[rows] += IN_FRAME / place


def _best_of_files(view: View, chunks: Scores) -> Scores:
    """The sum of a file's best chunks, each worth less than the one before."""
    order = np.lexsort((-chunks, view.file_of))
    within = np.arange(len(order)) - view.starts[view.file_of[order]]
    counting = within < len(FURTHER)
    worth = np.asarray(FURTHER)[within[counting]]
    parts = chunks[order][counting] * worth
    return np.bincount(view.file_of[order][counting], weights=parts, minlength=len(view.paths)).astype(np.float64)


def _pairs(dotted: str) -> list[tuple[str, str]]:
    parts = dotted.split(".")
    return list(pairwise(parts))


def _ending_most(paths: Sequence[str], asked: str, at_least: int = 1) -> list[int]:
    """The files that end most like a path of perhaps another machine; fewer parts are enough to tell one alone."""
    wanted = asked.split("/")[::-1]
    best, most = [], 1
    for file, path in enumerate(paths):
        if not path.endswith(wanted[0]):
            continue
        parts = path.split("/")[::-1]
        common = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(parts, wanted, strict=False))))
        if common > most:
            best, most = [], common
        if common == most:
            best.append(file)
    return best if most >= at_least or len(best) == 1 else []


def _modules(paths: Sequence[str], dotted: str) -> list[int]:
    """The files of the longest beginning of a dotted name that is a module's."""
    parts = dotted.split(".")
    for count in range(len(parts), 1, -1):
        ending = "/" + "/".join(parts[:count])
        found = [file for file, path in enumerate(paths) if f"/{path.rpartition('.')[0]}".endswith(ending)]
        if found:
            return found
    return []


def _stems(paths: Sequence[str], question: Question) -> list[list[int]]:
    """The files whose bare names are in the title or mentioned, those with one name together."""
    asked = question.title | {name.casefold() for name in question.names}
    found: dict[str, list[int]] = {}
    for file, path in enumerate(paths):
        stem = PurePosixPath(path).stem
        if len(stem) >= SHORTEST_STEM and not stem.startswith("__") and stem.casefold() in asked:
            found.setdefault(stem, []).append(file)
    return list(found.values())
