"""Which files a plan covers."""

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import PurePosixPath

from motet.tools.checks.change_findings import ChangedFile, ChangeFinding

ABOUT = frozenset({"docs", "doc", "documentation", "changelog.d", "newsfragments", "changelog", "changes", "news"})
"""Folders of what tells about the code."""
RECORDS = frozenset({"changelog", "changes", "history", "news", "readme", "release_notes", "releases"})
"""Names, without their suffix, of files that do."""


def outside_plan(
    change: Sequence[ChangedFile],
    planned: Collection[str] | None,
    is_test: Callable[[str], bool],
    touched_tests: Collection[str],
) -> Iterator[ChangeFinding]:
    """Find files that no plan speaks of.

    What goes with planned work is inside: new files beside planned ones, tests that are added, changelogs and docs.

    Args:
        change: All of the change.
        planned: Files and folders of the plan; without one, everything is inside.
        is_test: Which paths belong to the tests.
        touched_tests: Paths where tests that were there are not as they were.
    """
    if planned is None:
        return
    plan = {str(PurePosixPath(path)) for path in planned}
    folders = {str(PurePosixPath(path).parent) for path in plan}
    for file in change:
        path = PurePosixPath(file.path)
        above = {str(parent) for parent in path.parents if parent.name}
        is_planned = file.path in plan or bool(above & plan)
        is_beside = file.before is None and str(path.parent) in folders
        adds_tests = file.after is not None and is_test(file.path) and file.path not in touched_tests
        is_about = path.name.split(".")[0].lower() in RECORDS or bool({part.lower() for part in path.parts[:1]} & ABOUT)
        if not (is_planned or is_beside or adds_tests or (is_about and not file.path.endswith(".py"))):
            side = "before" if file.after is None else "after"
            message = f"The plan does not speak of {file.path}. Leave it as it was, or plan the change."
            yield ChangeFinding(kind="outside_plan", path=file.path, line=None, message=message, blocks=True, side=side)
