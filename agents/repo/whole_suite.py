"""The tester's last step in a repository: the whole suite, before and after the best patch, where time allows."""

import asyncio
from typing import TypedDict

from langgraph.runtime import Runtime

from motet.agents.context import TeamContext
from motet.agents.node import Node, emit, role_node
from motet.agents.repo.at_place import AtPlace
from motet.agents.repo.baseline import Baseline
from motet.agents.repo.change_plan import ChangePlan
from motet.agents.repo.patch_candidate import PatchCandidate
from motet.agents.repo.patch_report import PatchReport
from motet.agents.repo.place import place_of, sandbox_of
from motet.agents.repo.proposing import content_of
from motet.agents.repo.report_of import report_of
from motet.tools.sandbox import Sandbox
from motet.tools.suite import Overlay, SuiteRun, arun_suite


class WholeSuiteInput(AtPlace, total=False):
    """What the last step reads; it runs `best`."""

    plan: ChangePlan
    baseline: Baseline
    best: PatchCandidate
    reports: dict[int, PatchReport]
    passing: list[str] | None


class WholeSuiteUpdate(TypedDict, total=False):
    """What the last step writes."""

    reports: dict[int, PatchReport]
    passing: list[str]


def create_whole_suite(
    *,
    sandbox: str | Sandbox = "auto",
    suite_seconds: float = 300.0,
    timeout: float | None = None,
    name: str = "tester",
) -> Node:
    """Make a node that runs all tests of a repository on the best patch. What passed before the change must pass still.

    Tests that do not come to their turn in the time there is are neither for nor against it.

    Args:
        sandbox: Where they run, or a spec for `resolve_sandbox`.
        suite_seconds: How long one run of the whole suite may take; 0 leaves it out.
        timeout: After how many seconds a step counts as hung.
        name: The node's name, shown in streams.
    """

    async def whole(state: WholeSuiteInput, runtime: Runtime[TeamContext]) -> WholeSuiteUpdate:
        best, baseline = state["best"], state["baseline"]
        report = state["reports"][best.index]
        place = await asyncio.to_thread(place_of, state)
        rest = set(place.setup.test_files) - set(baseline.files)
        if not suite_seconds or place.setup.framework == "none":
            return {"reports": {best.index: report.model_copy(update={"whole": not rest, "concluded": True})}}
        emit(runtime, name, "whole_suite", index=best.index, files=len(place.setup.test_files))
        content = await asyncio.to_thread(content_of, place.workspace, best.patch, best.index)
        machine = await asyncio.to_thread(sandbox_of, state, place, runtime, sandbox)
        async with await asyncio.to_thread(machine.session) as session:

            async def run(over: Overlay, tests: tuple[str, ...] = (), *, lines: bool = False) -> SuiteRun:
                return await arun_suite(
                    session,
                    place.tree,
                    place.setup,
                    tests=tests,
                    overlay=over,
                    environment=place.environment,
                    lines_of=[path for path in content if path.endswith(".py")] if lines else (),
                    wall_seconds=suite_seconds,
                )

            passing = state.get("passing")
            if passing is None:
                flaky = set(baseline.flaky)
                passing = [one for one in (await run({})).passed if one not in flaky]
            after = await run(content, lines=True)
            outcomes = {result.id: result.outcome for result in after.results}
            lost = tuple(one for one in passing if outcomes.get(one) in ("failed", "error", "timeout"))
            again = await run(content, lost) if 0 < len(lost) <= 20 else None
            # The reproductions have been run on this very patch, and are not part of the repository's suite.
            found = report_of(
                best, baseline, chosen=passing, runs=[after], again=again, content=content, whole=after.complete
            )
        merged = found.model_copy(
            update={
                "reproductions": report.reproductions,
                "diagnosis": report.diagnosis or found.diagnosis,
                "failure": report.failure or (found.failure if found.regressions else ""),
                **_reached_by(report, found),
                "mended": tuple(sorted({*report.mended, *found.mended})),
                "notes": (*report.notes, *found.notes),
                "infrastructure": None,
                "concluded": True,
            }
        )
        if found.infrastructure:
            merged = report.model_copy(
                update={
                    "notes": (*report.notes, f"The whole suite could not be run: {found.infrastructure}"),
                    "concluded": True,
                }
            )
        emit(runtime, name, "patch_report", index=best.index, report=merged)
        return {"reports": {best.index: merged}, "passing": passing}

    return role_node(whole, name=name, timeout=timeout)


def _reached_by(one: PatchReport, other: PatchReport) -> dict[str, object]:
    """The coverage of whichever run reached more of the change."""
    more = max((one, other), key=lambda report: report.covered or (0, 0))
    return {"covered": more.covered, "uncovered": more.uncovered}
