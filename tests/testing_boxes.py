"""The kinds of sandbox that the test runs are tried in."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from motet.tools.sandbox import Sandbox, Session
from motet.tools.sandbox.bubblewrap import BubblewrapSandbox
from motet.tools.sandbox.docker import DockerSandbox
from motet.tools.sandbox.unsafe_host import UnsafeHostSandbox

KINDS = [
    "unsafe-host",
    pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
    pytest.param("docker", marks=pytest.mark.docker),
]
MAKERS: dict[str, type[Sandbox]] = {
    "unsafe-host": UnsafeHostSandbox,
    "bubblewrap": BubblewrapSandbox,
    "docker": DockerSandbox,
}


@contextmanager
def session_in(kind: str) -> Iterator[Session]:
    with closing(MAKERS[kind]()) as sandbox, sandbox.session() as session:
        yield session
