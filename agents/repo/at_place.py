"""What every role in a repository reads: where the run works, and what it has taken."""

from typing import TypedDict

from motet.models import CallRecord


class AtPlace(TypedDict, total=False):
    """The keys by which `place_of` finds a run's place, and those of its accounts."""

    repository: str
    workspace: str
    commit: str
    python: str | None
    image: str | None
    test_command: str | None
    calls: list[CallRecord]
    run: str
    seconds: float
