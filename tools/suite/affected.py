"""Which test files a change could matter to, the likeliest first. Read from names and imports, nothing is run."""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from motet.tools.suite.modules import Graph, import_graph
from motet.tools.suite.setup import GUARDED, SuiteSetup
from motet.tools.suite.tree import Tree

FARTHEST = 12
"""Steps of import behind which nobody is asked."""
NAMED, NAMED_AND_NEAR = 100, 130
"""Worth of a test file that is named for a changed one, and of one that also lies where that one's tests would."""


def affected_tests(tree: Tree, setup: SuiteSetup, changed: Sequence[str], *, most: int = 40) -> tuple[str, ...]:
    """Choose the test files to run after a change.

    A changed test file comes first, then those named for a changed module, those that import one, and those that
    import what imports one, by the number of steps. A change to what configures the tests concerns all of them. A
    changed file that no test imports, such as data, concerns the tests below its folder.

    Args:
        tree: The repository's files, before or after the change.
        setup: How it is tested.
        changed: The files that were changed, added or removed.
        most: How many test files at most.
    """
    files = frozenset(setup.test_files) | {path for path in changed if setup.is_test_file(path)}
    tests = {path for path in files if PurePosixPath(path).name != "conftest.py"}
    worth: dict[str, float] = {}
    graph = import_graph(tree, setup)
    for path in changed:
        for test, value in _worth_for(path, tests, graph):
            worth[test] = max(worth.get(test, 0.0), value) + (0.01 if test in worth else 0.0)
    order = sorted(worth, key=lambda test: (-worth[test], test.count("/"), test))
    return tuple(test for test in order if test in tests)[:most]


def _worth_for(path: str, tests: Iterable[str], graph: Graph) -> Iterable[tuple[str, float]]:
    name = PurePosixPath(path).name
    if path in tests:
        yield path, 1000.0
    if name in GUARDED:
        folder = str(PurePosixPath(path).parent)
        yield from ((test, 1.0) for test in tests if folder == "." or test.startswith(f"{folder}/"))
        return
    steps = _steps_to(path, graph)
    yield from ((test, 50.0 / steps[test]) for test in tests if steps.get(test))
    yield from ((test, value) for test in tests if (value := _by_name(path, test)))
    if not any(test in steps for test in tests) and not path.endswith(".py"):
        top = path.split("/", maxsplit=1)[0] + "/"
        yield from ((test, 0.5) for test in tests if test.startswith(top))


def _steps_to(path: str, graph: Graph) -> dict[str, int]:
    """How many steps of import each file is away from importing this one."""
    steps = {path: 0}
    edge = [path]
    for step in range(1, FARTHEST + 1):
        edge = [other for one in edge for other in graph.importers.get(one, ()) if other not in steps]
        for other in edge:
            steps[other] = step
    return steps


def _by_name(path: str, test: str) -> float:
    """What it says that a test file is named as a changed one."""
    stem = PurePosixPath(path).stem.strip("_").lower()
    if stem == "init":
        stem = PurePosixPath(path).parent.name.strip("_").lower()
    asked = PurePosixPath(test).stem.lower()
    asked = asked.removeprefix("test_").removesuffix("_test").removeprefix("test")
    if not stem or not asked:
        return 0.0
    shared = len(frozenset(PurePosixPath(path).parts[:-1]) & frozenset(PurePosixPath(test).parts[:-1]))
    if asked == stem:
        return NAMED_AND_NEAR + shared if shared else float(NAMED)
    if stem in asked.split("_") or asked in stem.split("_"):
        return 40.0 + shared
    return 0.0
