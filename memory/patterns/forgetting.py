"""What the memory lets go of when it is full: what has earned the least and was last of use the longest ago."""

from datetime import datetime

from motet.memory.patterns.shelf import Shelf

SLACK = 0.05
"""The share of the cap that is let go of beyond what has to, so that it is not done at every admission."""


def least_worth(shelf: Shelf, cap: int, *, now: datetime, half_life_days: float) -> list[str]:
    """Name the patterns to forget, so that a little fewer than `cap` are left; none where there is room."""
    if not shelf.exceeds(cap):
        return []
    patterns = list(shelf.all(quarantined=False))
    worths = shelf.worths([pattern.id for pattern in patterns])
    kept = {
        pattern.id: worth.retention(created_at=pattern.created_at, now=now, half_life_days=half_life_days)
        for pattern, worth in zip(patterns, worths, strict=True)
    }
    surplus = len(patterns) - cap + int(cap * SLACK)
    return sorted(kept, key=kept.__getitem__)[:surplus]
