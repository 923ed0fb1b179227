"""Changed files are written into a worktree, by a coder or an agent's tools, and never out of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from testing_repo import prints, shop

from motet.agents.repo.editing_tools import create_editing_tools
from motet.tools.git import OutsideError, Workspace, write_changes
from motet.tools.suite import SuiteRun, TestResult


@pytest.fixture
def worktree(tmp_path):
    """A worktree with a way out by a link, and something outside that must not change."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("hidden\n")
    tree = tmp_path / "tree"
    (tree / "shop").mkdir(parents=True)
    (tree / ".git").write_text("gitdir: elsewhere\n")
    (tree / "shop" / "money.py").write_bytes(b"def f():\r\n\treturn 1\r\n")
    (tree / "README.md").write_text("A shop.\n")
    (tree / "out").symlink_to(tmp_path / "outside")
    (tree / "link.txt").symlink_to(tmp_path / "outside" / "secret.txt")
    (tree / "dangling").symlink_to(tmp_path / "outside" / "new.txt")
    return tree


BAD = [
    "../outside/secret.txt",
    "shop/../../outside/secret.txt",
    "/etc/motet-was-here",
    "out/secret.txt",
    "out/new.txt",
    "link.txt",
    "dangling",
    ".git",
    ".git/config",
    ".GIT/hooks/pre-commit",
    "shop/.git/config",
    "shop//money.py",
    "./shop/money.py",
    "shop",
    "shop/money.py/deeper.py",
    "shop/" + "x" * 300 + ".py",
    "a\0b",
    "\ud800.py",
    "",
    ".",
    "..",
]


@pytest.mark.parametrize("path", BAD)
def test_what_is_no_file_of_the_worktree_is_refused_and_nothing_of_the_change_is_written(worktree, path):
    before = prints(worktree.parent)
    with pytest.raises(OutsideError):
        write_changes(worktree, {"shop/money.py": b"x = 1\n", "new/file.py": b"", path: b"x"})
    assert prints(worktree.parent) == before
    assert not (worktree / "new").exists()


PARTS = st.sampled_from(
    ["shop", "money.py", "out", "link.txt", ".git", "..", ".", "", "new", "a b", "é", "/", "\0", "~"]
)


@given(st.lists(PARTS, min_size=1, max_size=4), st.booleans())
def test_no_path_at_all_changes_anything_outside(tmp_path_factory, parts, deletes):
    root = tmp_path_factory.mktemp("any")
    (root / "outside").mkdir()
    (root / "outside" / "money.py").write_text("x")
    tree = root / "tree"
    (tree / "shop").mkdir(parents=True)
    (tree / ".git").write_text("gitdir: elsewhere\n")
    (tree / "out").symlink_to(root / "outside")
    path = "/".join(parts)
    try:
        write_changes(tree, {path: None if deletes else b"new"})
    except OutsideError:
        pass
    else:
        assert deletes or (tree / path).read_bytes() == b"new"
    assert {one.name for one in root.iterdir()} == {"outside", "tree"}
    assert prints(root / "outside").keys() == {"money.py"}
    assert (root / "outside" / "money.py").read_text() == "x"
    assert (tree / ".git").read_text() == "gitdir: elsewhere\n"


def test_a_file_may_take_the_place_of_a_folder_that_goes(worktree):
    write_changes(worktree, {"shop": b"x = 1\n", "shop/money.py": None})
    assert (worktree / "shop").read_bytes() == b"x = 1\n"
    with pytest.raises(OutsideError):
        write_changes(worktree, {"shop": b"", "shop/money.py": b""})
    write_changes(worktree, {"shop/money.py": b"y = 1\n", "shop": None, "never/there.py": None})
    assert (worktree / "shop" / "money.py").read_bytes() == b"y = 1\n"
    assert not (worktree / "never").exists()


@pytest.fixture
def tools(worktree):
    ran = []

    async def run_tests(tests):
        ran.append(list(tests))
        results = (TestResult(id="t.py::a", outcome="passed"), TestResult(id="t.py::b", outcome="failed", message="no"))
        return SuiteRun(results=results, problem="it was cut")

    made = {tool.name: tool for tool in create_editing_tools(worktree, run_tests)}
    made["ran"] = ran
    return made


def call(tools, name, /, **arguments):
    """As an agent calls it: a problem comes back as words."""
    return tools[name].invoke({"name": name, "args": arguments, "id": "1", "type": "tool_call"}).content


