"""What lines are indented by."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

_LEADING = re.compile(r"[ \t]*")
WIDTHS = (4, 8, 2, 3, 1)
"""How many columns a tab may stand for, the likelier first."""


def indent_of(line: str) -> str:
    """The blanks and tabs that a line starts with."""
    found = _LEADING.match(line)
    return found[0] if found is not None else ""


def indentation_of(lines: Iterable[str]) -> str | None:
    """What one level is indented by: a tab or a number of spaces; `None` where nothing is indented, or by both.

    A single space is no indentation: comments in many languages line up their asterisks with it.
    """
    indents = [indent_of(line) for line in lines if line.strip()]
    tabs, spaces = any("\t" in one for one in indents), any(one.startswith("  ") for one in indents)
    if tabs == spaces:
        return None
    if tabs:
        return "\t"
    steps = Counter(abs(len(b) - len(a)) for a, b in pairwise(indents) if abs(len(b) - len(a)) > 1)
    return " " * (min(steps, key=lambda step: (-steps[step], step)) if steps else 4)


def in_style(lines: Sequence[str], style: str | None) -> list[str]:
    """New lines with tabs for spaces or spaces for tabs, if that is what the file around them has."""
    indents = [indent_of(line) for line in lines]
    if style is None or not any(("\t" in one) if style != "\t" else one.startswith("  ") for one in indents):
        return list(lines)
    if style != "\t":
        return [one.replace("\t", style) + line[len(one) :] for one, line in zip(indents, lines, strict=True)]
    step = math.gcd(*(len(one) for one, line in zip(indents, lines, strict=True) if line.strip() and "\t" not in one))
    step = step if step in (2, 3, 4) else 4
    return [
        "\t" * (len(one) // step) + " " * (len(one) % step) + line[len(one) :] if "\t" not in one else line
        for one, line in zip(indents, lines, strict=True)
    ]
