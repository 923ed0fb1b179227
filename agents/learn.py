"""Learn: after the end, note what the memory was good for, and put what was verified forward for it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypedDict

from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime

from motet.agents.candidate import Candidate
from motet.agents.cases import example_cases
from motet.agents.context import MemorySpec, TeamContext
from motet.agents.contract import Contract
from motet.agents.gist import gist_of, interface_of
from motet.agents.node import Node, contract_of, emit, memory_for, role_node, sandbox_for
from motet.agents.recollection import Recollection
from motet.memory import Admission, Draft, PatternMemory, PatternTests, Source, Use
from motet.models import CallRecord, Usage
from motet.tools.sandbox import Sandbox
from motet.tools.testing import read_tests


class LearnInput(TypedDict, total=False):
    """What learning reads."""

    contract: Contract
    tests: str | None
    candidates: list[Candidate]
    recalled: list[Recollection]
    verdict: str
    code: str
    evidence: object
    """What stands behind the verdict; its `reason` is kept."""
    calls: list[CallRecord]
    run: str
    seconds: float


def create_learn(
    *,
    memory: MemorySpec = "local",
    sandbox: str | Sandbox = "auto",
    timeout: float | None = None,
    name: str = "learn",
) -> Node:
    """Make a node that fits any graph whose state ends with a `verdict`, a `code` and a `contract`.

    A memory that cannot be written is told of in an event, and the result stays what it is.

    Args:
        memory: A pattern memory, or a spec for `resolve_memory`.
        sandbox: Where what was verified is run once more before the memory takes it; or a spec for `resolve_sandbox`.
        timeout: After how many seconds it counts as hung.
        name: The node's name, shown in streams.
    """

    async def learn(state: LearnInput, runtime: Runtime[TeamContext]) -> Mapping[str, object]:
        try:
            opened = await asyncio.to_thread(memory_for, runtime, memory)
            if opened is None:
                return {}
            await _note_uses(opened, state)
            draft = _draft(state)
            if draft is not None:
                machine = await asyncio.to_thread(sandbox_for, runtime, sandbox)
                admission: Admission = await opened.aadmit(draft, sandbox=machine)
                emit(runtime, name, "learned", admission=admission)
        except GraphBubbleUp:
            raise
        except Exception as problem:  # a disk, a database, a sandbox: the answer is none the worse for it
            emit(runtime, name, "no_memory", problem=f"{type(problem).__name__}: {problem}")
        return {}

    return role_node(learn, name=name, timeout=timeout)


async def _note_uses(memory: PatternMemory, state: LearnInput) -> None:
    best = _delivered(state.get("candidates") or [], state.get("code") or "")
    for one in state.get("recalled") or []:
        if one.kind == "answer":
            helped, note = one.problem is None, one.problem or "its solution passed"
        else:
            helped = best is not None and best.origin == "first" and state.get("verdict") != "unverified"
            note = "the answer written with it in sight was delivered" if helped else "another answer was delivered"
        use = Use(kind=one.kind, helped=helped, note=note, run=state.get("run"), at=datetime.now(UTC))
        if await memory.aget(one.pattern) is not None:
            await memory.arecord_use(one.pattern, use)


def _draft(state: LearnInput) -> Draft | None:
    """What the memory is to learn from a run, if there is anything new."""
    contract = contract_of(state)
    best = _delivered(state.get("candidates") or [], state.get("code") or "")
    if state.get("verdict") != "verified" or best is None:
        return None
    known = any(one.kinship == "same" and one.candidate == best.index for one in state.get("recalled") or [])
    own_tests = state.get("tests")
    if known and not own_tests:
        return None
    given = read_tests(own_tests) if own_tests else None
    tests = PatternTests(
        cases=(*example_cases(contract), *(given.cases if given else ())),
        files={path: _text(content) for path, content in given.files.items()} if given else {},
    )
    calls = state.get("calls") or []
    spent = Usage.of(calls)
    return Draft(
        task=contract.task,
        gist=gist_of(contract),
        interface=interface_of(contract),
        solution=best.code,
        tests=tests,
        source=Source(
            model=calls[-1].model if calls else None,
            run=state.get("run"),
            tokens=spent.tokens,
            calls=spent.calls,
            seconds=state.get("seconds") or 0.0,
            cost=spent.cost,
        ),
        reason=_reason(state),
    )


def _delivered(candidates: Sequence[Candidate], code: str) -> Candidate | None:
    return next((one for one in candidates if one.code == code), None)


def _reason(state: LearnInput) -> str:
    return str(getattr(state.get("evidence"), "reason", ""))


def _text(content: str | bytes) -> str:
    return content if isinstance(content, str) else content.decode("utf-8", "replace")
