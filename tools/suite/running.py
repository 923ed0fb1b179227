"""Runs a repository's tests in a sandbox."""

import base64
from collections.abc import Collection, Sequence
from typing import Any

from motet.tools.sandbox import Limits, MiB, Session
from motet.tools.suite import command_output
from motet.tools.suite.addopts import without_plugins
from motet.tools.suite.environment import INSIDE, Environment
from motet.tools.suite.report import read_report
from motet.tools.suite.results import SuiteRun
from motet.tools.suite.setup import SuiteSetup
from motet.tools.suite.tree import NO_OVERLAY, Overlay, Tree, is_inside
from motet.tools.testing.request import Exchange, adrive, answer_to, drive, request_for

PACKAGE = "motet.tools.suite"
JUDGE = f"{PACKAGE}.suite_judge"
BEFORE_JUDGE = ("worker", "judge", "integrity", f"{PACKAGE}.laying_out", JUDGE)
PYTEST_TASK = (f"{PACKAGE}.reaching", f"{PACKAGE}.pytest_suite")
PYTHON = (
    *("env", "-u", "PYTHONPATH", "-u", "PYTHONHOME", "-u", "PYTHONSTARTUP"),
    *("PYTHONHASHSEED=0", "PYTHONSAFEPATH=1", "python3", "-s", "-B", "-X", "utf8", "-c"),
)
"""Not with `-I`, which would take the fixed hash seed away and be handed on to processes that tests start."""
MOST_WORKERS = 40
"""How often a run goes on behind a crash."""
OUTPUT, COMMAND_OUTPUT = 24_000, 2 * MiB
"""Of the end of what was printed: what is kept, and in what the results of a command are looked for."""
REPORT = 12 * MiB
"""What workers may say."""
OUTER_SECONDS = 5.0
"""How much later than the judge the sandbox ends a run; laying out a large tree takes some of it."""
ROOM = 256 * MiB
"""For files that tests write, at least; a tree gets four times its size if that is more."""


async def arun_suite(
    session: Session,
    tree: Tree,
    setup: SuiteSetup,
    *,
    tests: Sequence[str] = (),
    overlay: Overlay = NO_OVERLAY,
    environment: Environment | None = None,
    reach: bool = False,
    lines_of: Collection[str] = (),
    wall_seconds: float = 120.0,
    test_seconds: float = 30.0,
    memory_bytes: int = 1024 * MiB,
    stop_after_failures: int | None = None,
) -> SuiteRun:
    """Run a repository's tests on its files with changes over them, in one run of the sandbox.

    A test that hangs, ends its process or eats all memory costs its own result; those behind it run in a new process.

    Args:
        session: Where it runs.
        tree: The repository's files.
        setup: How it is tested.
        tests: Files, folders or node ids, of a class or function too; nothing: the whole suite. Where a command of the
            user's runs the suite, single tests run under pytest all the same.
        overlay: Files that are changed, added (such as a test that shows a bug) or, with `None`, removed.
        environment: The installed packages. The session's sandbox must have been made with its `folders`.
        reach: Also find out which test comes through which function.
        lines_of: Files of which to tell the lines that ran.
        wall_seconds: For the whole run; at its end comes what is known so far.
        test_seconds: For one test with its fixtures.
        memory_bytes: For each process.
        stop_after_failures: End after so many tests that did not pass.

    Raises:
        SandboxError: The session is closed. Whatever the repository does is in the result.
    """
    return await adrive(
        session,
        _exchange(
            tree,
            setup,
            tests=tests,
            overlay=overlay,
            environment=environment,
            reach=reach,
            lines_of=lines_of,
            wall_seconds=wall_seconds,
            test_seconds=test_seconds,
            memory_bytes=memory_bytes,
            stop_after_failures=stop_after_failures,
        ),
    )


def run_suite(
    session: Session,
    tree: Tree,
    setup: SuiteSetup,
    *,
    tests: Sequence[str] = (),
    overlay: Overlay = NO_OVERLAY,
    environment: Environment | None = None,
    reach: bool = False,
    lines_of: Collection[str] = (),
    wall_seconds: float = 120.0,
    test_seconds: float = 30.0,
    memory_bytes: int = 1024 * MiB,
    stop_after_failures: int | None = None,
) -> SuiteRun:
    """As `arun_suite`, blocking."""
    return drive(
        session,
        _exchange(
            tree,
            setup,
            tests=tests,
            overlay=overlay,
            environment=environment,
            reach=reach,
            lines_of=lines_of,
            wall_seconds=wall_seconds,
            test_seconds=test_seconds,
            memory_bytes=memory_bytes,
            stop_after_failures=stop_after_failures,
        ),
    )


