"""What needs a part that a machine may lack is skipped with the reason; `MOTET_REQUIRE=all` makes that a failure."""

import os
import signal
from collections.abc import Iterator
from functools import cache

import pytest
from testing_motet import end_starter

PARTS = ("docker", "bubblewrap", "model")


@cache
def missing(part: str) -> str | None:
    """Why a part cannot be used here, or nothing."""
    if part == "model":
        return None if os.environ.get("MOTET_SKIP_MODEL") is None else "MOTET_SKIP_MODEL is set"
    from motet.tools.sandbox import survey

    return next(found.problem for found in survey() if found.kind == part)


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts background jobs so, and what tests start would inherit it and never hear of Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _runs_of_tests_are_recorded_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["MOTET_MEMORY"] = "off"  # a test that remembers names a memory
    os.environ["MOTET_STATE_DIR"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Chroma server; each test takes a collection of its own."""
    from testing_chroma import ChromaServer

    with ChromaServer(tmp_path_factory.mktemp("chroma")) as server:
        yield server.url


@pytest.fixture(scope="session", autouse=True)
def _no_starter_outlives_the_tests() -> Iterator[None]:
    yield
    end_starter()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for part in PARTS:
        if item.get_closest_marker(part) is not None and (problem := missing(part)):
            if os.environ.get("MOTET_REQUIRE") == "all":
                pytest.fail(f"{part} must be here and is not: {problem}", pytrace=False)
            pytest.skip(f"no {part} here: {problem}")
