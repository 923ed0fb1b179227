"""The tester's second step in a repository: what its tests say before anything is changed."""

import asyncio
from collections.abc import Collection, Iterable
from typing import TypedDict

from langgraph.runtime import Runtime

from motet.agents.context import TeamContext
from motet.agents.node import Node, emit, role_node
from motet.agents.repo.at_place import AtPlace
from motet.agents.repo.baseline import Baseline, Reached
from motet.agents.repo.change_plan import ChangePlan
from motet.agents.repo.focus import focused
from motet.agents.repo.issue import read_issue
from motet.agents.repo.place import Place, place_of, sandbox_of
from motet.agents.repo.reproduction import Reproduction, importing_first, is_incomplete
from motet.tools.diagnosis import Frame, read_traceback
from motet.tools.sandbox import Sandbox
from motet.tools.suite import Overlay, SuiteRun, SuiteSetup, affected_tests, arun_suite

FAILURE_CHARACTERS = 2000
REACHED = 300
"""Functions that are kept."""
IDS = 300
"""Tests of a function that are kept."""


class RepoBaselineInput(AtPlace, total=False):
    """What the baseline reads."""

    issue: str
    plan: ChangePlan
    proposed: list[Reproduction]


class RepoBaselineUpdate(TypedDict, total=False):
    """What the baseline writes."""

    baseline: Baseline
    plan: ChangePlan


def create_repo_baseline(
    *,
    sandbox: str | Sandbox = "auto",
    test_files: int = 12,
    suite_seconds: float = 90.0,
    timeout: float | None = None,
    name: str = "tester",
) -> Node:
    """Make a node that runs the tests that a change can affect, twice, and the proposed tests of the fault.

    What differs between the two runs is flaky and counts for nothing. The plan's targets are put into the order that
    the run of the fault suggests.

    Args:
        sandbox: Where tests run, or a spec for `resolve_sandbox`.
        test_files: How many test files are run at most, those that are nearest to the plan.
        suite_seconds: How long one run may take.
        timeout: After how many seconds a step counts as hung.
        name: The node's name, shown in streams.
    """

    async def baseline(state: RepoBaselineInput, runtime: Runtime[TeamContext]) -> RepoBaselineUpdate:
        place = await asyncio.to_thread(place_of, state)
        plan, proposed = state["plan"], state.get("proposed") or []
        likely = list(dict.fromkeys(one.path for one in plan.targets))[:3]
        files = await asyncio.to_thread(affected_tests, place.tree, place.setup, likely, most=test_files)
        emit(runtime, name, "baseline_begins", files=list(files))
        machine = await asyncio.to_thread(sandbox_of, state, place, runtime, sandbox)
        async with await asyncio.to_thread(machine.session) as session:

            async def run(setup: SuiteSetup, tests: Iterable[str], shown: Overlay, *, reach: bool) -> SuiteRun:
                return await arun_suite(
                    session,
                    place.tree,
                    setup,
                    tests=tuple(tests),
                    overlay=shown,
                    environment=place.environment,
                    reach=reach,
                    wall_seconds=suite_seconds,
                )

            shown = {one.path: importing_first(one.text).encode("utf-8", "replace") for one in proposed}
            tried = await run(place.probing, shown, shown, reach=True) if shown else None
            first = await run(place.setup, files, {}, reach=True) if files else None
            again = await run(place.setup, files, {}, reach=False) if first is not None and first.passed else None
        found = _baseline(place, files, proposed, tried=tried, first=first, again=again)
        issue = read_issue(state["issue"])
        frames: tuple[Frame, ...] = issue.traceback.frames if issue.traceback else ()
        if not frames and found.reproductions:
            seen = read_traceback(_as_pytest(found.reproductions[0]))
            frames = seen.frames if seen else ()
        plan = focused(plan, found.reached, frames)
        emit(runtime, name, "baseline", baseline=found, plan=plan)
        return {"baseline": found, "plan": plan}

    return role_node(baseline, name=name, timeout=timeout)


