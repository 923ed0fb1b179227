"""The kinds of sandbox that the test runs are tried in."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from motet.tools.sandbox import Session, resolve_sandbox

KINDS = [
    "unsafe-host",
    pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
    pytest.param("docker", marks=pytest.mark.docker),
]


@contextmanager
def session_in(kind: str) -> Iterator[Session]:
    with resolve_sandbox(kind).session() as session:
        yield session
