"""What all coders of a repository have in common: how a step of theirs begins, and what becomes of its failures."""

import asyncio
from collections.abc import Awaitable, Callable

from langgraph.runtime import Runtime

from motet.agents.answer import UnreadableAnswerError
from motet.agents.candidate import VoidProposal
from motet.agents.context import TeamContext
from motet.agents.node import Node, context_of, emit, role_node
from motet.agents.repo.patch_assignment import PatchAssignment
from motet.agents.repo.patch_candidate import PatchCandidate
from motet.agents.repo.place import Place, place_of
from motet.agents.repo.proposing import NoChangeError, PatchCoderInput, PatchCoderUpdate
from motet.models import BudgetExhausted, ModelAnswerError, Sampling
from motet.tools.edits import EditError
from motet.tools.git import GitError, OutsideError

Write = Callable[[PatchCoderInput, Runtime[TeamContext], Place], Awaitable[PatchCandidate]]


def patch_role(write: Write, *, name: str, timeout: float | None) -> Node:
    """Make a coder's node of what it does for one assignment.

    An answer that cannot be read or applied is void: it is paid for, noted under `void`, and no candidate comes of it.
    What becomes of a call that fails is the wiring's.

    Args:
        write: Makes the candidate.
        name: The node's name.
        timeout: After how many seconds a step counts as hung.
    """

    async def coder(state: PatchCoderInput, runtime: Runtime[TeamContext]) -> PatchCoderUpdate:
        assignment = state["assignment"]
        emit(runtime, name, "patching", index=assignment.index, assignment=assignment)
        place = await asyncio.to_thread(place_of, state)

        try:
            candidate = await write(state, runtime, place)
        except (ModelAnswerError, UnreadableAnswerError, EditError, NoChangeError, OutsideError, GitError) as problem:
            noted = VoidProposal(index=assignment.index, origin=assignment.kind, problem=str(problem))
            emit(runtime, name, "void", index=assignment.index, answer=noted)
            return {"void": [noted]}
        except BudgetExhausted as limit:
            emit(runtime, name, "stopped", index=assignment.index, problem=str(limit))
            return {"stopped": str(limit)}
        emit(runtime, name, "patch", index=assignment.index, candidate=candidate)
        return {"candidates": [candidate]}

    return role_node(coder, name=name, timeout=timeout)


def sampling_for(assignment: PatchAssignment, runtime: Runtime[TeamContext], *, stop: tuple[str, ...] = ()) -> Sampling:
    """How the model is to write for an assignment."""
    return Sampling(
        temperature=assignment.temperature,
        max_tokens=assignment.max_tokens,
        seed=(context_of(runtime).seed or 0) + assignment.index,
        stop=stop,
    )
