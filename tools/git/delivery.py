"""Brings a patch into the user's repository, and takes it back: all of it or nothing."""

import tempfile
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.tools.git.command import NOBODY, GitError, git, run_git


class Delivery(BaseModel):
    """What was done to a repository, so that it can be undone."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["tree", "branch"]
    root: str
    """The top of the user's tree."""
    patch: str
    branch: str | None = None
    commit: str | None = None
    """Of a branch."""


def apply_patch(root: Path, patch: str) -> Delivery:
    """Apply a patch to the user's own tree. What is staged stays as it is.

    Raises:
        GitError: It does not apply, and nothing was changed; the message says where.
    """
    _apply(root, patch)
    return Delivery(kind="tree", root=str(root), patch=patch)


def check_branch(root: Path, branch: str) -> None:
    """See that a branch can be made.

    Raises:
        GitError: There is no repository or no commit, the name is no branch's name, or there is such a branch.
    """
    if run_git(root, "rev-parse", "--git-dir").returncode != 0:
        raise GitError(f"{root} is no git repository, so there can be no branch. Use --apply, or `git init` first.")
    if run_git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").returncode != 0:
        raise GitError(f"{root} has no commit yet, so that a branch has nothing to begin with. Commit something first.")
    if run_git(root, "check-ref-format", "--branch", branch).returncode != 0 or branch.startswith("-"):
        raise GitError(f"{branch!r} is no name for a branch.")
    if run_git(root, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}").returncode == 0:
        raise GitError(f"There is a branch {branch!r} already. Give another name.")


def commit_branch(root: Path, patch: str, *, branch: str, message: str) -> Delivery:
    """Commit a patch on a new branch that begins at HEAD. Neither the user's tree nor the index is touched.

    Raises:
        GitError: The branch cannot be made, or the patch does not apply to HEAD.
    """
    check_branch(root, branch)
    head = git(root, "rev-parse", "HEAD")
    with tempfile.TemporaryDirectory() as scratch:
        env = {"GIT_INDEX_FILE": str(Path(scratch, "index"))}
        git(root, "read-tree", head, env=env)
        try:
            git(root, "apply", "--cached", "--whitespace=nowarn", stdin=patch.encode(), env=env)
        except GitError as error:
            raise GitError(
                f"The patch does not apply to HEAD: it was made on top of changes that are not committed. "
                f"Commit them first, or use --apply. ({error})"
            ) from error
        tree = git(root, "write-tree", env=env)
    named = run_git(root, "var", "GIT_COMMITTER_IDENT").returncode == 0
    unsigned = ("-c", "commit.gpgSign=false")
    commit = git(root, *unsigned, "commit-tree", tree, "-p", head, stdin=message.encode(), env={} if named else NOBODY)
    git(root, "update-ref", f"refs/heads/{branch}", commit, "0" * len(commit))
    return Delivery(kind="branch", root=str(root), patch=patch, branch=branch, commit=commit)


def undo(delivery: Delivery) -> None:
    """Take back what was delivered.

    Raises:
        GitError: What was delivered has changed since, so that it cannot be taken back without loss.
    """
    root = Path(delivery.root)
    if not root.is_dir():
        raise GitError(f"{root} is gone.")
    if delivery.kind == "tree":
        try:
            _apply(root, delivery.patch, "--reverse")
        except GitError as error:
            raise GitError(f"The files have changed since, so nothing was taken back. ({error})") from error
        return
    branch = f"refs/heads/{delivery.branch}"
    now = run_git(root, "rev-parse", "--verify", "--quiet", branch)
    if now.returncode != 0:
        raise GitError(f"The branch {delivery.branch!r} is gone already.")
    if now.stdout.decode().strip() != delivery.commit:
        raise GitError(
            f"The branch {delivery.branch!r} has other commits by now. `git branch -D` deletes it all the same."
        )
    checked_out = git(root, "worktree", "list", "--porcelain").splitlines()
    if f"branch {branch}" in checked_out:
        raise GitError(f"The branch {delivery.branch!r} is checked out. Switch to another one first.")
    git(root, "update-ref", "-d", branch, str(delivery.commit))


def _apply(root: Path, patch: str, *how: str) -> None:
    # Without it git would take a folder that some repository around it ignores for a part of that one.
    inside = run_git(root, "rev-parse", "--show-toplevel")
    is_top = inside.returncode == 0 and Path(inside.stdout.decode().strip()) == root
    env = {} if is_top else {"GIT_CEILING_DIRECTORIES": str(root.parent), "GIT_DIR": str(root / ".motet-no-repository")}
    git(root, "apply", "--whitespace=nowarn", *how, stdin=patch.encode(), env=env)
