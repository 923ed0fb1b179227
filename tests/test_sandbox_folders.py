"""Read-only folders in sandboxes: code finds them, cannot change them, and none is a way out."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from testing_trees import tree_of

from motet.tools.sandbox import NoSandboxError, Sandbox, SandboxError, resolve_sandbox
from motet.tools.sandbox.folders import checked_folders
from motet.tools.suite import Environment, read_setup, run_suite

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    folder.chmod(0o755)
    (folder / "lent.py").write_text("VALUE = 42\n")
    return folder


@pytest.fixture(
    params=[
        pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
        pytest.param("docker", marks=pytest.mark.docker),
    ]
)
def sandbox(request: pytest.FixtureRequest, packages: Path) -> Iterator[Sandbox]:
    made = resolve_sandbox(request.param, folders={"/mnt/packages": packages})
    yield made
    made.close()


def test_code_finds_the_folder_and_cannot_change_it(sandbox, packages):
    with sandbox.session() as session:
        assert session.run(["cat", "/mnt/packages/lent.py"]).stdout == "VALUE = 42\n"
        for command in ("echo x > lent.py", "touch new", "rm -f lent.py", "mkdir d", "chmod 777 .", "ln -s /etc e"):
            assert session.run(["sh", "-c", f"cd /mnt/packages && {command}"]).verdict == "failed", command
        assert session.run(["ls", "/mnt"]).stdout == "packages\n"
    assert sandbox.capabilities.isolated
    assert [path.name for path in packages.iterdir()] == ["lent.py"]
    assert resolve_sandbox(sandbox.kind) is not sandbox
    assert resolve_sandbox(sandbox.kind, folders={"/mnt/packages": packages}) is sandbox


def test_a_suite_imports_from_the_environment_that_it_was_given(sandbox, packages):
    tree = tree_of({"tests/test_a.py": "import lent\ndef test_a(): assert lent.VALUE == 42\n"})
    setup = read_setup(tree)
    with sandbox.session() as session:
        version = session.run(["python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).stdout.strip()
        fits = Environment(site_packages=packages, python=version, reason="")
        assert run_suite(session, tree, setup, environment=fits).all_passed
        assert "lent" in run_suite(session, tree, setup).problem
        found = run_suite(session, tree, setup, environment=fits.model_copy(update={"python": "2.7"}))
    assert found.results == ()
    assert "Python 2.7" in found.problem
    with resolve_sandbox(sandbox.kind).session() as session:
        assert "folders=" in run_suite(session, tree, setup, environment=fits).problem


@pytest.mark.parametrize("inside", ["/", "/usr", "/mnt", "mnt/x", "/mnt/../usr", "/mnt//x", "/mnt/x/", "/tmp/x"])
def test_only_places_below_mnt_are_given(inside, tmp_path):
    with pytest.raises(SandboxError, match="/mnt"):
        checked_folders({inside: tmp_path})


@pytest.mark.parametrize(
    "folder", ["/", "/home", "/proc", "/proc/self", "/dev", "/sys", "/run", "/var/run", "/etc", "/var"]
)
def test_the_system_is_not_shown(folder):
    with pytest.raises(SandboxError, match="does not show"):
        checked_folders({"/mnt/x": Path(folder)})


def test_neither_a_home_nor_a_link_to_one_nor_what_does_not_exist_is_shown(tmp_path):
    (tmp_path / "link").symlink_to(Path.home())
    for folder in (Path.home(), tmp_path / "link", tmp_path / "gone"):
        with pytest.raises(SandboxError, match="does not show"):
            checked_folders({"/mnt/x": folder})


def test_folders_do_not_lie_within_each_other(tmp_path):
    with pytest.raises(SandboxError, match="side by side"):
        checked_folders({"/mnt/a": tmp_path, "/mnt/a/b": tmp_path})


def test_a_folder_with_a_socket_in_it_is_refused(tmp_path, monkeypatch):
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("door")
        with pytest.raises(SandboxError, match="door is a socket"):
            checked_folders({"/mnt/x": tmp_path})


@pytest.mark.bubblewrap
def test_an_image_needs_docker():
    with pytest.raises(NoSandboxError, match="needs the docker sandbox"):
        resolve_sandbox("bubblewrap", image="python:3.12")


@pytest.mark.docker
def test_an_image_that_is_not_there_is_an_error_and_not_another_sandbox():
    with pytest.raises(NoSandboxError, match="motet-nowhere"):
        resolve_sandbox("auto", image="motet-nowhere:latest")
