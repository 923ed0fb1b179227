"""Git: a copy of a repository to work in, patches, and their way back into the user's own tree."""

from motet.tools.git.command import GitError
from motet.tools.git.delivery import Delivery, apply_patch, check_branch, commit_branch, undo
from motet.tools.git.listing import NoRepositoryError, home_of, is_bare, listed, top_of
from motet.tools.git.patch import Patch, PatchedFile, read_patch
from motet.tools.git.workspace import BrokenWorkspaceError, NoWorkspaceError, Workspace
from motet.tools.git.writing import OutsideError, write_changes

__all__ = [
    "BrokenWorkspaceError",
    "Delivery",
    "GitError",
    "NoRepositoryError",
    "NoWorkspaceError",
    "OutsideError",
    "Patch",
    "PatchedFile",
    "Workspace",
    "apply_patch",
    "check_branch",
    "commit_branch",
    "home_of",
    "is_bare",
    "listed",
    "read_patch",
    "top_of",
    "undo",
    "write_changes",
]
