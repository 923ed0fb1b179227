"""What in a file is most like lines that it does not have.

Comparing them with each place in the file would take minutes for a long one. So places are weighed by the words they
share with the lines, rare words more, and only the best few are really compared.
"""

import heapq
import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

_WORD = re.compile(r"\w+")
_COMPARED = 50
_COMPARED_LINES = 200
_SHOWN_LINES = 30
_SHOWN_CHARACTERS = 160


def nearest(lines: Sequence[str], wanted: Sequence[str]) -> int | None:
    """The line, from 0, where what is most like the wanted lines begins; `None` where nothing is."""
    words = {word for line in wanted for word in _WORD.findall(line)}
    shared = [words.intersection(_WORD.findall(line)) for line in lines]
    counts = Counter(word for line in shared for word in line)
    exact = {line.strip() for line in wanted} - {""}
    weights = [sum(1 / counts[word] for word in line) for line in shared]
    weights = [weight * (2 if line.strip() in exact else 1) for weight, line in zip(weights, lines, strict=True)]
    sums = [0.0, *accumulate(weights)]
    size = min(len(wanted), len(lines))
    windows = {start: sums[start + size] - sums[start] for start in range(len(lines) - size + 1)}
    best = [
        start for start in heapq.nlargest(_COMPARED, windows, key=lambda one: windows[one]) if windows[start] > 1e-9
    ]
    return max(best, key=lambda start: _likeness(wanted, lines[start : start + size]), default=None)


def shown(lines: Sequence[str], start: int, size: int) -> str:
    """Lines of a file with their numbers and two more on both sides, shortened where they are many."""
    first, last = max(0, start - 2), min(len(lines), start + min(size, _SHOWN_LINES) + 2)
    return "\n".join(f"{at + 1:>6} | {shortened(lines[at])}" for at in range(first, last))


def shortened(line: str) -> str:
    """A line that can be shown."""
    return line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]}... ({len(line)} characters)"


def _likeness(wanted: Sequence[str], there: Sequence[str]) -> float:
    """How much each line is like the one that stands in its place."""
    return sum(_line_likeness(one, other) for one, other in zip(wanted[:_COMPARED_LINES], there, strict=False))


def _line_likeness(one: str, other: str) -> float:
    if one.strip() == other.strip():
        return 1.5 if one.strip() else 0.1
    ours, theirs = set(_WORD.findall(one)), set(_WORD.findall(other))
    return len(ours & theirs) / (len(ours | theirs) or 1)