def _exchange(
    tree: Tree,
    setup: SuiteSetup,
    *,
    tests: Sequence[str],
    overlay: Overlay,
    environment: Environment | None,
    reach: bool,
    lines_of: Collection[str],
    wall_seconds: float,
    test_seconds: float,
    memory_bytes: int,
    stop_after_failures: int | None,
) -> Exchange:
    overlay = {path: content for path, content in overlay.items() if is_inside(path)}
    by_command = setup.framework == "command" and not tests
    if setup.framework == "none" and not tests:
        return SuiteRun(results=(), problem=f"The repository has no tests that could be run: {setup.reason}.")
    present, missing = _present(tests, tree, overlay)
    if tests and not present:
        return read_report(None, None, setup, tests=present, missing=missing)
    limits = Limits(
        wall_seconds=wall_seconds + OUTER_SECONDS,
        cpu_seconds=wall_seconds + OUTER_SECONDS,
        memory_bytes=memory_bytes,
        processes=128,
        file_bytes=_room(tree, overlay),
        open_files=1024,
    )
    files = [path for path in (*tree.paths, *overlay) if setup.decides(path)]
    job: dict[str, Any] = {
        "tree": "tree",
        "overlay": {p: None if c is None else base64.b64encode(c).decode() for p, c in overlay.items()},
        "guarded": files,
        "environment": _told(environment),
        "source_folders": setup.source_folders,
        "configuration": setup.configuration if _exists(setup.configuration, tree, overlay) else None,
        "arguments": setup.arguments,
        "safe_arguments": without_plugins(setup.arguments),
        "tests": present,
        "paths": list(dict.fromkeys(test.partition("::")[0] for test in present or setup.selection)),
        "command": setup.command,
        "test_files": [path for path in files if path.endswith(".py")],
        "reach": reach,
        "lines_of": list(lines_of),
        "maxfail": stop_after_failures,
        "case_seconds": wall_seconds if by_command else test_seconds,
        "load_seconds": wall_seconds,
        "most_workers": MOST_WORKERS,
        "bytes": REPORT,
        "output_bytes": COMMAND_OUTPUT if by_command else OUTPUT,
    }
    task = (*PYTEST_TASK, f"{PACKAGE}.command_suite") if by_command else PYTEST_TASK
    request = request_for(job, (*BEFORE_JUDGE, *task), files={"tree": tree.packed}, limits=limits, judge=JUDGE)
    request = request._replace(argv=(*PYTHON, request.argv[-1]))
    answer = answer_to(request, (yield request))
    run = read_report(answer.report, answer.execution, setup, tests=present, missing=missing, reach=reach)
    run = command_output.read_results(run) if by_command else run
    return run.model_copy(update={"output": run.output[-OUTPUT:]})


def _present(tests: Sequence[str], tree: Tree, overlay: Overlay) -> tuple[list[str], list[str]]:
    """Those whose file or folder exists, and those whose does not: pytest would refuse to start over one of these."""
    there = ({*tree.paths} | {p for p, content in overlay.items() if content is not None}) - {
        p for p, content in overlay.items() if content is None
    }
    folders = {"/".join(path.split("/")[:depth]) for path in there for depth in range(1, path.count("/") + 1)}
    present, missing = [], []
    for test in dict.fromkeys(tests):
        path = test.partition("::")[0].rstrip("/")
        known = path in there or path in folders or path == "."
        (present if known else missing).append(test if "::" in test else path)
    return present, missing


def _exists(path: str | None, tree: Tree, overlay: Overlay) -> bool:
    if path is None:
        return False
    return overlay[path] is not None if path in overlay else tree.read(path) is not None


def _room(tree: Tree, overlay: Overlay) -> int:
    """Room for files, in powers of two: a container is made for one, and serves the next run only if that is equal."""
    needed = 4 * (tree.size + sum(len(content) for content in overlay.values() if content is not None))
    return max(ROOM, 1 << (needed - 1).bit_length()) if needed else ROOM


def _told(environment: Environment | None) -> dict[str, str] | None:
    if environment is None:
        return None
    return {"inside": INSIDE, "host": str(environment.site_packages), "python": environment.python}
