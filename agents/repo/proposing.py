"""From changed files to a candidate: its own worktree, its patch, and what it is like."""

from collections.abc import Mapping
from typing import TypedDict

from motet.agents.candidate import VoidProposal
from motet.agents.repo.at_place import AtPlace
from motet.agents.repo.baseline import Baseline
from motet.agents.repo.change_plan import ChangePlan
from motet.agents.repo.patch_assignment import PatchAssignment
from motet.agents.repo.patch_candidate import PatchCandidate, likeness_of
from motet.models import CallRecord
from motet.tools.git import Workspace, read_patch, write_changes


class PatchCoderInput(AtPlace, total=False):
    """What a coder of a repository reads."""

    issue: str
    plan: ChangePlan
    baseline: Baseline
    assignment: PatchAssignment
    candidates: list[PatchCandidate]
    void: list[VoidProposal]


class PatchCoderUpdate(TypedDict, total=False):
    """What a coder of a repository writes."""

    candidates: list[PatchCandidate]
    void: list[VoidProposal]
    calls: list[CallRecord]
    stopped: str


class NoChangeError(ValueError):
    """An answer leaves the repository as it is."""


def worktree_name(index: int) -> str:
    """The name of a candidate's worktree."""
    return f"candidate-{index + 1}"


def propose_changes(
    workspace: Workspace, assignment: PatchAssignment, changes: Mapping[str, bytes | None]
) -> PatchCandidate:
    """Make a candidate of changed files, in a fresh worktree.

    Args:
        workspace: Of the repository.
        assignment: What was asked for; a repair begins with the patch that it mends.
        changes: Content by path; `None` removes a file.

    Raises:
        NoChangeError: Nothing is different afterwards.
        OutsideError: A path leads out of the repository.
    """
    name = worktree_name(assignment.index)
    workspace.discard(name)
    tree = workspace.worktree(name, assignment.repairs.patch if assignment.repairs else "")
    write_changes(tree, changes)
    return candidate_in(workspace, assignment)


def candidate_in(workspace: Workspace, assignment: PatchAssignment) -> PatchCandidate:
    """The candidate that a worktree holds.

    Raises:
        NoChangeError: It is as the repository is.
    """
    tree = workspace.worktree(worktree_name(assignment.index))
    patch = read_patch(workspace.diff(tree))
    if not patch.files:
        raise NoChangeError("The answer changes nothing.")
    after = content_of(workspace, patch.text, assignment.index)
    return PatchCandidate(
        index=assignment.index,
        patch=patch.text,
        files=tuple(one.path for one in patch.files),
        origin=assignment.kind,
        repairs=assignment.repairs.index if assignment.repairs else None,
        target=assignment.target,
        likeness=likeness_of(tuple(after.items())),
        lines=patch.lines,
    )


def content_of(workspace: Workspace, patch: str, index: int) -> dict[str, bytes | None]:
    """What the files that a patch touches hold with it; `None` for those that it removes.

    Args:
        workspace: Of the repository.
        patch: The candidate's.
        index: The candidate's, whose worktree is made again where it is gone.
    """
    tree = workspace.worktree(worktree_name(index), patch)
    files = read_patch(patch).files
    paths = dict.fromkeys((*(one.renamed_from for one in files if one.renamed_from), *(one.path for one in files)))
    return {path: (tree / path).read_bytes() if (tree / path).is_file() else None for path in paths}
