"""Makes repair tasks of a package: mistakes that its own tests notice, told as a user would tell of them.

The mistakes are procedural, as in SWE-smith (Yang et al., 2025), and so is the issue: no model has a part in either, so
a suite can be made anew by anybody and favours no model.
"""

import random
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from motet.evals.repairs.bugs import (
    MOST_NOTICE,
    Bug,
    find_bugs,
    is_hidden_by_name,
    noticed_by,
    overlay_of,
    try_snippets,
)
from motet.evals.repairs.diffing import diff
from motet.evals.repairs.fetching import fetch_package
from motet.evals.repairs.ground import Ground, prepare
from motet.evals.repairs.hiding import test_name
from motet.evals.repairs.issue import FRAME, Report, write_issue
from motet.evals.repairs.package import Package, find_package
from motet.evals.repairs.repair_task import Level, RepairTask
from motet.tools.mutation import OPERATORS
from motet.tools.sandbox import Sandbox
from motet.tools.suite import Overlay

MOST_PASSING = 60
"""Tests of `pass_to_pass`."""
PAIRS_TRIED = 2
POOL = 12
"""Single mistakes that pairs are chosen from, at most."""
LEVELS: tuple[Level, ...] = ("function", "files", "functions", "files", "function", "files")


def make_tasks(
    package: str | Package,
    *,
    count: int,
    seed: int,
    sandbox: Sandbox,
    levels: Sequence[Level] = LEVELS,
    operators: Collection[str] = OPERATORS,
    source: Path | None = None,
) -> list[RepairTask]:
    """Make tasks of a package. All that is the package's runs in the sandbox.

    Args:
        package: One of the list or another one, or its name on the list.
        count: How many; fewer come where the package's tests do not notice enough.
        seed: Decides which mistakes are made.
        sandbox: Where the tests run.
        levels: Where the mistakes are to be, in turn.
        operators: The kinds of mistakes.
        source: The package's files; otherwise it is fetched.

    Raises:
        FetchError: The package could not be fetched.
        NoTestsError: None of its tests passes.
        SandboxError: The sandbox failed.
    """
    wanted = find_package(package) if isinstance(package, str) else package
    draw = random.Random(seed)  # noqa: S311 - a choice, no secret
    with sandbox.session() as session:
        ground = prepare(wanted, source or fetch_package(wanted), session)
        bugs = find_bugs(ground, seed=seed, operators=operators)
        pool: list[Bug] = []
        tasks: list[RepairTask] = []
        while len(tasks) < count:
            level = levels[len(tasks) % len(levels)]
            task = _next_task(ground, level, pool, bugs, draw=draw, number=len(tasks))
            if task is None:
                task = _next_task(ground, "function", pool, bugs, draw=draw, number=len(tasks))
            if task is None:
                return tasks
            tasks.append(task)
        return tasks


def _next_task(
    ground: Ground, level: Level, pool: list[Bug], bugs: Iterator[Bug], *, draw: random.Random, number: int
) -> RepairTask | None:
    """The next task of a level, of mistakes that no other task has."""
    while True:
        for chosen in _choices(level, pool):
            task = _task(ground, level, chosen, draw, number)
            if task is not None:
                for one in chosen:
                    pool.remove(one)
                return task
            if len(chosen) == 1:
                pool.remove(chosen[0])
        following = next(bugs, None) if len(pool) < POOL else None
        if following is None:
            return None
        pool.append(following)


def _choices(level: Level, pool: Sequence[Bug]) -> list[tuple[Bug, ...]]:
    if level == "function":
        return [(one,) for one in pool]
    # Only pairs with the newest: the others have been tried.
    pairs: list[tuple[Bug, ...]] = [(one, pool[-1]) for one in pool[:-1]]
    same = level == "functions"
    return [pair for pair in pairs if (pair[0].mutation.path == pair[1].mutation.path) == same][:PAIRS_TRIED]


def _task(ground: Ground, level: Level, bugs: Sequence[Bug], draw: random.Random, number: int) -> RepairTask | None:
    """The task of some mistakes, once it is certain that it is one: all its tests and scripts are run on both trees."""
    overlay = overlay_of(ground, [one.mutation for one in bugs])
    files = sorted({test.partition("::")[0] for one in bugs for test in (*one.noticed, *one.near)})
    failing = (
        noticed_by(ground.run(files, overlay, MOST_NOTICE), set(ground.stable)) if len(bugs) > 1 else bugs[0].noticed
    )
    if failing is None or len(failing) > MOST_NOTICE or not all(is_hidden_by_name(ground, test) for test in failing):
        return None
    near = [test for test in dict.fromkeys(test for one in bugs for test in one.near) if test not in failing]
    near = [*near[: MOST_PASSING // 2], *draw.sample(near[MOST_PASSING // 2 :], _rest(near))]
    reports = _reports(ground, bugs, overlay)
    wanted = [*failing, *near]
    # Alone, as they are scored, tests may do otherwise than among all others.
    whole, broken = set(ground.run(wanted).passed), ground.run(wanted, overlay)
    if reports is None or set(wanted) - whole or not set(failing) <= set(broken.failing):
        return None
    passing = tuple(test for test in near if test in set(broken.passed))
    before = {path: ground.text(path) for path in overlay}
    after = {path: (content or b"").decode() for path, content in overlay.items()}
    package = ground.package
    operators = tuple(one.mutation.operator for one in bugs)
    places = "+".join(f"{Path(one.mutation.path).stem}.{one.mutation.symbol}" for one in bugs)
    return RepairTask(
        id=f"{package.name}-{package.version}/{places}/{'+'.join(operators)}/{number}",
        package=package.name,
        version=package.version,
        level=level,
        operators=operators,
        files=tuple(sorted(overlay)),
        symbols=tuple(f"{one.mutation.path}::{one.mutation.symbol}" for one in bugs),
        issue=write_issue(
            reports,
            name=package.name,
            version=package.version,
            opening=draw.randrange(100),
            frames=draw.randrange(3) == 0,
        ),
        bug_patch=diff(before, after),
        fix_patch=diff(after, before),
        removed_tests=tuple(dict.fromkeys(test_name(test) for test in failing)),
        fail_to_pass=failing,
        pass_to_pass=passing,
    )


def _rest(near: Sequence[str]) -> int:
    return min(MOST_PASSING - MOST_PASSING // 2, max(0, len(near) - MOST_PASSING // 2))


def _reports(ground: Ground, bugs: Sequence[Bug], overlay: Overlay) -> list[Report] | None:
    """What the scripts give where all mistakes come together; `None` where one no longer fails."""
    if len(bugs) == 1:
        return [bugs[0].report]
    results = try_snippets(ground, [one.report.snippet for one in bugs], overlay)
    if any(one.outcome not in ("failed", "error") or not FRAME.search(one.detail) for one in results):
        return None
    return [one.report.model_copy(update={"result": result}) for one, result in zip(bugs, results, strict=True)]
