"""Recall: before anybody writes, look whether this, or something like it, was solved before.

What is recalled is run before it is believed: first on the tests by which it was admitted, where a failure puts it into
quarantine, then as an answer to this task, on this task's own tests and examples.
"""

import asyncio
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypedDict

from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime

from motet.agents.candidate import Candidate
from motet.agents.context import MemorySpec, TeamContext
from motet.agents.contract import Contract
from motet.agents.evidence import Report
from motet.agents.examination import examine
from motet.agents.gist import gist_of, interface_of
from motet.agents.node import Node, contract_of, emit, memory_for, role_node, sandbox_for
from motet.agents.reading import read_contract
from motet.agents.recollection import Recollection
from motet.memory import PatternMemory, Recalled, renamed
from motet.models import CallRecord
from motet.tools.sandbox import Sandbox
from motet.tools.source import without_prose
from motet.tools.testing import UserTests, read_tests

MOST_TRIED = 3
"""Patterns that are run, as answers or to be shown."""
EXAMPLE_FLOOR = 0.5
"""A solution is shown as an example only if its task is at least so similar; what is not is a task of its own."""
LONGEST_EXAMPLE = 3_000
"""Characters of a solution that is shown to a coder."""


class RecallInput(TypedDict, total=False):
    """What recall reads."""

    task: str
    contract: Contract
    tests: str | None
    calls: list[CallRecord]
    run: str
    seconds: float


class RecallUpdate(TypedDict, total=False):
    """What recall writes."""

    contract: Contract
    recalled: list[Recollection]
    candidates: list[Candidate]
    reports: dict[int, Report]


def create_recall(
    *,
    memory: MemorySpec = "local",
    sandbox: str | Sandbox = "auto",
    example: bool = False,
    enough: int = 2,
    timeout: float | None = None,
    name: str = "recall",
) -> Node:
    """Make a node that fits any graph whose state has a `contract` or a `task`, and takes `candidates` and `recalled`.

    A memory that cannot be opened or searched is told of in an event, and the run goes on without it.

    Args:
        memory: A pattern memory, or a spec for `resolve_memory`.
        sandbox: Where solutions are run, or a spec for `resolve_sandbox`.
        example: Whether the solution of a similar task is shown to the coder, where none answers this one.
        enough: How many examples of this task the solution of a task in other words must pass to stand by itself, with
            a report. One that passes fewer, or whose task differs in a few words, becomes a candidate as any other.
        timeout: After how many seconds it counts as hung.
        name: The node's name, shown in streams.
    """

    async def recall(state: RecallInput, runtime: Runtime[TeamContext]) -> RecallUpdate:
        contract = contract_of(state)
        try:
            opened = await asyncio.to_thread(memory_for, runtime, memory)
            if opened is None:
                return {}
            machine = await asyncio.to_thread(sandbox_for, runtime, sandbox)
            own_tests = state.get("tests")
            given = read_tests(own_tests) if own_tests else None
            found = await opened.arecall(contract.task, interface_of(contract), gist=gist_of(contract))
            update = await _remember(opened, found, contract, given, machine, enough=enough, example=example)
        except GraphBubbleUp:
            raise
        except Exception as problem:  # a disk, a database, a model, a server: none of them is the task's matter
            emit(runtime, name, "no_memory", problem=f"{type(problem).__name__}: {problem}")
            return {}
        emit(runtime, name, "recalled", recalled=update.get("recalled", []))
        for candidate in update.get("candidates", []):
            emit(runtime, name, "candidate", index=candidate.index, candidate=candidate)
        for index, report in update.get("reports", {}).items():
            emit(runtime, name, "report", index=index, report=report)
        return update

    return role_node(recall, name=name, timeout=timeout)


async def _remember(
    memory: PatternMemory,
    found: Sequence[Recalled],
    contract: Contract,
    given: UserTests | None,
    machine: Sandbox,
    *,
    enough: int,
    example: bool,
) -> RecallUpdate:
    """Run what came to mind, the most promising first, until one answers."""
    recollections: list[Recollection] = []
    sound: list[Recalled] = []
    useful = [one for one in found if one.fits or (example and _shown(one))]
    for one in useful[:MOST_TRIED]:
        checked = await memory.acheck(one.pattern.id, sandbox=machine)
        if checked.quarantined:
            recollections.append(_recollection(one, "answer", one.pattern.solution, problem=checked.quarantined))
            continue
        sound.append(one)
        trial = await _try(one, contract, given, machine) if one.fits else None
        if trial is None:
            continue
        index = None if trial.problem else trial.candidate.index
        recollections.append(_recollection(one, "answer", trial.candidate.code, problem=trial.problem, candidate=index))
        if trial.problem is None:
            stands_alone = one.kinship == "reworded" and len(trial.report.examples) >= enough
            is_proved = one.kinship == "same" or given is not None or stands_alone
            return {
                "contract": trial.contract,
                "recalled": recollections,
                "candidates": [trial.candidate],
                "reports": {trial.candidate.index: trial.report} if is_proved else {},
            }
    shown = [(one, text) for one in sound if (text := _shown(one))] if example else []
    recollections += [_recollection(one, "example", text) for one, text in shown[:1]]
    return {"recalled": recollections}


class _Trial(NamedTuple):
    """A remembered solution as an answer to a task."""

    contract: Contract
    """The task's, with the solution's name where the task gives none."""
    candidate: Candidate
    report: Report
    problem: str | None
    """Why it is no answer, if it is none."""


async def _try(one: Recalled, contract: Contract, given: UserTests | None, machine: Sandbox) -> _Trial | None:
    """Run a solution on a task, under the name that the task wants; nothing where it cannot be named so."""
    pattern = one.pattern
    code = renamed(pattern.solution, pattern.interface, interface_of(contract))
    if code is None:
        return None
    if contract.entry_point is None and pattern.interface.entry_point:
        contract = read_contract(contract.task, entry_point=pattern.interface.entry_point)
    candidate = Candidate(
        index=0,
        code=code,
        entry_point=contract.entry_point,
        origin="memory",
        pattern=pattern.id,
        kinship=one.kinship,
    )
    async with await asyncio.to_thread(machine.session) as session:
        report = await examine(session, candidate, contract, given=given)
    return _Trial(contract, candidate, report, _problem(one, report))


def _problem(one: Recalled, report: Report) -> str | None:
    """Why a solution does not answer this task, if it does not."""
    if report.infrastructure:
        return f"the sandbox failed: {report.infrastructure}"
    if report.tampering:
        return report.tampering
    if report.loads.outcome != "passed":
        return f"it does not load: {report.loads.message}"
    failures = report.failures()
    if failures:
        return f"{failures[0].name}: {failures[0].message or failures[0].outcome}"
    if not report.trusted and one.kinship != "same":
        return "this task gives no example to hold it against"
    return None


def _recollection(
    one: Recalled,
    kind: Literal["answer", "example"],
    solution: str,
    *,
    problem: str | None = None,
    candidate: int | None = None,
) -> Recollection:
    return Recollection(
        pattern=one.pattern.id,
        similarity=one.similarity,
        kinship=one.kinship,
        kind=kind,
        solution=solution,
        problem=problem,
        candidate=candidate,
    )


def _shown(one: Recalled) -> str | None:
    """A solution as a coder may see it: nothing in it can be read as an instruction or end its fence."""
    code = without_prose(one.pattern.solution) if one.similarity >= EXAMPLE_FLOOR else ""
    return code if code and "```" not in code and len(code) <= LONGEST_EXAMPLE else None
