"""The reviewer: the last look at the best candidate. It blocks only on machine facts and never writes code.

A model's opinion may come as a comment where that is asked for; it moves nothing. Where models could block, rounds
have been seen to go on without end and to break code that was right.
"""

import asyncio
from typing import Annotated, TypedDict

from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from motet.agents.attempt import Attempt
from motet.agents.candidate import Candidate
from motet.agents.cases import example_cases
from motet.agents.context import TeamContext
from motet.agents.contract import Contract
from motet.agents.evidence import Finding, Report, Review
from motet.agents.inspection import inspect_code
from motet.agents.node import Node, contract_of, emit, ledger_for, model_for, role_node, sandbox_for
from motet.agents.prompt import Prompt
from motet.agents.recount import in_words, worth_telling
from motet.agents.task_text import task_block
from motet.models import CallRecord, ModelError, Sampling
from motet.tools.checks import Coverage, NoCoverageError, NoScreenError, acover, ascreen
from motet.tools.sandbox import Sandbox, Session
from motet.tools.testing import UserTests, read_tests


class Comments(BaseModel):
    """A model's remarks; none of them blocks."""

    comments: Annotated[list[str], Field(max_length=3)]


class ReviewerInput(TypedDict, total=False):
    """What the reviewer reads. It looks at `best`, or at the newest of the candidates."""

    task: str
    contract: Contract
    best: Candidate
    candidates: list[Candidate]
    reports: dict[int, Report]
    set_aside: list[str]
    attempts: list[Attempt]
    tests: str | None
    calls: list[CallRecord]
    run: str
    seconds: float


class ReviewerUpdate(TypedDict, total=False):
    """What the reviewer writes."""

    reviews: dict[int, Review]


def create_reviewer(
    *,
    sandbox: str | Sandbox = "auto",
    model: str | BaseChatModel = "local",
    comment: bool = False,
    recount: int = 4,
    security: bool = True,
    coverage: bool = False,
    system_prompt: str | None = None,
    prompt: Prompt | None = None,
    timeout: float | None = None,
    name: str = "reviewer",
) -> Node:
    """Make a reviewer that fits any graph whose state has a `contract` or a `task`, and `candidates` or the `best` one.

    What the tester found stands in its review where the state has `reports`.

    Args:
        sandbox: Where code is screened, and checked if it comes without a report; or a spec for `resolve_sandbox`.
        model: Asked for comments, if `comment` is set.
        comment: Whether a model adds comments. They never block.
        recount: How many other answers that failed the model is told of at most.
        security: Whether bandit looks at the code. What it finds travels with the result and does not block.
        coverage: Whether to measure what the user's tests and the task's examples reach.
        system_prompt: What the model is told of its work, in place of the prompt's system text.
        prompt: What the model is told; rendered with `task`, `code`, `evidence` and `recount`, which is
            what other answers failed at, with a blank line before it, or empty.
        timeout: After how many seconds a step of it counts as hung.
        name: The node's name, shown in streams and in the usage.
    """
    told = (prompt or Prompt.load("reviewer")).with_system(system_prompt)

    async def reviewer(state: ReviewerInput, runtime: Runtime[TeamContext]) -> ReviewerUpdate:
        best = _reviewed(state)
        report = state.get("reports", {}).get(best.index)
        findings = _from_report(report, frozenset(state.get("set_aside") or ())) if report else []
        screened, reached = None, None
        findings += report.static if report else ()
        is_known = report is not None and report.inspected
        if security or coverage or not is_known:
            machine = await asyncio.to_thread(sandbox_for, runtime, sandbox)
            async with await asyncio.to_thread(machine.session) as session:
                findings += () if is_known else await inspect_code(session, best.code)
                try:
                    screened = await ascreen(session, best.code) if security else None
                    reached = await _cover(session, best, state) if coverage else None
                except (NoScreenError, NoCoverageError) as problem:
                    findings.append(Finding(kind="comment", message=str(problem)))
        ledger = ledger_for(state, runtime)
        if comment:
            evidence = "\n".join(finding.message for finding in findings) or "Nothing failed."
            told_before = worth_telling(
                state.get("attempts", []),
                most=recount,
                besides=best.index,
                set_aside=frozenset(state.get("set_aside") or ()),
            )
            messages = told.render(
                task=task_block(contract_of(state)),
                code=best.code.strip(),
                evidence=evidence,
                recount=in_words(told_before),
            )
            try:
                chat = model_for(runtime, name, model)
                answer = await ledger.ask(chat, messages, role=name, sampling=Sampling(max_tokens=400), schema=Comments)
                findings += [Finding(kind="comment", message=text) for text in answer.read_as(Comments).comments]
            except ModelError as problem:
                # Comments are a gift: their lack changes no verdict.
                emit(runtime, name, "no_comment", index=best.index, problem=str(problem))
        review = Review(candidate=best.index, findings=tuple(findings), security=screened, coverage=reached)
        emit(runtime, name, "review", index=best.index, review=review)
        return {"reviews": {best.index: review}}

    return role_node(reviewer, name=name, timeout=timeout)


def _reviewed(state: ReviewerInput) -> Candidate:
    """The candidate to look at; the newest in a graph that names no `best`."""
    candidate = state.get("best") or next(reversed(state.get("candidates") or []), None)
    if candidate is None:
        raise ValueError("The state has neither `best` nor `candidates`: there is nothing to review.")
    return candidate


async def _cover(session: Session, candidate: Candidate, state: ReviewerInput) -> Coverage:
    """Measure what the tests that may veto the candidate reach of it."""
    contract = contract_of(state)
    own_tests = state.get("tests")
    given = read_tests(own_tests) if own_tests else UserTests("asserts")
    cases = (*example_cases(contract), *given.cases)
    is_program = contract.kind == "program" and not cases and not given.files
    return await acover(session, candidate.code, cases=cases, tests=given.files, program=is_program)


def _from_report(report: Report, set_aside: frozenset[str]) -> list[Finding]:
    """Facts that the tester has already found."""
    findings = [
        Finding(kind="failing_test", message=f"{result.name}: {result.message or result.outcome}", blocks=True)
        for result in report.failures(set_aside=set_aside)
    ]
    if report.tampering:
        findings.append(Finding(kind="tampering", message=report.tampering, blocks=True))
    return findings
