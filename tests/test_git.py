"""The copy of a repository to work in, and the way of a patch into the user's own tree and back."""

import subprocess
from pathlib import Path

import pytest

from motet.tools.git import (
    GitError,
    NoRepositoryError,
    Workspace,
    apply_patch,
    commit_branch,
    read_patch,
    undo,
)


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "protocol.file.allow=always")
    done = subprocess.run(["git", *who, "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "code.py").write_text("def one():\n    return 2\n")
    (root / "old.py").write_text("".join(f"line{number} = {number}\n" for number in range(30)))
    (root / ".gitignore").write_text("*.log\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return root


def everything(root: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(root)): file.read_bytes()
        for file in sorted(root.rglob("*"))
        if file.is_file() and file.name != "index"
    }


def test_nothing_of_the_users_changes_while_a_run_works(repository: Path, tmp_path: Path) -> None:
    (repository / "code.py").write_text("def one():\n    return 3\n")
    (repository / "new.py").write_text("x = 1\n")
    (repository / "noise.log").write_text("noise")
    before = everything(repository)
    work = Workspace.create(tmp_path / "work", repository)
    tree = work.worktree("c0")
    (tree / "code.py").write_text("def one():\n    return 1\n")
    (tree / "old.py").rename(tree / "moved.py")
    (tree / "added.py").write_text("y = 2\n")
    patch = work.diff(tree)
    assert everything(repository) == before
    assert work.dirty
    assert "noise.log" not in work.paths
    assert work.read("new.py") == b"x = 1\n"
    found = {one.path: one.status for one in read_patch(patch).files}
    assert found == {"code.py": "changed", "moved.py": "renamed", "added.py": "added"}


def test_a_patch_goes_into_a_dirty_tree_and_comes_out_again(repository: Path, tmp_path: Path) -> None:
    (repository / "code.py").write_text("import os\n\ndef one():\n    return 2\n")
    work = Workspace.create(tmp_path / "work", repository)
    tree = work.worktree("c0")
    (tree / "code.py").write_text("import os\n\ndef one():\n    return 1\n")
    (tree / "old.py").unlink()
    before = everything(repository)
    done = apply_patch(repository, work.diff(tree))
    assert (repository / "code.py").read_text().endswith("return 1\n")
    assert not (repository / "old.py").exists()
    undo(done)
    assert everything(repository) == before


def test_undo_takes_nothing_back_where_the_user_went_on(repository: Path, tmp_path: Path) -> None:
    work = Workspace.create(tmp_path / "work", repository)
    tree = work.worktree("c0")
    (tree / "code.py").write_text("def one():\n    return 1\n")
    done = apply_patch(repository, work.diff(tree))
    (repository / "code.py").write_text("def one():\n    return 11\n")
    with pytest.raises(GitError, match="changed since"):
        undo(done)
    assert (repository / "code.py").read_text().endswith("return 11\n")


def test_a_branch_is_made_without_touching_tree_or_index(repository: Path, tmp_path: Path) -> None:
    work = Workspace.create(tmp_path / "work", repository)
    tree = work.worktree("c0")
    (tree / "code.py").write_text("def one():\n    return 1\n")
    (repository / "old.py").write_text("staged = 1\n")
    git(repository, "add", "old.py")
    status = git(repository, "status", "--porcelain")
    done = commit_branch(repository, work.diff(tree), branch="fix/one", message="Return one\n\nWhy not.\n")
    assert git(repository, "status", "--porcelain") == status
    assert git(repository, "show", "fix/one:code.py").endswith("return 1")
    assert git(repository, "log", "-1", "--format=%s", "fix/one") == "Return one"
    with pytest.raises(GitError, match="already"):
        commit_branch(repository, work.diff(tree), branch="fix/one", message="again")
    undo(done)
    assert "fix/one" not in git(repository, "branch", "--list", "fix/one")


def test_a_branch_that_needs_uncommitted_changes_is_refused_in_words(repository: Path, tmp_path: Path) -> None:
    (repository / "code.py").write_text("def one():\n    return 3\n")
    work = Workspace.create(tmp_path / "work", repository)
    tree = work.worktree("c0")
    (tree / "code.py").write_text("def one():\n    return 1\n")
    with pytest.raises(GitError, match="not committed"):
        commit_branch(repository, work.diff(tree), branch="fix", message="x")
    assert git(repository, "branch", "--list", "fix") == ""


def test_a_detached_head_a_folder_below_and_a_worktree_are_all_the_same_repository(
    repository: Path, tmp_path: Path
) -> None:
    (repository / "pkg").mkdir()
    (repository / "pkg" / "a.py").write_text("a = 1\n")
    git(repository, "checkout", "-q", "--detach")
    assert Workspace.create(tmp_path / "work", repository / "pkg").root == repository
    git(repository, "worktree", "add", "-q", str(tmp_path / "other"))
    assert Workspace.create(tmp_path / "work2", tmp_path / "other").root == tmp_path / "other"


def test_a_folder_without_git_and_one_without_a_commit_can_be_mended(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "a.py").write_text("a = 1\n")
    for number in range(2):
        work = Workspace.create(tmp_path / f"work{number}", plain)
        tree = work.worktree("c0")
        (tree / "a.py").write_text("a = 2\n")
        done = apply_patch(plain, work.diff(tree))
        assert (plain / "a.py").read_text() == "a = 2\n"
        undo(done)
        git(plain, "init", "-q")
    with pytest.raises(GitError, match="no commit"):
        commit_branch(plain, "", branch="x", message="x")


def test_a_folder_that_a_repository_around_it_ignores_is_a_project_of_its_own(repository: Path, tmp_path: Path) -> None:
    (repository / ".gitignore").write_text("inner/\n")
    inner = repository / "inner"
    inner.mkdir()
    (inner / "a.py").write_text("a = 1\n")
    work = Workspace.create(tmp_path / "work", inner)
    assert work.paths == ("a.py",)
    tree = work.worktree("c0")
    (tree / "a.py").write_text("a = 2\n")
    apply_patch(inner, work.diff(tree))
    assert (inner / "a.py").read_text() == "a = 2\n"


def test_a_bare_repository_has_its_last_commit(repository: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(repository), str(bare))
    work = Workspace.create(tmp_path / "work", bare)
    assert work.bare
    assert work.read("code.py") == b"def one():\n    return 2\n"


def test_a_submodule_is_left_out_and_said(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", str(repository), str(tmp_path / "part"))
    git(repository, "submodule", "--quiet", "add", str(tmp_path / "part"), "part")
    work = Workspace.create(tmp_path / "work", repository)
    assert "part/code.py" not in work.paths
    assert any("part" in note for note in work.notes)
    assert work.worktree("c0").is_dir()


def test_what_cannot_be_worked_with_is_refused_in_words(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for wrong, words in (
        (tmp_path / "gone", "no folder"),
        (tmp_path / "empty", "no file"),
        (repository / ".git", "own"),
    ):
        with pytest.raises(NoRepositoryError, match=words):
            Workspace.create(tmp_path / "work", wrong)


@pytest.mark.parametrize(
    "content", [b"na\xefve = 1\r\nb = 2\r\n", b"\xef\xbb\xbfa = 1\nb = 2", b"a = '\xe4\xf6'\n\0binary", b"a\tb\n"]
)
def test_bytes_that_are_no_utf8_survive_the_way_through_a_patch(tmp_path: Path, content: bytes) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "odd name ü.py").write_bytes(content)
    (plain / "b.py").write_bytes(b"b = 1\n")
    work = Workspace.create(tmp_path / "work", plain)
    tree = work.worktree("c0")
    wanted = content.replace(b"1", b"5").replace(b"a", b"aa")
    (tree / "odd name ü.py").write_bytes(wanted)
    (tree / "b.py").write_bytes(b"b = 2\n")
    patch = work.diff(tree)
    patch.encode()
    assert work.worktree("c1", patch).joinpath("odd name ü.py").read_bytes() == wanted
    apply_patch(plain, patch)
    assert (plain / "odd name ü.py").read_bytes() == wanted
    assert {one.path for one in read_patch(patch).files} == {"odd name ü.py", "b.py"}


def test_a_repository_cannot_run_programs_of_its_choice(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    program = tmp_path / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch {trap}\n")
    program.chmod(0o755)
    for setting in ("core.fsmonitor", "filter.x.clean", "filter.x.smudge", "diff.x.command", "diff.x.textconv"):
        git(repository, "config", setting, str(program))
    for hook in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction"):
        (repository / ".git" / "hooks" / hook).write_bytes(program.read_bytes())
        (repository / ".git" / "hooks" / hook).chmod(0o755)
    (repository / ".gitattributes").write_text("*.py filter=x diff=x\n")
    work = Workspace.create(tmp_path / "work", repository)
    tree = work.worktree("c0")
    (tree / "code.py").write_text("changed = 1\n")
    patch = work.diff(tree)
    commit_branch(repository, patch, branch="fix", message="x") if not work.dirty else None
    assert not trap.exists()


def test_a_workspace_that_is_gone_is_made_again_if_nothing_has_changed(repository: Path, tmp_path: Path) -> None:
    work = Workspace.create(tmp_path / "work", repository)
    work.remove()
    assert Workspace.open(tmp_path / "work", repository, work.commit).commit == work.commit
    assert Workspace.open(tmp_path / "work", repository, work.commit).root == repository
    work.remove()
    (repository / "code.py").write_text("other = 1\n")
    with pytest.raises(Exception, match="not what it was"):
        Workspace.open(tmp_path / "work", repository, work.commit)


def test_lines_of_a_hunk_that_look_like_headers_are_lines() -> None:
    text = (
        "diff --git a/a.sql b/a.sql\n--- a/a.sql\n+++ b/a.sql\n@@ -1,3 +1,3 @@\n"
        " x\n--- old comment\n+++ new\n y\n"
        "diff --git a/b b/b\ndeleted file mode 100644\n--- a/b\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n"
    )
    first, second = read_patch(text).files
    assert (first.added, first.removed) == ((2,), 1)
    assert (second.status, second.removed) == ("deleted", 1)
