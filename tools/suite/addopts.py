"""Which of pytest's options a repository's settings may give to a run that is watched.

Options of pytest itself that choose or shape tests stay. Those of plugins are kept apart: pytest refuses to start over
an option that no installed plugin knows. What stops early, starts processes, opens a debugger or writes reports goes.
"""

from collections.abc import Sequence
from typing import NamedTuple

WITH_VALUE = frozenset(
    {"-k", "-m", "-W", "-o", "--import-mode", "--ignore", "--ignore-glob", "--deselect", "--pythonwarnings"}
    | {"--override-ini", "--doctest-glob", "--doctest-report", "--pyargs-path", "--assert", "--asyncio-mode", "--ds"}
)
"""Options that take a value and stay."""
FLAGS = frozenset(
    {
        "--strict-markers",
        "--doctest-modules",
        "--doctest-ignore-import-errors",
        "--doctest-continue-on-failure",
        "--pyargs",
    }
    | {"--runxfail", "--noconftest", "--keep-duplicates", "--collect-in-virtualenv", "--disable-warnings"}
    | {"--disable-pytest-warnings", "--runslow", "--run-slow"}
)
DROPPED_WITH_VALUE = frozenset(
    {"-n", "--numprocesses", "--dist", "--maxprocesses", "--maxfail", "-c", "--rootdir", "--tb", "--junitxml"}
    | {"--junit-xml", "--cov-report", "--cov-config", "--durations", "--durations-min", "--color", "--verbosity", "-r"}
    | {"--log-file", "--basetemp", "--confcutdir", "--capture", "--show-capture", "--reruns", "--timeout", "-p"}
)
"""Options that take a value and go. `-p` may name a plugin; conftest files load those of the repository."""
OF_PLUGINS = frozenset({"--runslow", "--run-slow", "--asyncio-mode", "--ds"})


class Options(NamedTuple):
    """What became of some words."""

    kept: tuple[str, ...]
    left_out: tuple[str, ...]
    paths: tuple[str, ...]
    """What is no option: files, folders, node ids."""


def read_options(words: Sequence[str]) -> Options:
    """Sort the words of a pytest command line, or of `addopts`."""
    kept: list[str] = []
    left_out: list[str] = []
    paths: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name, equals, _ = word.partition("=")
        if not word.startswith("-"):
            paths.append(word)
        elif name in WITH_VALUE or word[:2] in ("-k", "-m", "-W", "-o"):
            takes_next = not equals and len(waiting) > 0 and word in WITH_VALUE
            kept += [word, waiting.pop(0)] if takes_next else [word]
        elif name in FLAGS:
            kept.append(word)
        else:
            takes_next = not equals and word in DROPPED_WITH_VALUE and len(waiting) > 0
            left_out.append(f"{word} {waiting.pop(0)}" if takes_next else word)
    return Options(tuple(kept), tuple(left_out), tuple(paths))


def without_plugins(arguments: Sequence[str]) -> tuple[str, ...]:
    """The options that pytest knows by itself, for a second attempt after it refused the others."""
    safe: list[str] = []
    skip = False
    for word in arguments:
        if not skip and word.partition("=")[0] not in OF_PLUGINS:
            safe.append(word)
        skip = word in OF_PLUGINS and word in WITH_VALUE
    return tuple(safe)
