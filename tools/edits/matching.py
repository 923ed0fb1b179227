"""Where in a file the old lines of a block stand.

Exactly first; else without regard to blanks at the ends of lines; else shifted to the side as a whole, also from spaces
to tabs. Each looser way counts only where it finds one single place: nothing is ever guessed.
"""

from collections.abc import Sequence
from typing import NamedTuple

from motet.tools.edits.indentation import WIDTHS, in_style, indent_of

_SHOWN = 10
_CANDIDATES = 1000


class Place(NamedTuple):
    """Where lines are to go, and what is to come."""

    start: int
    """The first line, from 0."""
    lines: list[str]
    """The new lines, as this file would write them."""


def places_of(lines: Sequence[str], search: Sequence[str], replace: Sequence[str], style: str | None) -> list[Place]:
    """All places that the strictest rule finds which finds any.

    Args:
        lines: Those of the file.
        search: The old lines, at least one of them not blank.
        replace: The new lines.
        style: What the file is indented by, if anybody can tell.
    """
    for keep in (str, str.rstrip):
        found = _occurrences([keep(line) for line in lines], [keep(line) for line in search], _SHOWN)
        if found:
            new = in_style(replace, style)
            return [Place(at, _kept(lines[at : at + len(search)], search, replace, new)) for at in found]
    shifted = []
    for start in _occurrences([line.strip() for line in lines], [line.strip() for line in search], _CANDIDATES):
        new = _shifted(lines[start : start + len(search)], search, replace, style)
        if new is not None:
            shifted.append(Place(start, new))
    return shifted[:_SHOWN]


def _occurrences(lines: list[str], wanted: list[str], most: int) -> list[int]:
    """Where these lines stand in those, from 0. One long text is searched far faster than a list."""
    text, pattern = "\n".join(["", *lines, ""]), "\n".join(["", *wanted, ""])
    found, at, line, counted = [], text.find(pattern), 0, 0
    while at >= 0 and len(found) < most:
        line, counted = line + text.count("\n", counted, at), at
        found.append(line)
        at = text.find(pattern, at + 1)
    return found


def _kept(found: Sequence[str], search: Sequence[str], replace: Sequence[str], new: Sequence[str]) -> list[str]:
    """The new lines; those that the old ones have too as they are in the file, with the blanks at their ends."""
    there = {old.rstrip(): line for old, line in zip(search, found, strict=True)}
    return [there.get(line.rstrip(), styled) for line, styled in zip(replace, new, strict=True)]


def _shifted(
    found: Sequence[str], search: Sequence[str], replace: Sequence[str], style: str | None
) -> list[str] | None:
    """The new lines, moved to the side as the old ones are; nothing where those are not moved all alike."""
    for width in WIDTHS:
        pairs = [
            (_columns(old, width), indent_of(there)) for old, there in zip(search, found, strict=True) if old.strip()
        ]
        shifts = {_columns(indent, width) - column for column, indent in pairs}
        if len(shifts) == 1:
            break
    else:
        return None
    known, shift = dict(pairs), shifts.pop()
    tabs = style == "\t" or (style is None and any("\t" in indent for indent in known.values()))
    new = []
    for line in replace:
        column = _columns(line, width)
        if line.strip() and column + shift < 0:
            return None
        base = max((one for one in known if one <= column), default=None)
        rest = column - base if base is not None else column + shift
        fill = "\t" * (rest // width) + " " * (rest % width) if tabs else " " * rest
        new.append((known[base] if base is not None else "") + fill + line.lstrip(" \t") if line.strip() else "")
    return _kept(found, search, replace, new)


def _columns(line: str, width: int) -> int:
    return len(indent_of(line).expandtabs(width))