@pytest.mark.parametrize("path", [*sorted({*BAD} - {"shop//money.py", "./shop/money.py"}), "a\nshop/money.py"])
def test_every_tool_tells_of_a_bad_path_and_changes_nothing(worktree, tools, path):
    before = prints(worktree.parent)
    said = [
        call(tools, "create_file", path=path, content="x"),
        call(tools, "edit_file", path=path, old="hid\n", new="known\n"),
        call(tools, "edit_file", path=path, old="", new="x\n"),
        call(tools, "rename_file", path="README.md", new_path=path),
        call(tools, "rename_file", path=path, new_path="new.txt"),
        call(tools, "delete_file", path=path),
        call(tools, "read_file", path=path),
    ]
    assert prints(worktree.parent) == before
    assert all(said)
    assert "hidden" not in " ".join(said)


def test_edits_keep_the_files_own_line_ends(worktree, tools):
    assert call(tools, "edit_file", path="shop/money.py", old="\treturn 1\n", new="\treturn 2") == (
        "shop/money.py is changed."
    )
    assert (worktree / "shop/money.py").read_bytes() == b"def f():\r\n\treturn 2\r\n"
    assert "    2  \treturn 2" in call(tools, "read_file", path="shop/money.py")


def test_an_edit_that_does_not_fit_is_told_with_what_is_there(worktree, tools):
    said = call(tools, "edit_file", path="shop/money.py", old="\treturn 7\n", new="\treturn 2\n")
    assert "return 1" in said
    assert (worktree / "shop/money.py").read_bytes() == b"def f():\r\n\treturn 1\r\n"


@pytest.mark.parametrize("mark", ["=======", "<<<<<<< SEARCH", ">>>>>>> REPLACE"])
def test_lines_that_look_like_marks_of_an_edit_are_lines(worktree, tools, mark):
    (worktree / "doc.md").write_text(f"Title\n{mark}\nText\n")
    assert call(tools, "edit_file", path="doc.md", old=f"{mark}\nText\n", new=f"{mark}\nMore\n") == "doc.md is changed."
    assert (worktree / "doc.md").read_text() == f"Title\n{mark}\nMore\n"


def test_files_are_made_renamed_and_deleted_and_nothing_is_overwritten(worktree, tools):
    assert call(tools, "create_file", path="new/a.py", content="x = 1\n\ud800") == "new/a.py is made."
    assert "already" in call(tools, "create_file", path="new/a.py", content="")
    assert "there is such a file" in call(tools, "rename_file", path="new/a.py", new_path="shop/money.py")
    assert call(tools, "rename_file", path="new/a.py", new_path="b/c.py") == "new/a.py is b/c.py now."
    assert call(tools, "delete_file", path="b/c.py") == "b/c.py is gone."
    assert not (worktree / "new" / "a.py").exists()
    assert not (worktree / "b" / "c.py").exists()


def test_a_bad_argument_is_told_too(tools):
    assert "content" in call(tools, "create_file", path="x.py")
    assert call(tools, "read_file", path="shop/money.py", first_line=10**9, last_line=-5)
    assert call(tools, "read_file", path="shop/money.py", first_line=-3, last_line=10**9)


async def test_tests_are_run_and_told_sync_and_async(tools):
    arguments = {"name": "run_tests", "args": {"tests": ["t.py"]}, "id": "1", "type": "tool_call"}
    said = [(await tools["run_tests"].ainvoke(arguments)).content]
    assert tools["ran"] == [["t.py"]]
    assert "1 passed, 1 did not." in said[0]
    assert "it was cut" in said[0]
    assert "t.py::b: failed: no" in said[0]


def test_tests_are_run_by_a_sync_caller(tools):
    assert "1 passed, 1 did not." in call(tools, "run_tests", tests=["t.py"])


def test_worktrees_made_at_once_disturb_each_other_in_nothing(tmp_path):
    workspace = Workspace.create(tmp_path / "work", shop(tmp_path / "shop"))

    def change(number):
        tree = workspace.worktree(f"candidate-{number}")
        write_changes(tree, {f"shop/new_{number}.py": b"x = 1\n"})
        return workspace.diff(tree)

    with ThreadPoolExecutor(8) as pool:
        patches = list(pool.map(change, range(8)))
    assert all(f"new_{number}.py" in patch for number, patch in enumerate(patches))
    assert all(patch.count("diff --git") == 1 for patch in patches)
