"""How like two tasks are: in meaning, by their vectors, and in words."""

import re

MEANING = 0.75
"""The weight of the cosine; what is left is that of the words."""
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
"""Words, and the parts of `snake_case` and `camelCase`."""
COMMON = (
    "a an and are as at be by def each for from function given gives if in into is it its list none of on or python"
    " return returns self str string int float bool that the then there this to two value values where which with write"
    " you your"
)
"""Words that stand in most tasks, and so tell nothing."""
_COMMON = frozenset(COMMON.split())


def words_of(text: str) -> frozenset[str]:
    """The words of a task that tell it from others, their plural endings cut off."""
    found = (word.lower() for word in WORDS.findall(text))
    return frozenset(_stem(word) for word in found if word not in _COMMON)


def overlap(one: str, other: str) -> float:
    """The share of words that two texts have in common, 0 to 1: Dice's coefficient."""
    mine, theirs = words_of(one), words_of(other)
    return 2 * len(mine & theirs) / (len(mine) + len(theirs)) if mine and theirs else 0.0


def likeness(cosine: float, one: str, other: str) -> float:
    """Meaning and words in one figure, at most 1; 1 for the same text."""
    return MEANING * cosine + (1 - MEANING) * overlap(one, other)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
