"""The files that git has or would take: what belongs to a repository."""

import os
import subprocess
import tempfile
from pathlib import Path

from motet.tools.git.command import GitError, run_git


class NoRepositoryError(Exception):
    """A folder cannot be worked with as a repository; the message says why."""


def home_of(root: Path) -> Path:
    """What a repository and its worktrees have in common: git's own folder, or else the folder itself."""
    done = _asked(root, "rev-parse", "--path-format=absolute", "--git-common-dir")
    return Path(os.fsdecode(done.stdout).strip()) if done.returncode == 0 else root


def listed(root: Path, *below: str) -> set[str]:
    """The files that git has or would take, from the root; of all kinds.

    Args:
        root: The folder.
        below: Only what these pathspecs name; git's own rules for them hold.

    Raises:
        NoRepositoryError: It is no folder, or git is not installed.
    """
    if not root.is_dir():
        raise NoRepositoryError(f"{str(root)!r} is no folder. Give the folder of a repository.")
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *below)
    done = _asked(root, *listing)
    # No repository, one that git does not trust, or one that ignores the folder: an empty one looks at it.
    if done.returncode != 0 or (not done.stdout and _asked(root, "check-ignore", "-q", str(root)).returncode == 0):
        with tempfile.TemporaryDirectory() as empty:
            made = _asked(root, "init", "--quiet", "--bare", empty)
            if made.returncode == 0:
                done = _asked(root, f"--git-dir={empty}", f"--work-tree={root}", *listing)
    if done.returncode != 0:
        raise NoRepositoryError(f"git cannot list the files of {root}: {os.fsdecode(done.stderr).strip()}")
    return {os.fsdecode(name).rstrip("/") for name in done.stdout.split(b"\0") if name}


def _asked(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return run_git(root, *arguments)
    except GitError as error:
        raise NoRepositoryError(str(error)) from None


def is_bare(root: Path) -> bool:
    """Whether a folder is a repository without a tree of its own."""
    return _asked(root, "rev-parse", "--is-bare-repository").stdout.strip() == b"true"


def top_of(folder: Path) -> Path:
    """The top of the tree that a folder belongs to: of its repository, or the folder itself."""
    done = _asked(folder, "rev-parse", "--show-toplevel")
    top = Path(os.fsdecode(done.stdout).removesuffix("\n")) if done.returncode == 0 else folder
    # A folder that some repository around it ignores is a project of its own.
    ignored = done.returncode == 0 and _asked(top, "check-ignore", "-q", str(folder)).returncode == 0
    return folder if ignored else top
