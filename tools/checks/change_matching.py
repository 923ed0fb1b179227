"""Tells what is new from what only moved: line numbers change with every edit, so they say nothing."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import NamedTuple

from motet.tools.checks.change_findings import ChangeFinding
from motet.tools.checks.change_lines import LineChange


class Sighting(NamedTuple):
    """What a checker said about one side of one file."""

    path: str
    line: int | None
    rule: str
    """The checker's name for it, as `F821`."""
    symbol: str
    """The name that it is about, or nothing."""
    finding: ChangeFinding | None = None
    """What it becomes if it is new; what was there before needs none."""


Lines = Mapping[str, LineChange]
Key = Callable[[Sighting, bool], Hashable | None]
"""What two sightings must have in common, of a sighting and whether it is of before; `None` for no match."""


def new_findings(before: Sequence[Sighting], after: Sequence[Sighting], lines: Lines) -> list[ChangeFinding]:
    """The findings of what was not there before, each old sighting accounting for one.

    The closest likeness counts first: the same words in the line; then the same name in the file; then the same rule
    where a line was rewritten; last the same words in another file, for code that was moved.

    Args:
        before: What was found before the change.
        after: What is found now.
        lines: Of all the paths.
    """

    def same_line(one: Sighting, old: bool) -> Hashable:
        return one.path, one.rule, one.symbol, lines[one.path].words(one.line, before=old)

    def same_name(one: Sighting, _old: bool) -> Hashable | None:
        return (one.path, one.rule, one.symbol) if one.symbol else None

    def same_place(one: Sighting, old: bool) -> Hashable | None:
        block = lines[one.path].block_of(one.line, before=old)
        return None if block is None or one.symbol else (one.path, one.rule, block)

    def same_words(one: Sighting, old: bool) -> Hashable:
        return one.rule, one.symbol, lines[one.path].words(one.line, before=old)

    left = list(before)
    # Of several alike, those in lines that nobody touched are the old ones.
    fresh = sorted(after, key=lambda one: one.line in lines[one.path].added)
    for key in (same_line, same_name, same_place, same_words):
        left, fresh = _without_matches(left, fresh, key)
    return [one.finding for one in fresh if one.finding is not None]


def _without_matches(before: list[Sighting], after: list[Sighting], key: Key) -> tuple[list[Sighting], list[Sighting]]:
    """What of both sides has no counterpart on the other."""
    there = Counter(key(one, True) for one in before)
    del there[None]
    fresh, matched = [], Counter[Hashable | None]()
    for one in after:
        name = key(one, False)
        if name is not None and matched[name] < there[name]:
            matched[name] += 1
        else:
            fresh.append(one)
    left = []
    for one in before:
        name = key(one, True)
        if name is not None and matched[name]:
            matched[name] -= 1
        else:
            left.append(one)
    return left, fresh
