"""Which candidate is the best so far. No model and no clock in it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from motet.agents import Candidate, Report, Review


def set_aside(reports: Mapping[int, Report], *, after: int) -> frozenset[str]:
    """Examples that no candidate passes, once enough have tried: a misread example is worse than none.

    Args:
        reports: By candidate.
        after: How many candidates must have run; before that an example may just be hard.

    Returns:
        Names of examples. The user's own tests are never set aside, nor all examples at once: where nothing passes,
        the candidates are the likelier cause.
    """
    ran = [report for report in reports.values() if report.loads.outcome == "passed"]
    if len(ran) < after:
        return frozenset()
    names = {result.name for report in ran for result in report.examples}
    passed = {result.name for report in ran for result in report.examples if result.outcome == "passed"}
    return frozenset(names - passed) if passed else frozenset()


def agreement(index: int, reports: Mapping[int, Report]) -> int:
    """How many other candidates behaved like this one on every shared input; 0 where nothing was compared."""
    mine = reports[index]
    if not mine.observations:
        return 0
    return sum(mine.behaves_like(report) for other, report in reports.items() if other != index)


def best(
    candidates: Sequence[Candidate],
    reports: Mapping[int, Report],
    *,
    aside: frozenset[str] = frozenset(),
    reviews: Mapping[int, Review] = MappingProxyType({}),
) -> Candidate | None:
    """The candidate with the strongest evidence; the earliest of equals, so that luck never replaces the first answer.

    A repair that loses a test which its target passed is out of the question, however many others it gained. Of what
    could not be run, nothing is known.
    """
    told = [one for one in candidates if one.index in reports and not _loses(one, reports, aside)]
    tried = [one for one in told if reports[one.index].infrastructure is None] or told
    if not tried:
        return candidates[0] if candidates else None

    def strength(candidate: Candidate) -> tuple[bool, int, int, bool, bool, bool, int, int, bool, int]:
        review = reviews.get(candidate.index)
        report = reports[candidate.index]
        given = sum(result.outcome == "passed" for result in report.given)
        clean = sum(result.exception is None for result in report.observations)
        return (
            report.tampering is None,
            given,
            len(report.passed(set_aside=aside)),
            not (review and review.blocks),
            report.loads.outcome == "passed",
            not any(finding.blocks for finding in report.static),
            agreement(candidate.index, reports),
            clean,
            candidate.origin != "memory",  # it was written for another task
            -candidate.index,
        )

    return max(tried, key=strength)


def _loses(candidate: Candidate, reports: Mapping[int, Report], aside: frozenset[str]) -> bool:
    if candidate.repairs is None or candidate.repairs not in reports:
        return False
    before = reports[candidate.repairs].passed(set_aside=aside)
    return not before <= reports[candidate.index].passed(set_aside=aside)
