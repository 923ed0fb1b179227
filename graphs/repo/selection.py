"""Which patch is the best so far. No model and no clock in it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from motet.agents.repo import PatchCandidate, PatchReport, PatchReview

NO_REVIEWS: Mapping[int, PatchReview] = MappingProxyType({})


def agreement(candidate: PatchCandidate, candidates: Sequence[PatchCandidate]) -> int:
    """How many patches mean the same as this one, itself included."""
    return Counter(one.likeness for one in candidates)[candidate.likeness]


def best_patch(
    candidates: Sequence[PatchCandidate],
    reports: Mapping[int, PatchReport],
    *,
    reviews: Mapping[int, PatchReview] = NO_REVIEWS,
) -> PatchCandidate | None:
    """The patch with the strongest evidence; the earliest of equals, so that luck never replaces the first answer.

    The reproduction goes before regressions, those before agreement, and that before size. A repair counts only where
    it is strictly better than what it was made from.
    """
    tried = [one for one in candidates if one.index in reports and reports[one.index].infrastructure is None]
    if not tried:
        return candidates[0] if candidates else None

    def evidence(one: PatchCandidate) -> tuple[int, ...]:
        return _evidence(reports[one.index], reviews.get(one.index))

    by_index = {one.index: one for one in tried}
    counted = [
        one
        for one in tried
        if one.repairs is None or one.repairs not in by_index or evidence(one) > evidence(by_index[one.repairs])
    ]
    return max(counted, key=lambda one: (evidence(one), agreement(one, candidates), -one.lines, -one.index))


def _evidence(report: PatchReport, review: PatchReview | None) -> tuple[int, ...]:
    return (
        -len(report.vetoed),
        -min(len(report.regressions), 1),
        not (review and review.blocks),
        report.reproduced,
        -len(report.regressions),
        len(report.mended),
    )
