"""The coder of a repository for strong models: search/replace blocks over several files in one answer."""

import asyncio
from collections.abc import Callable

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langgraph.runtime import Runtime

from motet.agents.context import TeamContext
from motet.agents.node import Node, ledger_for, model_for
from motet.agents.prompt import Prompt
from motet.agents.repo.excerpts import excerpts
from motet.agents.repo.issue_text import failure_text, issue_text
from motet.agents.repo.patch_assignment import PatchAssignment
from motet.agents.repo.patch_candidate import PatchCandidate
from motet.agents.repo.patch_role import patch_role, sampling_for
from motet.agents.repo.place import Place
from motet.agents.repo.proposing import PatchCoderInput, content_of, propose_changes
from motet.models import Answer
from motet.tools.edits import FORMAT, EditError, apply_edits, overlay, read_blocks
from motet.tools.git import OutsideError, Workspace

AGAIN = "\n\nYour last answer could not be applied, and nothing of it was:\n{problem}\nAnswer again, with all edits.\n"


def create_blocks_coder(
    *,
    model: str | BaseChatModel = "local",
    context_characters: int = 60_000,
    tries: int = 2,
    system_prompt: str | None = None,
    prompt: Prompt | None = None,
    repair_prompt: Prompt | None = None,
    timeout: float | None = None,
    name: str = "coder",
) -> Node:
    """Make a coder that edits the files of a plan.

    An answer is applied as a whole or not at all. One that does not fit is asked for again, with the lines that are
    nearest to what it looked for.

    Args:
        model: A chat model or a spec for `resolve_model`.
        context_characters: How much code the prompt shows.
        tries: How often it is asked for one candidate at most, where its edits do not fit.
        system_prompt: What it is told of its work, in place of the system text of whatever prompt is used.
        prompt: What it is told; rendered with `format`, `issue`, `failure`, `plan` and `files`.
        repair_prompt: What it is told for a repair; rendered with `format`, `issue`, `patch`, `failure` and `files`.
        timeout: After how many seconds a step of it counts as hung.
        name: The node's name, shown in streams and in the usage.
    """
    first = (prompt or Prompt.load("repo_blocks")).with_system(system_prompt)
    repair = (repair_prompt or Prompt.load("repo_blocks_repair")).with_system(system_prompt)

    def rendered(state: PatchCoderInput, assignment: PatchAssignment, read: Reader, problem: str) -> list[BaseMessage]:
        begun = assignment.repairs
        shown = excerpts(state["plan"], read, characters=context_characters, first=begun.files if begun else ())
        values = {"format": FORMAT, "issue": issue_text(state["issue"]), "files": shown}
        again = AGAIN.format(problem=problem) if problem else ""
        if begun is not None:
            patch = begun.patch[:context_characters]
            return repair.render(**values, patch=patch, failure=assignment.failure + again)
        steps = "".join(f"\n- {step}" for step in state["plan"].steps)
        plan = f"\nThe plan:{steps}\n" if steps else ""
        return first.render(**values, failure=failure_text(state.get("baseline")) + again, plan=plan)

    async def write(state: PatchCoderInput, runtime: Runtime[TeamContext], place: Place) -> PatchCandidate:
        assignment = state["assignment"]
        read = await asyncio.to_thread(reader_of, place.workspace, assignment)
        problem = ""
        for attempt in range(tries):
            messages = await asyncio.to_thread(rendered, state, assignment, read, problem)
            answer: Answer = await ledger_for(state, runtime).ask(
                model_for(runtime, name, model),
                messages,
                role=name,
                sampling=sampling_for(assignment, runtime),
            )
            try:
                changes = overlay(apply_edits(read_blocks(answer.text), read))
                return await asyncio.to_thread(propose_changes, place.workspace, assignment, changes)
            except (EditError, OutsideError) as error:
                if attempt + 1 == tries:
                    raise
                problem = str(error)
        raise AssertionError("the last try has returned or raised")

    return patch_role(write, name=name, timeout=timeout)


Reader = Callable[[str], bytes | None]


def reader_of(workspace: Workspace, assignment: PatchAssignment) -> Reader:
    """Gives the files that a coder begins with: of the snapshot, or of the patch that it is to mend."""
    begun = assignment.repairs
    over = content_of(workspace, begun.patch, begun.index) if begun else {}
    return lambda path: over[path] if path in over else workspace.read(path)
