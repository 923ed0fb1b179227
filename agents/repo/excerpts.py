"""The code of a repository that a prompt shows: whole files where they are short, else the places that matter."""

from collections.abc import Callable, Iterator

from motet.agents.repo.change_plan import ChangePlan
from motet.tools.edits import Source

WHOLE = 250
"""Lines of a file that is shown whole."""
AROUND = 8
"""Lines that are shown before and after a place."""


def excerpts(
    plan: ChangePlan, read: Callable[[str], bytes | None], *, characters: int, first: tuple[str, ...] = ()
) -> str:
    """Files and places of a plan, the likeliest first, as much as there is room for.

    Args:
        plan: Says which.
        read: Gives a file.
        characters: How long all of it may be.
        first: Files that are shown in any case.
    """
    paths = dict.fromkeys((*first, *(target.path for target in plan.targets), *plan.files))
    shown: list[str] = []
    room = characters
    for path in paths:
        content = read(path)
        if content is None or b"\0" in content:
            continue
        lines = Source.read(content).text.split("\n")
        told = f"{path}\n```\n{_cut(plan, path, lines)}\n```"
        if len(told) > room and shown:
            continue
        shown.append(told[:room])
        room -= len(told)
        if room <= 0:
            break
    return "\n\n".join(shown)


def _cut(plan: ChangePlan, path: str, lines: list[str]) -> str:
    if len(lines) <= WHOLE:
        return "\n".join(lines).strip("\n")
    parts = []
    for start, end in _spans(plan, path, len(lines)):
        parts += [f"... line {start}"] if start > 1 else []
        parts += lines[start - 1 : end]
    return "\n".join([*parts, "..."])


def _spans(plan: ChangePlan, path: str, last: int) -> Iterator[tuple[int, int]]:
    """Places of a file with what is around them, in order, those that touch put together."""
    places = sorted((one.start_line, one.end_line) for one in plan.targets if one.path == path and one.symbol)
    merged: list[tuple[int, int]] = [(1, min(last, 30))]  # the imports
    for start, end in places:
        begin, stop = max(1, start - AROUND), min(last, end + AROUND)
        if begin <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((begin, stop))
    yield from merged
