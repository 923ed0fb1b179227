"""Who agrees with a candidate: answers that were written without sight of it and pass the same tests."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from motet.agents import Candidate, Report

SAME_AGAIN = 3
"""How often the very same program must be drawn, and no other, for the repetition to count as agreement."""


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
    """Count those that behave like the best one and those that contradict it.

    A program that is drawn a second time behaves like itself and proves nothing by that: programs count once, by their
    syntax trees. Only where a model never writes anything else is that taken for what it is, certainty.
    """
    answers = [one for one in candidates if one.repairs is None and one.index in reports]
    programs = {one.fingerprint for one in answers}
    certain = len(programs) == 1 and len(answers) >= SAME_AGAIN
    passing: list[Candidate] = []
    for one in answers:
        report = reports[one.index]
        passes = report.loads.outcome == "passed" and not report.failures(set_aside=aside)
        is_new = one == best or one.fingerprint not in {best.fingerprint, *(other.fingerprint for other in passing)}
        if passes and (is_new or certain):
            passing.append(one)
    observations = reports[best.index].observations
    if not any(result.value is not None for result in observations):
        return Peers(agreeing=int(best in passing))  # nothing was compared, so nobody agrees and nobody differs
    # What was written for another task may confirm, but says nothing where it differs: perhaps that is how they differ.
    passing = [
        one
        for one in passing
        if one.origin != "memory" or reports[best.index].contradiction(reports[one.index]) is None
    ]
    against = [reports[best.index].contradiction(reports[one.index]) for one in passing]
    spoken = [words for words in against if words is not None]
    confirmed = {
        mine.name
        for one in passing
        if one != best
        for mine, theirs in zip(observations, reports[one.index].observations, strict=False)
        if mine.value is not None and mine.value == theirs.value
    }
    return Peers(len(against) - len(spoken), len(spoken), len(confirmed), spoken[0] if spoken else None)
