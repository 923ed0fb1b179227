"""How the lines of a text end."""

import re
from collections import Counter
from difflib import SequenceMatcher
from itertools import pairwise, takewhile
from operator import eq
from typing import Self

from pydantic import BaseModel, ConfigDict

_ENDING = re.compile(r"\r\n|\r|\n")


def plain_newlines(text: str) -> str:
    r"""The text with `\n` at the end of each line. Nothing else counts as one, not even what `str.splitlines` does."""
    return _ENDING.sub("\n", text)


class Newlines(BaseModel):
    r"""The line endings of one text, so that it can be edited with `\n` alone."""

    model_config = ConfigDict(frozen=True)

    usual: str = "\n"
    """What most of its lines end in, and new lines will."""
    lines: tuple[tuple[str, str], ...] = ()
    """Each line and its ending where they are mixed, else nothing."""

    @classmethod
    def of(cls, raw: str) -> Self:
        """Look at the text as it is in its file."""
        endings = _ENDING.findall(raw)
        counts = Counter(endings)
        if len(counts) < 2:
            return cls(usual=endings[0] if endings else "\n")
        texts = _ENDING.split(raw)
        return cls(usual=counts.most_common(1)[0][0], lines=tuple(zip(texts, [*endings, ""], strict=True)))

    def restore(self, text: str) -> str:
        r"""Give a text with `\n` these endings. In mixed ones each untouched line keeps its own."""
        if not self.lines:
            return text.replace("\n", self.usual) if self.usual != "\n" else text
        new = text.split("\n")
        endings = [self.usual] * len(new)
        for old_at, new_at, size in _unchanged([line for line, _ in self.lines], new):
            for offset in range(size):
                endings[new_at + offset] = self.lines[old_at + offset][1] or self.usual
        endings[-1] = ""
        for at, (before, ending) in enumerate(pairwise(endings), 1):
            if before == "\r" and ending == "\n" and not new[at]:
                endings[at] = "\r"  # the two of them would read as one
        return "".join(line + ending for line, ending in zip(new, endings, strict=True))


def _unchanged(old: list[str], new: list[str]) -> list[tuple[int, int, int]]:
    """Blocks of equal lines: where in the old, where in the new, how many. Compares what is between equal ends."""
    head = sum(1 for _ in takewhile(bool, map(eq, old, new)))
    room = min(len(old), len(new)) - head
    tail = min(room, sum(1 for _ in takewhile(bool, map(eq, reversed(old), reversed(new)))))
    middle = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail])
    return [
        (0, 0, head),
        *((head + one.a, head + one.b, one.size) for one in middle.get_matching_blocks()),
        (len(old) - tail, len(new) - tail, tail),
    ]
