"""Which text has which word how often, as columns of numbers."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Postings:
    """One row for each word of each text. Words are numbers, see `number_of`."""

    texts: Numbers
    words: Numbers
    counts: Numbers

    @classmethod
    def of(cls, counters: Sequence[Counter[str]]) -> Self:
        """Make them from the words of each text."""
        words = [number_of(word) for counter in counters for word in counter]
        counts = [n for counter in counters for n in counter.values()]
        return cls(
            np.repeat(np.arange(len(counters), dtype=np.uint32), [len(counter) for counter in counters]),
            np.array(words, dtype=np.uint32),
            np.array(counts, dtype=np.uint32),
        )


@lru_cache(maxsize=1 << 18)
def number_of(word: str) -> int:
    """A number for a word, the same in every process.

    With 32 bits, of 100,000 words about one pair shares a number, which costs a search next to nothing.
    """
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=4).digest(), "little")


def joined(columns: Sequence[Numbers]) -> Numbers:
    """One column after another."""
    return np.concatenate(columns) if columns else np.zeros(0, dtype=np.uint32)
