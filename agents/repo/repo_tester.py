"""The tester of a repository: runs each patch on the tests of the fault, and on those that the patch can break."""

import asyncio
from collections.abc import Sequence
from typing import TypedDict

from langgraph.runtime import Runtime

from motet.agents.context import TeamContext
from motet.agents.node import Node, emit, role_node
from motet.agents.repo.at_place import AtPlace
from motet.agents.repo.baseline import Baseline
from motet.agents.repo.change_plan import ChangePlan
from motet.agents.repo.patch_candidate import PatchCandidate
from motet.agents.repo.patch_report import PatchReport
from motet.agents.repo.place import Place, place_of, sandbox_of
from motet.agents.repo.proposing import content_of
from motet.agents.repo.report_of import report_of
from motet.models import usable_cores
from motet.tools.git import read_patch
from motet.tools.sandbox import Sandbox, Session
from motet.tools.suite import SuiteRun, arun_suite

AGAIN = 10
"""Tests that broke are run once more, if they are no more than this: they may be flaky."""


class RepoTesterInput(AtPlace, total=False):
    """What the tester of a repository reads."""

    plan: ChangePlan
    baseline: Baseline
    candidates: list[PatchCandidate]
    reports: dict[int, PatchReport]


class RepoTesterUpdate(TypedDict, total=False):
    """What the tester of a repository writes."""

    reports: dict[int, PatchReport]


def create_repo_tester(
    *,
    sandbox: str | Sandbox = "auto",
    run_seconds: float = 90.0,
    affected_seconds: float = 30.0,
    tries: int = 2,
    timeout: float | None = None,
    name: str = "tester",
) -> Node:
    """Make a tester that runs every candidate which has no report yet, several at once.

    Args:
        sandbox: Where they run, or a spec for `resolve_sandbox`.
        run_seconds: How long one run may take.
        affected_seconds: How much of the repository's own tests is run on each candidate, by the time they took before;
            those that go through what was changed come first.
        tries: How often a candidate is run when the sandbox itself fails.
        timeout: After how many seconds a step counts as hung.
        name: The node's name, shown in streams.
    """

    async def test(
        state: RepoTesterInput, runtime: Runtime[TeamContext], place: Place, machine: Sandbox, one: PatchCandidate
    ) -> PatchReport:
        emit(runtime, name, "testing", index=one.index)
        report = PatchReport(candidate=one.index, infrastructure="it was not run")
        for _ in range(tries):
            try:
                async with await asyncio.to_thread(machine.session) as session:
                    report = await _run(
                        session,
                        place,
                        state["baseline"],
                        one,
                        run_seconds=run_seconds,
                        affected_seconds=affected_seconds,
                    )
            except Exception as error:  # one that cannot be run must not sink the others
                report = PatchReport(candidate=one.index, infrastructure=f"{type(error).__name__}: {error}")
            if report.infrastructure is None:
                break
            emit(runtime, name, "sandbox_failed", index=one.index, problem=report.infrastructure)
        emit(runtime, name, "patch_report", index=one.index, report=report)
        return report

    async def tester(state: RepoTesterInput, runtime: Runtime[TeamContext]) -> RepoTesterUpdate:
        place = await asyncio.to_thread(place_of, state)
        known = dict(state.get("reports") or {})
        alike = {one.likeness: known[one.index] for one in state.get("candidates", []) if one.index in known}
        untested = [one for one in state.get("candidates", []) if one.index not in known]
        reports: dict[int, PatchReport] = {}
        fresh: dict[str, PatchCandidate] = {}
        for one in untested:
            if one.likeness not in alike:
                fresh.setdefault(one.likeness, one)
        if fresh:
            machine = await asyncio.to_thread(sandbox_of, state, place, runtime, sandbox)
            turns = asyncio.Semaphore(await asyncio.to_thread(usable_cores))

            async def in_turn(one: PatchCandidate) -> PatchReport:
                async with turns:
                    return await test(state, runtime, place, machine, one)

            tested = await asyncio.gather(*map(in_turn, fresh.values()))
            alike |= {one.likeness: report for one, report in zip(fresh.values(), tested, strict=True)}
        for one in untested:  # the same program behaves the same
            reports[one.index] = alike[one.likeness].model_copy(update={"candidate": one.index})
            if one.likeness in fresh and fresh[one.likeness] is not one:
                emit(runtime, name, "patch_report", index=one.index, report=reports[one.index])
        return {"reports": reports}

    return role_node(tester, name=name, timeout=timeout)


async def _run(
    session: Session,
    place: Place,
    baseline: Baseline,
    candidate: PatchCandidate,
    *,
    run_seconds: float,
    affected_seconds: float,
) -> PatchReport:
    content = await asyncio.to_thread(content_of, place.workspace, candidate.patch, candidate.index)
    shown = {one.path: one.text.encode("utf-8", "replace") for one in baseline.reproductions}

    async def run(tests: Sequence[str], *, probing: bool = False, lines: bool = False) -> SuiteRun | None:
        if not tests:
            return None
        return await arun_suite(
            session,
            place.tree,
            place.probing if probing else place.setup,
            tests=tests,
            overlay={**content, **shown},
            environment=place.environment,
            lines_of=[path for path in content if path.endswith(".py")] if lines else (),
            wall_seconds=run_seconds,
        )

    chosen = choose_tests(baseline, candidate, affected_seconds)
    one_setup = place.probing == place.setup
    if one_setup:  # one start of the sandbox does for both
        first = await run([*shown, *chosen], lines=True)
        runs = [first]
    else:
        runs = [await run([*shown], probing=True, lines=True), await run(chosen)]
    done = [one for one in runs if one is not None]
    outcomes = {result.id: result for one in done for result in one.results}
    lost = [name for name in chosen if name in outcomes and outcomes[name].outcome in ("failed", "error", "timeout")]
    again = await run(lost) if 0 < len(lost) <= AGAIN else None
    return report_of(candidate, baseline, chosen=chosen, runs=done, again=again, content=content)


def choose_tests(baseline: Baseline, candidate: PatchCandidate, seconds: float) -> list[str]:
    """The tests that a patch can break: those that go through what it changes, then the others, while there is time.

    Args:
        baseline: What passed before, how long it took, and which functions it goes through.
        candidate: The patch.
        seconds: How long they may have taken before, all together.
    """
    touched = {one.path: one.added for one in read_patch(candidate.patch).files}
    near: dict[str, None] = {}
    for reached in baseline.reached:
        is_target = candidate.target is not None and candidate.target.symbol == reached.symbol
        if reached.path in touched and (is_target or candidate.target is None):
            near |= dict.fromkeys(baseline.passing[at] for at in reached.tests)
    chosen: list[str] = []
    left = seconds
    for name in dict.fromkeys((*near, *baseline.passing)):
        left -= baseline.seconds.get(name, 0.0)
        if left < 0 and chosen:
            break
        chosen.append(name)
    return chosen
