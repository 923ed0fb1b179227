"""A copy of a repository to work in. The user's own tree and its `.git` are only read.

Motet's own git folder borrows the objects of the user's and gets one commit more: the tree as the user sees it, with
what is not committed yet. Each candidate works in a worktree of that commit, so that they cannot disturb each other.
"""

import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from motet.tools.git.command import NOBODY, ONLY_OURS, GitError, git, run_git
from motet.tools.git.listing import NoRepositoryError, listed

BASE = "base.git"
_ADDING = threading.Lock()
"""Git cannot add two worktrees at once: one sees the other's half made, and takes it for a broken one."""
FIRST_DAY = "2000-01-01T00:00:00Z"
"""When every snapshot was committed, so that the same tree has the same commit."""


class BrokenWorkspaceError(Exception):
    """What a run worked in is gone and cannot be made again; the message says why."""


class NoWorkspaceError(GitError):
    """A run cannot work in this folder; the message says why."""


class Workspace:
    """Where a run works on a repository. Made by `create`, found again by `open`.

    Attributes:
        folder: All of it; nothing that is made here lies elsewhere.
        root: The top of the user's tree; of a bare repository, the repository.
        commit: What candidates begin with.
        head: The user's last commit; `None` where there is none.
        dirty: Whether the tree is another than that of `head`.
        bare: Whether the user's repository has no tree of its own.
        notes: What a user may want to know of the snapshot.
    """

    def __init__(self, folder: Path, root: Path, commit: str, head: str | None, *, dirty: bool, bare: bool) -> None:
        self.folder = folder
        self.root = root
        self.commit = commit
        self.head = head
        self.dirty = dirty
        self.bare = bare
        self.notes: tuple[str, ...] = ()

    @classmethod
    def create(cls, folder: Path, repository: Path) -> Self:
        """Take a snapshot of a repository, or of a folder that is none.

        Args:
            folder: Where to work; made if it is missing. A workspace that is there already is made anew.
            repository: A folder in a repository, a bare repository, or a folder without git.

        Raises:
            NoRepositoryError: It is no folder, holds no file, or cannot be read.
            NoWorkspaceError: The folder holds something else than a workspace.
            GitError: Git is not installed, or failed.
        """
        repository = repository.expanduser().resolve()
        if not repository.is_dir():
            raise NoRepositoryError(f"{str(repository)!r} is no folder. Give the folder of a repository.")
        bare = _says(repository, "rev-parse", "--is-bare-repository") == "true"
        top = None if bare else _top(repository)
        if top is None and not bare and _says(repository, "rev-parse", "--is-inside-git-dir") == "true":
            raise NoRepositoryError(f"{str(repository)!r} is git's own folder. Give the folder that it lies in.")
        root = top or repository
        head = _says(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") if top or bare else None
        base = folder / BASE
        _check_free(folder, root)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        kind = _says(root, "rev-parse", "--show-object-format") if top or bare else None
        format_of = [f"--object-format={kind}"] if kind else []
        git(folder, "init", "--quiet", "--bare", *format_of, str(base), env=ONLY_OURS)
        if top or bare:
            objects = _says(root, "rev-parse", "--path-format=absolute", "--git-path", "objects")
            (base / "objects" / "info").mkdir(exist_ok=True)
            (base / "objects" / "info" / "alternates").write_text(f"{objects}\n")
        if bare and head is None:
            raise NoRepositoryError(f"The bare repository {repository} has no commit on its HEAD.")
        tree = _tree(base, root, head, known=bool(top)) if not bare else git(base, "rev-parse", f"{head}^{{tree}}")
        if not git(base, "ls-tree", tree):
            raise NoRepositoryError(f"{root} holds no file that could be changed.")
        parents = ("-p", head) if head else ()
        dates = {"GIT_AUTHOR_DATE": FIRST_DAY, "GIT_COMMITTER_DATE": FIRST_DAY}
        env = {**ONLY_OURS, **NOBODY, **dates}
        commit = git(base, "commit-tree", tree, *parents, "-m", "The tree before the change", env=env)
        git(base, "update-ref", "refs/heads/base", commit)
        dirty = bool(head) and git(base, "rev-parse", f"{head}^{{tree}}") != tree
        made = cls(folder, root, commit, head, dirty=dirty, bare=bare)
        made.notes = tuple(made._worth_knowing(tree))
        return made

    @classmethod
    def open(cls, folder: Path, repository: Path, commit: str) -> Self:
        """Find a workspace again, or make it again where it is gone and the repository is what it was.

        Raises:
            BrokenWorkspaceError: It is gone, and the repository has changed since.
            NoRepositoryError: The repository is gone.
        """
        base = folder / BASE
        if base.is_dir() and _says(base, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}") == commit:
            repository = repository.expanduser().resolve()
            bare = _says(repository, "rev-parse", "--is-bare-repository") == "true"
            root = repository if bare else _top(repository) or repository
            parent = _says(base, "rev-parse", "--verify", "--quiet", f"{commit}^")
            dirty = parent is not None and _says(base, "diff", "--quiet", parent, commit) is None
            return cls(folder, root, commit, parent, dirty=dirty, bare=bare)
        again = cls.create(folder, repository)
        if again.commit != commit:
            raise BrokenWorkspaceError(
                f"{again.root} is not what it was when this run began, and the copy that it worked in is gone. "
                "Begin a new run."
            )
        return again

    @property
    def paths(self) -> tuple[str, ...]:
        """The files of the snapshot, submodules left out."""
        rows = git(self.folder / BASE, "ls-tree", "-r", "-z", "--full-tree", self.commit).split("\0")
        return tuple(path for kind, _, path in (row.partition("\t") for row in rows if row) if " commit " not in kind)

    def read(self, path: str) -> bytes | None:
        """What a file of the snapshot holds; `None` if there is no such file, or it is a link."""
        found = run_git(self.folder / BASE, "ls-tree", "--full-tree", self.commit, "--", path)
        if not found.stdout.startswith(b"100"):
            return None
        return run_git(self.folder / BASE, "cat-file", "blob", f"{self.commit}:{path}").stdout

    def worktree(self, name: str, patch: str = "") -> Path:
        """A worktree of the snapshot, with a patch; one that is there already is given back as it is.

        Args:
            name: Its name.
            patch: What to apply when it is made.

        Raises:
            GitError: The patch does not apply.
        """
        place = self.folder / name
        if (place / ".git").exists():
            return place
        base = self.folder / BASE
        # Made under another name first: one that is there is whole, also after a kill.
        draft = Path(tempfile.mkdtemp(dir=self.folder, prefix=f".{name}."))
        with _ADDING:
            git(base, "worktree", "prune", env=ONLY_OURS)
            git(base, "worktree", "add", "--quiet", "--detach", "--force", str(draft), self.commit, env=ONLY_OURS)
            if patch:
                git(draft, "apply", "--index", "--whitespace=nowarn", stdin=_encoded(patch), env=ONLY_OURS)
            git(base, "worktree", "move", str(draft), str(place), env=ONLY_OURS)
        return place

    def diff(self, worktree: Path) -> str:
        """What a worktree has changed, as a patch that `git apply` takes; pure text, whatever the files hold."""
        git(worktree, "add", "--all", "--force", env=ONLY_OURS)
        done = run_git(worktree, *DIFF, self.commit, env=ONLY_OURS)
        if _is_utf8(done.stdout):
            return done.stdout.decode()
        # A file in another encoding: shown as binary, which is ASCII.
        names = git(worktree, "diff", "--cached", "--name-only", "-z", self.commit, env=ONLY_OURS).split("\0")
        odd = [one for one in names if one and not _is_utf8(run_git(worktree, *DIFF, self.commit, "--", one).stdout)]
        with tempfile.NamedTemporaryFile("w", suffix=".attributes") as attributes:
            attributes.write("".join(f'"{one}" -diff\n' for one in odd))
            attributes.flush()
            told = ("-c", f"core.attributesFile={attributes.name}")
            return run_git(worktree, *told, *DIFF, self.commit, env=ONLY_OURS).stdout.decode("utf-8", "replace")

    def discard(self, name: str) -> None:
        """Remove a worktree."""
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def remove(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _worth_knowing(self, tree: str) -> list[str]:
        rows = git(self.folder / BASE, "ls-tree", "-r", "--full-tree", tree).splitlines()
        modules = [row.partition("\t")[2] for row in rows if " commit " in row.partition("\t")[0]]
        notes = []
        if modules:
            shown = ", ".join(modules[:3])
            notes.append(f"Submodules are left out ({shown}): what needs them fails before and after alike.")
        if self.dirty:
            notes.append("The tree has changes that are not committed; the patch is made on top of them.")
        return notes


DIFF = ("diff", "--cached", "--binary", "--find-renames", "--no-color", "--no-ext-diff", "--no-textconv")


def _top(repository: Path) -> Path | None:
    """The top of a tree; nothing where git has none, or takes no interest in it."""
    top = _says(repository, "rev-parse", "--show-toplevel")
    # A folder that some repository around it ignores is a project of its own.
    if not top or run_git(Path(top), "check-ignore", "-q", str(repository)).returncode == 0:
        return None
    return Path(top)


def _check_free(folder: Path, root: Path) -> None:
    """See that nothing is lost where a workspace is made."""
    if root.is_relative_to(folder.resolve()):
        raise NoWorkspaceError(f"{folder} is the repository itself, or holds it. Name another folder to work in.")
    if folder.exists() and not (folder.is_dir() and ((folder / BASE).is_dir() or not any(folder.iterdir()))):
        raise NoWorkspaceError(f"{folder} holds something else than a workspace. Name an empty folder, or a new one.")


def _tree(base: Path, root: Path, head: str | None, *, known: bool) -> str:
    """Write the user's tree, as it is now, into motet's own git folder."""
    with tempfile.TemporaryDirectory() as scratch:
        env = {
            **ONLY_OURS,
            "GIT_DIR": str(base),
            "GIT_WORK_TREE": str(root),
            "GIT_INDEX_FILE": str(Path(scratch, "index")),
        }
        if head:
            git(root, "read-tree", head, env=env)
        if known:
            names = sorted(listed(root))
        else:  # no repository: motet's own one looks at the folder
            where = (f"--git-dir={base}", f"--work-tree={root}")
            names = git(root, *where, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
        gone = git(root, "ls-files", "-z", "--cached", env=env).split("\0") if head else []
        stdin = b"".join(os.fsencode(one) + b"\0" for one in dict.fromkeys((*names, *gone)) if one)
        git(root, "update-index", "--add", "--remove", "-z", "--stdin", stdin=stdin, env=env)
        return git(root, "write-tree", env=env)


def _says(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str | None:
    """What git answers, if it does."""
    done = run_git(folder, *arguments, env=env)
    return os.fsdecode(done.stdout).removesuffix("\n") if done.returncode == 0 else None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _encoded(patch: str) -> bytes:
    return patch.encode("utf-8", "surrogateescape")
