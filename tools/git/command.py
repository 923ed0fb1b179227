"""Runs git, in a way that no repository can turn against its reader."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false")
"""A repository's own settings could name programs to run, and it may be anybody's."""
NOBODY: Mapping[str, str] = {
    "GIT_AUTHOR_NAME": "motet",
    "GIT_AUTHOR_EMAIL": "motet@localhost",
    "GIT_COMMITTER_NAME": "motet",
    "GIT_COMMITTER_EMAIL": "motet@localhost",
}
"""Who commits where the user has no name."""
ONLY_OURS: Mapping[str, str] = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
"""For motet's own copies: no settings of the user's, which could change line endings or sign commits."""


class GitError(Exception):
    """Git could not do what was asked of it; the message says what."""


def run_git(
    folder: Path, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run git and give back what came of it.

    Raises:
        GitError: Git is not installed.
    """
    # Another repository that the caller works in, a hook's for instance, must not be asked in the place of this one.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        return subprocess.run(
            [*GIT, "-C", str(folder), *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            env={**inherited, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8", **(env or {})},
        )
    except FileNotFoundError:
        raise GitError("git is not installed, and it says which files belong to a repository.") from None


def git(folder: Path, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
    """Run git for what it prints.

    Raises:
        GitError: It failed, or is not installed.
    """
    done = run_git(folder, *arguments, stdin=stdin, env=env)
    if done.returncode != 0:
        said = os.fsdecode(done.stderr).strip() or f"exit code {done.returncode}"
        raise GitError(f"git {arguments[0]} failed in {folder}: {said}")
    return os.fsdecode(done.stdout).removesuffix("\n")
