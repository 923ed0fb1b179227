"""The words of a text, as a search by words compares them: made for prose and for code alike.

`is_leap_year`, `isLeapYear` and `leap years` have words in common: identifiers are split where their writers join
words, and the endings of English words are cut off. Splitting alone was measured to bring more to code search than any
small embedding model.
"""

import re
from functools import lru_cache

WORD = re.compile(r"\w+")
JOINT = re.compile(r"_+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Scripts that put no space between words; each character counts as one."""
LONGEST = 64
"""Longer ones are data, such as hashes and encoded pictures."""


def tokens_of(text: str) -> list[str]:
    """Give the words of a text in their order, each as often as it stands there."""
    return [token for word in WORD.findall(UNSPACED.sub(r" \g<0> ", text)) for token in parts_of(word)]


@lru_cache(maxsize=1 << 16)
def parts_of(word: str) -> tuple[str, ...]:
    """Give the tokens of one word: its parts, and if there are several, all of them joined."""
    parts = [part for part in JOINT.split(word) if part]
    tokens = [_stem(part.casefold()) for part in parts]
    if len(parts) > 1:
        tokens.append("".join(parts).casefold())
    return tuple(token for token in tokens if len(token) <= LONGEST)


def _stem(word: str) -> str:
    """Cut the ending off an English word; it need not be right, only the same for words that belong together."""
    if len(word) <= 3 or not word.isascii():
        return word
    if word.endswith("ies"):
        word = f"{word[:-3]}y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2 and re.search("[aeiouy]", stem):
            return stem[:-1] if stem[-1] == stem[-2] and stem[-1] not in "lsz" else stem
    return word.removesuffix("e") if len(word) > 3 else word
