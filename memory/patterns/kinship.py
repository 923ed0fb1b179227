"""How two tasks belong together, as far as their words tell."""

import re
from typing import Literal

from motet.memory.patterns.likeness import overlap, words_of

Kinship = Literal["same", "reworded", "edited"]
"""`same`: the very task, in the same words. `reworded`: like it, in words of its own. `edited`: nearly the same words;
whoever changes a few words of a task mostly wants something else, so the difference may be all that matters."""

EDITED = 0.45
"""From that share of common words on a task counts as edited: our rephrasings have 0.14 to 0.33 in common, and variants
for which the earlier solution is wrong 0.52 to 0.95 (`benchmarks/memory_stream.py --pairs`)."""
ENOUGH_WORDS = 4
"""Where a task has fewer words without its examples, the examples say what is wanted and belong to what names it."""


def kinship_of(gist: str, other: str, *, same: bool) -> Kinship:
    """Tell how a task belongs to one like it.

    Args:
        gist: A task without its examples.
        other: The other one.
        same: Whether both have one name.
    """
    if same:
        return "same"
    return "edited" if overlap(gist, other) >= EDITED and plain(gist) != plain(other) else "reworded"


def naming_text(task: str, gist: str) -> str:
    """What names a task: its words without examples, or all of it where those are too few."""
    return plain(gist if gist and len(words_of(gist)) >= ENOUGH_WORDS else task)


def plain(text: str) -> str:
    """The text with what makes no difference taken out: space, case, and punctuation at the end."""
    return re.sub(r"\s+", " ", text).strip(" .!?:,;").casefold()
