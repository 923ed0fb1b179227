"""Who agrees with a candidate: answers that were written without sight of it and pass the same tests."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from motet.agents import Candidate, Report


class Peers(NamedTuple):
    """Independent answers that pass all trusted tests."""

    agreeing: int = 0
    """Those that contradict the candidate nowhere, itself included unless it is a repair."""
    dissenting: int = 0
    """Those that contradict it."""
    compared: int = 0
    """Inputs on which another one gave the same value as the best."""
    contradiction: str | None = None
    """Where the first of those that do contradicts it."""


def find_peers(
    best: Candidate, candidates: Sequence[Candidate], reports: Mapping[int, Report], aside: frozenset[str]
) -> Peers:
    """Count those that behave like the best one and those that contradict it."""
    passing = [
        one
        for one in candidates
        if one.index in reports
        and one.repairs is None
        and reports[one.index].loads.outcome == "passed"
        and not reports[one.index].failures(set_aside=aside)
    ]
    if not any(result.value is not None for result in reports[best.index].observations):
        return Peers(agreeing=int(best in passing))  # nothing was compared, so nobody agrees and nobody differs
    against = [reports[best.index].contradiction(reports[one.index]) for one in passing]
    spoken = [words for words in against if words is not None]
    confirmed = {
        mine.name
        for one in passing
        if one != best
        for mine, theirs in zip(reports[best.index].observations, reports[one.index].observations, strict=False)
        if mine.value is not None and mine.value == theirs.value
    }
    return Peers(len(against) - len(spoken), len(spoken), len(confirmed), spoken[0] if spoken else None)
