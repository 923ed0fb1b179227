"""The reviewer of a repository: the last look at the best patch, and at nothing but the patch.

It blocks only on machine facts that were not true before the change. A model's remarks may come beside them; each must
point at a line that the patch changes, and they block nothing.
"""

import asyncio
from typing import Annotated, TypedDict

from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from motet.agents.context import TeamContext
from motet.agents.node import Node, emit, ledger_for, model_for, role_node
from motet.agents.prompt import Prompt
from motet.agents.repo.at_place import AtPlace
from motet.agents.repo.baseline import Baseline
from motet.agents.repo.change_plan import ChangePlan
from motet.agents.repo.issue_text import issue_text
from motet.agents.repo.patch_candidate import PatchCandidate
from motet.agents.repo.patch_report import PatchReport
from motet.agents.repo.patch_review import PatchReview, Remark
from motet.agents.repo.place import Place, place_of, sandbox_of
from motet.agents.repo.proposing import content_of
from motet.models import ModelError, Sampling
from motet.tools.checks import ChangeChecks, ChangedFile, acheck_change
from motet.tools.git import read_patch
from motet.tools.sandbox import Sandbox
from motet.tools.secrets import find_secrets

PATCH_CHARACTERS = 30_000
RUFF_FILES = ("pyproject.toml", "ruff.toml", ".ruff.toml")


class ProposedRemark(BaseModel):
    """A model's remark on one line of a patch."""

    path: str
    line: int
    text: str


class ProposedRemarks(BaseModel):
    """A model's remarks on a patch."""

    remarks: Annotated[list[ProposedRemark], Field(max_length=8)]


class PatchReviewerInput(AtPlace, total=False):
    """What the reviewer of a repository reads; it looks at `best`."""

    issue: str
    plan: ChangePlan
    baseline: Baseline
    best: PatchCandidate
    reports: dict[int, PatchReport]


class PatchReviewerUpdate(TypedDict, total=False):
    """What the reviewer of a repository writes."""

    reviews: dict[int, PatchReview]


def create_patch_reviewer(
    *,
    model: str | BaseChatModel = "local",
    sandbox: str | Sandbox = "auto",
    comment: bool = False,
    most: int = 12,
    model_remarks: int = 3,
    system_prompt: str | None = None,
    prompt: Prompt | None = None,
    timeout: float | None = None,
    name: str = "reviewer",
) -> Node:
    """Make a reviewer of patches.

    It blocks on a test that broke, a new error of ruff's or of syntax, an unknown module, attribute or name, a secret,
    a touched or deleted test, a file outside of the plan, and a finding of bandit's that was not there before.

    Args:
        model: Asked for remarks, if `comment` is set.
        sandbox: Where the checks run, or a spec for `resolve_sandbox`.
        comment: Whether a model adds remarks. They never block.
        most: How many remarks there are at most; what blocks goes first.
        model_remarks: How many of them a model may make.
        system_prompt: What the model is told of its work, in place of the prompt's system text.
        prompt: What it is told; rendered with `issue`, `patch`, `facts` and `most`.
        timeout: After how many seconds a step counts as hung.
        name: The node's name, shown in streams and in the usage.
    """
    told = (prompt or Prompt.load("repo_reviewer")).with_system(system_prompt)

    async def remarks_of(state: PatchReviewerInput, runtime: Runtime[TeamContext], facts: list[Remark]) -> list[Remark]:
        patch = read_patch(state["best"].patch)
        messages = told.render(
            issue=issue_text(state["issue"]),
            patch=patch.text[:PATCH_CHARACTERS],
            facts="; ".join(one.text for one in facts) or "nothing",
            most=str(model_remarks),
        )
        try:
            answer = await ledger_for(state, runtime).ask(
                model_for(runtime, name, model),
                messages,
                role=name,
                sampling=Sampling(max_tokens=800),
                schema=ProposedRemarks,
            )
        except ModelError as problem:
            emit(runtime, name, "no_comment", index=state["best"].index, problem=str(problem))
            return []
        proposed = answer.read_as(ProposedRemarks).remarks
        anchored = [one for one in proposed if one.line in patch.anchors(one.path)]
        return [
            Remark(path=one.path, line=one.line, kind="comment", message=one.text, blocks=False, by="model")
            for one in anchored[:model_remarks]
        ]

    async def reviewer(state: PatchReviewerInput, runtime: Runtime[TeamContext]) -> PatchReviewerUpdate:
        best = state["best"]
        place = await asyncio.to_thread(place_of, state)
        change = await asyncio.to_thread(_change, place, best)
        machine = await asyncio.to_thread(sandbox_of, state, place, runtime, sandbox)
        async with await asyncio.to_thread(machine.session) as session:
            checks = await acheck_change(
                session,
                change,
                planned=state["plan"].files,
                is_test=place.setup.is_test_file,
                provided=await asyncio.to_thread(_provided, place),
                ruff_config=_ruff_config(place),
            )
        facts = _facts(state, checks, change)
        if comment:
            facts += await remarks_of(state, runtime, facts)
        facts.sort(key=lambda one: not one.blocks)
        review = PatchReview(
            candidate=best.index,
            remarks=tuple(facts[:most]),
            left_out=max(0, len(facts) - most),
            problems=checks.problems,
        )
        emit(runtime, name, "patch_review", index=best.index, review=review)
        return {"reviews": {best.index: review}}

    return role_node(reviewer, name=name, timeout=timeout)


def _change(place: Place, best: PatchCandidate) -> list[ChangedFile]:
    after = content_of(place.workspace, best.patch, best.index)
    return [ChangedFile(path=path, before=place.workspace.read(path), after=now) for path, now in after.items()]


def _facts(state: PatchReviewerInput, checks: ChangeChecks, change: list[ChangedFile]) -> list[Remark]:
    report = state.get("reports", {}).get(state["best"].index)
    facts = [
        Remark(
            path=one.id.partition("::")[0],
            line=None,
            kind="failing_test",
            message=f"{one.id} passed before",
            blocks=True,
        )
        for one in (report.regressions if report else ())
    ]
    facts += map(Remark.of, checks.findings)
    # A name or an address can hold a secret as well as a line.
    facts += [
        Remark(path=one.path, line=None, kind="secret", message=f"The path holds a {kind}.", blocks=True)
        for one in change
        for kind, _ in find_secrets(one.path)
    ]
    return facts


def _provided(place: Place) -> set[str]:
    """The modules that the repository and its environment bring."""
    found = set(place.modules)
    if place.environment is not None:
        found |= {
            entry.name.removesuffix(".py").partition(".")[0] for entry in place.environment.site_packages.iterdir()
        }
    return found


def _ruff_config(place: Place) -> dict[str, str]:
    texts = {path: place.tree.read(path) for path in RUFF_FILES if path in place.tree.paths}
    return {path: content.decode("utf-8", "replace") for path, content in texts.items() if content is not None}
