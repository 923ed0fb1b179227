"""The coder of a repository for small models: one function at a time, answered whole.

Small models break edit formats, and lose track in several files; a function in a fence is what they write best. It is
put in the place of the old one by its syntax tree, so that nothing else of the file changes.
"""

import asyncio

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langgraph.runtime import Runtime

from motet.agents.answer import FENCE
from motet.agents.context import TeamContext
from motet.agents.node import Node, ledger_for, model_for
from motet.agents.prompt import Prompt
from motet.agents.repo.issue_text import failure_text, issue_text
from motet.agents.repo.neighbours import neighbours
from motet.agents.repo.patch_assignment import PatchAssignment
from motet.agents.repo.patch_candidate import PatchCandidate
from motet.agents.repo.patch_role import patch_role, sampling_for
from motet.agents.repo.place import Place
from motet.agents.repo.proposing import PatchCoderInput, content_of, propose_changes
from motet.agents.repo.undocumented import undocumented, without_mark
from motet.tools.edits import EditError, Source, function_source, keep_layout_in, replace_function
from motet.tools.git import Workspace

FENCE_END = "\n```\n"


def create_function_coder(
    *,
    model: str | BaseChatModel = "local",
    system_prompt: str | None = None,
    prompt: Prompt | None = None,
    repair_prompt: Prompt | None = None,
    timeout: float | None = None,
    name: str = "coder",
) -> Node:
    """Make a coder that rewrites the function which its assignment names.

    An answer that holds no such function, or leaves it as it is, is void.

    Args:
        model: A chat model or a spec for `resolve_model`.
        system_prompt: What it is told of its work, in place of the system text of whatever prompt is used.
        prompt: What it is told, in place of motet's wordings; rendered with `issue`, `failure`, `path`, `symbol`,
            `code` and `neighbours`.
        repair_prompt: What it is told for a repair; rendered with the same.
        timeout: After how many seconds a step of it counts as hung.
        name: The node's name, shown in streams and in the usage.
    """
    wordings = {
        wording: (prompt or Prompt.load(wording)).with_system(system_prompt)
        for wording in ("repo_function", "repo_function_variant")
    }
    repair = (repair_prompt or Prompt.load("repo_function_repair")).with_system(system_prompt)

    async def write(state: PatchCoderInput, runtime: Runtime[TeamContext], place: Place) -> PatchCandidate:
        assignment = state["assignment"]
        source = await asyncio.to_thread(_source_of, place.workspace, assignment)
        told = repair if assignment.kind == "repair" else wordings[assignment.wording]
        answer = await ledger_for(state, runtime).ask(
            model_for(runtime, name, model),
            _messages(told, state, assignment, source),
            role=name,
            sampling=sampling_for(assignment, runtime, stop=(FENCE_END,)),
        )
        changes = _changes(answer.text, source, assignment)
        return await asyncio.to_thread(propose_changes, place.workspace, assignment, changes)

    return patch_role(write, name=name, timeout=timeout)


def _source_of(workspace: Workspace, assignment: PatchAssignment) -> Source:
    """The file as the coder is to find it."""
    target = assignment.target
    assert target is not None, "this coder changes the function that it is told"
    content = workspace.read(target.path)
    begun: PatchCandidate | None = assignment.repairs
    if begun is not None:
        content = content_of(workspace, begun.patch, begun.index).get(target.path, content)
    return Source.read(content or b"")


def _messages(told: Prompt, state: PatchCoderInput, assignment: PatchAssignment, source: Source) -> list[BaseMessage]:
    target = assignment.target
    assert target is not None
    near = neighbours(source.text, target.symbol)
    return told.render(
        issue=issue_text(state["issue"]),
        failure=assignment.failure or failure_text(state.get("baseline")),
        path=target.path,
        symbol=target.symbol,
        code=undocumented(function_source(source.text, target.symbol).text).strip("\n"),
        neighbours=f"\nIt stands beside this:\n\n```python\n{near}\n```\n" if near else "",
    )


def _changes(answer: str, source: Source, assignment: PatchAssignment) -> dict[str, bytes | None]:
    """The file with the function in the answer, the first block that fits."""
    target = assignment.target
    assert target is not None
    blocks = [match["code"] for match in FENCE.finditer(answer)] or [answer]
    problem: EditError | None = None
    for block in blocks:
        try:
            replaced = replace_function(source.text, target.symbol, without_mark(block))
            return {target.path: source.write(keep_layout_in(source.text, replaced, target.symbol))}
        except EditError as error:
            problem = problem or error
    assert problem is not None
    raise problem
