"""The gate of the memory: only what ran green gets in, what is there already merges, and the better one stays."""

import ast
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.memory.patterns.pattern import Draft, Earlier, Pattern, PatternTests, Proof
from motet.memory.patterns.proving import UnprovenError, prove, run_tests
from motet.memory.patterns.renaming import renamed, renamed_tests
from motet.tools.sandbox import Sandbox
from motet.tools.secrets import find_secrets
from motet.tools.source import parse_python

LARGEST = 64_000
"""Characters of a solution, and of a task."""
MOST_CASES = 40
"""Tests that a pattern gathers from tasks that are merged into it."""
SHORTER = 0.9
"""A solution takes another's place if it has less than this share of its syntax nodes ..."""
FASTER = 0.5
"""... or takes less than this share of its time, where that is long enough to be measured."""
MEASURABLE = 0.05
"""Seconds."""


class Admission(BaseModel):
    """What became of a draft."""

    model_config = ConfigDict(frozen=True)

    outcome: Literal["admitted", "merged", "superseded", "refused"]
    """`merged`: the same was known; its tests were added to those there. `superseded`: the same task was known, and the
    draft's solution is better and took its place."""
    pattern: str | None
    """The id of the pattern that holds it now; `None` if it was refused."""
    reason: str


class RefusedError(Exception):
    """A draft cannot become a pattern; the message says why."""


def screen(draft: Draft) -> None:
    """Look at a draft before anything runs.

    Raises:
        RefusedError: It has no tests, is too large, or holds a secret.
    """
    if not draft.tests:
        raise RefusedError("It has no tests, so nothing could prove it.")
    size = max(len(draft.task), len(draft.solution))
    if size > LARGEST:
        raise RefusedError(f"It is too large: {size} characters, and {LARGEST} is the most.")
    tests = [*(case.code for case in draft.tests.cases), *draft.tests.files.values()]
    texts = {"task": draft.task, "solution": draft.solution, "tests": "\n".join(tests)}
    for place, text in texts.items():
        secrets = find_secrets(text)
        if secrets:
            raise RefusedError(f"Line {secrets[0][1]} of its {place} looks like a secret ({secrets[0][0]}).")


def admit(draft: Draft, known: Iterable[Pattern], sandbox: Sandbox, *, now: datetime) -> tuple[Admission, Pattern]:
    """Prove a draft, and find its place among the patterns that may be the same.

    Args:
        draft: What is put forward.
        known: Patterns for tasks like it.
        sandbox: Where it is run.
        now: The time to note.

    Returns:
        What became of it, and the pattern to keep.

    Raises:
        RefusedError: It does not belong here.
        SandboxError: The sandbox failed, or does not keep code away from the host.
    """
    screen(draft)
    interface = draft.interface.completed(draft.solution)
    try:
        proof = prove(sandbox, draft.id, draft.solution, draft.tests, now=now, reason=draft.reason)
    except UnprovenError as failure:
        raise RefusedError(f"It does not pass its own tests: {failure}") from failure
    fresh = Pattern(
        id=draft.id,
        task=draft.task,
        gist=draft.gist or draft.task,
        interface=interface,
        solution=draft.solution,
        tests=draft.tests,
        proof=proof,
        source=draft.source,
        created_at=now,
    )
    for pattern in known:
        placed = _merge(fresh, pattern, sandbox, now)
        if placed:
            return placed
    return Admission(outcome="admitted", pattern=fresh.id, reason=f"It passes {proof.passed} tests."), fresh


def _merge(fresh: Pattern, pattern: Pattern, sandbox: Sandbox, now: datetime) -> tuple[Admission, Pattern] | None:
    """Make one of two patterns that each pass the other's tests; `None` where they are of different tasks."""
    code = renamed(fresh.solution, fresh.interface, pattern.interface)
    asked = renamed_tests(fresh.tests, fresh.interface, pattern.interface)
    if code is None or asked is None:
        return None
    with sandbox.session() as session:
        theirs = run_tests(session, code, pattern.tests).failure
        ours = run_tests(session, pattern.solution, asked).failure
    if theirs is not None:
        if fresh.id == pattern.id:
            raise RefusedError(f"The same task was solved before, and it does not pass the tests kept there: {theirs}")
        return None
    if ours is not None and fresh.id != pattern.id:
        return None
    tests = _together(pattern.tests, asked)
    reason = f"it passes a test that the earlier one fails ({ours})" if ours else _better(code, fresh.proof, pattern)
    solution = code if reason else pattern.solution
    proof = prove(sandbox, pattern.id, solution, tests, now=now, reason=fresh.proof.reason or pattern.proof.reason)
    merged = pattern.model_copy(update={"tests": tests, "proof": proof})
    if not reason:
        told = f"The same was known as {pattern.id}, which now holds {proof.passed} tests."
        return Admission(outcome="merged", pattern=pattern.id, reason=told), merged
    earlier = Earlier(solution=pattern.solution, source=pattern.source, proof=pattern.proof, reason=reason)
    update = {"solution": code, "source": fresh.source, "earlier": (*pattern.earlier, earlier)}
    told = f"It takes the place of the solution of {pattern.id}: {reason}."
    return Admission(outcome="superseded", pattern=pattern.id, reason=told), merged.model_copy(update=update)


def _better(code: str, proof: Proof, pattern: Pattern) -> str | None:
    """Why a solution that passes the same tests is better than the one that is there, if it is."""
    mine, theirs = _nodes(code), _nodes(pattern.solution)
    if mine < SHORTER * theirs:
        return f"it is shorter ({mine} syntax nodes instead of {theirs})"
    if mine * SHORTER > theirs:
        return None
    before = pattern.proof.seconds / max(pattern.proof.passed, 1)
    after = proof.seconds / max(proof.passed, 1)
    if before > MEASURABLE and after < FASTER * before:
        return f"it is faster ({after:.3f} s a test instead of {before:.3f} s)"
    return None


def _nodes(code: str) -> int:
    tree = parse_python(code)
    return sum(1 for _ in ast.walk(tree)) if tree else len(code)


def _together(tests: PatternTests, more: PatternTests) -> PatternTests:
    """All tests of both, each once, with names of their own."""
    seen = {(case.kind, case.code, case.expected) for case in tests.cases}
    names = {case.name for case in tests.cases}
    cases = list(tests.cases)
    for case in more.cases:
        if (case.kind, case.code, case.expected) in seen or len(cases) >= MOST_CASES:
            continue
        name = next(name for n in range(1, len(names) + 2) if (name := f"test {n}") not in names)
        names.add(name)
        cases.append(case.model_copy(update={"name": name}))
    files = dict(tests.files)
    for path, text in more.files.items():
        if text not in files.values():
            stem = path.removeprefix("test_")
            free = next(name for n in range(len(files) + 1) if (name := f"test_{n or ''}{stem}") not in files)
            files[free] = text
    return PatternTests(cases=tuple(cases), files=files)
