"""Lays out a task's broken package as a repository of its own."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from motet.evals.repairs.fetching import fetch_package
from motet.evals.repairs.hiding import without_tests
from motet.evals.repairs.package import find_package
from motet.evals.repairs.repair_task import RepairTask
from motet.tools.git.command import NOBODY, ONLY_OURS, git

FIRST_COMMIT = {"GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z"}
"""The same task is the same commit everywhere."""


class WrongPackageError(ValueError):
    """The task was made of another version of the package."""


def source_of(task: RepairTask, source: Path | None = None) -> Path:
    """The folder of the package as it was published.

    Args:
        task: The task.
        source: A folder that holds it; otherwise it is fetched.

    Raises:
        WrongPackageError: The list now pins another version than the task was made of.
        FetchError: The package could not be fetched.
    """
    if source is not None:
        return source
    package = find_package(task.package)
    if package.version != task.version:
        raise WrongPackageError(
            f"{task.id} was made of {task.package} {task.version}, and packages.toml has {package.version}. "
            "Make the suite anew with benchmarks/repair_suite.py --make."
        )
    return fetch_package(package)


def lay_out(task: RepairTask, folder: Path, *, source: Path | None = None) -> None:
    """Write the broken package into a folder, as a git repository with one commit and without the hidden tests.

    Args:
        task: The task.
        folder: Where; it must not exist, or be empty.
        source: The package as it was published; otherwise it is fetched.

    Raises:
        FetchError: The package could not be fetched.
        WrongPackageError: The list pins another version of it.
        GitError: The task's patch does not fit, or git is not installed.
    """
    shutil.copytree(source_of(task, source), folder, symlinks=True, dirs_exist_ok=True)
    env = {**ONLY_OURS, **NOBODY, **FIRST_COMMIT}
    git(folder, "init", "--quiet", "--initial-branch=main", env=env)
    git(folder, "apply", "--whitespace=nowarn", "-", stdin=task.bug_patch.encode(), env=env)
    hide_tests(folder, task.removed_tests)
    git(folder, "add", "--all", "--force", env=env)
    git(folder, "commit", "--quiet", "--message", f"{task.package} {task.version}", env=env)


def hide_tests(folder: Path, removed: Iterable[str]) -> None:
    """Cut tests out of the files in a folder."""
    names: dict[str, set[str]] = {}
    for test in removed:
        path, _, name = test.partition("::")
        names.setdefault(path, set()).add(name)
    for path, tests in names.items():
        file = folder / path
        file.write_bytes(without_tests(file.read_bytes().decode("utf-8"), tests).encode("utf-8"))


def files_of(folder: Path) -> list[str]:
    """All files of a package, as relative POSIX paths."""
    found = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return sorted(path.relative_to(folder).as_posix() for path in found if ".git" not in path.parts)