def _baseline(
    place: Place,
    files: tuple[str, ...],
    proposed: list[Reproduction],
    *,
    tried: SuiteRun | None,
    first: SuiteRun | None,
    again: SuiteRun | None,
) -> Baseline:
    runs = [one for one in (tried, first, again) if one is not None]
    passing: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    if first is not None:
        second = {one.id: one.outcome for one in again.results} if again else {}
        flaky = tuple(
            one.id
            for one in first.results
            if "not_run" not in (one.outcome, second.get(one.id, "not_run")) and second[one.id] != one.outcome
        )
        passing = tuple(one for one in first.passed if one not in set(flaky))
    shows = _showing(proposed, tried, place.modules)
    notes = dict.fromkeys(one.problem for one in runs if one.problem)
    return Baseline(
        setup=place.setup,
        sandbox=runs[0].sandbox if runs else "",
        isolated=bool(runs) and all(one.isolated for one in runs),
        files=files,
        passing=passing,
        failing=tuple(one for one in first.failing if one not in set(flaky)) if first else (),
        flaky=flaky,
        seconds={one.id: round(one.seconds, 3) for one in first.results if one.outcome == "passed"} if first else {},
        reproductions=shows,
        reached=_reached(shows, tried, first, passing),
        notes=tuple(notes),
        infrastructure=next((one.problem for one in runs if one.infrastructure), None),
    )


def _showing(
    proposed: list[Reproduction], tried: SuiteRun | None, modules: Collection[str]
) -> tuple[Reproduction, ...]:
    """Those that fail before the change by the code under test, with what they show; one of each failure is enough."""
    found: dict[str, Reproduction] = {}
    for one in proposed if tried else ():
        results = [result for result in tried.results if result.id.partition("::")[0] == one.path] if tried else []
        failed = [result for result in results if result.outcome in ("failed", "error", "timeout")]
        if not failed or len(failed) < len(results) or any("::" not in result.id for result in failed):
            continue
        shown = failed[0].detail or failed[0].message
        if is_incomplete(shown, one.path, modules):
            continue
        # Pieces of one issue show one fault; tests that were written apart prove something by failing alike.
        key = failed[0].message if one.trust == "given" else one.path
        found.setdefault(key, one.model_copy(update={"failure": shown[-FAILURE_CHARACTERS:]}))
    return tuple(found.values())


def _reached(
    shows: tuple[Reproduction, ...], tried: SuiteRun | None, first: SuiteRun | None, passing: tuple[str, ...]
) -> tuple[Reached, ...]:
    showing = {one.path: at for at, one in enumerate(shows)}
    failing: dict[tuple[str, str], tuple[int, ...]] = {}
    spans: dict[tuple[str, str], tuple[int, int]] = {}
    for reach in tried.reach if tried else ():
        files = {tried.results[at].id.partition("::")[0] for at in reach.tests} if tried else set()
        ran = tuple(sorted(showing[file] for file in files & showing.keys()))
        if ran:
            failing[reach.path, reach.symbol] = ran
            spans[reach.path, reach.symbol] = (reach.start_line, reach.end_line)
    tests: dict[tuple[str, str], tuple[int, ...]] = {}
    places = {name: at for at, name in enumerate(passing)}
    for reach in first.reach if first else ():
        ids = (first.results[at].id for at in reach.tests) if first else ()
        tests[reach.path, reach.symbol] = tuple(places[one] for one in ids if one in places)
        spans.setdefault((reach.path, reach.symbol), (reach.start_line, reach.end_line))
    found = [
        Reached(
            path=path,
            symbol=symbol,
            start_line=start,
            end_line=end,
            tests=tests.get((path, symbol), ())[:IDS],
            passing=len(tests.get((path, symbol), ())),
            shows=failing.get((path, symbol), ()),
        )
        for (path, symbol), (start, end) in spans.items()
    ]
    found.sort(key=lambda one: (-len(one.shows), one.passing))
    return tuple(found[:REACHED])


def _as_pytest(shown: Reproduction) -> str:
    """A test's failure as a whole output of pytest, which is what the reader of tracebacks knows."""
    line = "=" * 20
    return f"{line} FAILURES {line}\n____ test_reproduction ____\n{shown.failure}\n{line} end {line}\n"
