"""Repair tasks of a small package of our own: made, laid out and scored as those of the real ones."""

import hashlib
import io
import subprocess
import tarfile
from pathlib import Path

import httpx
import pytest
from testing_stock import STOCK, write_stock

from motet.evals.repairs import (
    FetchError,
    Package,
    RepairTask,
    UnknownPackageError,
    check_suite,
    fetch_package,
    lay_out,
    make_tasks,
    read_packages,
    read_suite,
    score,
    write_suite,
)
from motet.tools.git import read_patch
from motet.tools.mutation import OPERATORS
from motet.tools.sandbox import Sandbox, resolve_sandbox

PACKAGE = Package(name="stock", version="1.0", sha256="0" * 64, license="MIT")


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return resolve_sandbox("bubblewrap")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_stock(tmp_path_factory.mktemp("stock"))


@pytest.fixture(scope="module")
def tasks(sandbox: Sandbox, source: Path) -> list[RepairTask]:
    return make_tasks(PACKAGE, count=3, seed=3, sandbox=sandbox, source=source, levels=("function", "files"))


@pytest.mark.bubblewrap
def test_the_oracle_solves_every_task_and_no_patch_solves_none(tasks, sandbox, source):
    assert len(tasks) >= 2
    assert {task.level for task in tasks} == {"function", "files"}
    for checked in check_suite(tasks, sandbox=sandbox, source=source):
        assert checked.is_sound, checked
    for task in tasks:
        nop = score(task, "", sandbox=sandbox, source=source)
        assert nop.failing == task.fail_to_pass  # and all of pass_to_pass pass


@pytest.mark.bubblewrap
def test_an_issue_shows_a_script_that_fails_only_with_the_mistake(tasks, source, sandbox, tmp_path):
    for number, task in enumerate(tasks):
        scripts = [part.split("```")[0] for part in task.issue.split("```python\n")[1:]]
        assert len(scripts) == len(task.symbols)
        broken = tmp_path / str(number)
        lay_out(task, broken, source=source)
        for folder, verdict in ((source, "ok"), (broken, "failed")):
            files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("stock/*.py")}
            for script in scripts:
                with sandbox.session() as session:
                    done = session.run(["python3", "report.py"], files={**files, "report.py": script})
                assert done.verdict == verdict, (script, done.stderr)
        for symbol in task.symbols:
            assert symbol.split("::")[0] not in task.issue or "Traceback" in task.issue


@pytest.mark.bubblewrap
def test_the_team_sees_one_commit_and_none_of_the_tests_that_notice(tasks, source, tmp_path):
    for number, task in enumerate(tasks):
        folder = tmp_path / str(number)
        lay_out(task, folder, source=source)
        log = subprocess.run(["git", "-C", folder, "log", "--format=%s"], capture_output=True, text=True, check=True)
        assert log.stdout == "stock 1.0\n"
        status = subprocess.run(["git", "-C", folder, "status", "--porcelain"], capture_output=True, check=True)
        assert status.stdout == b""
        left = "".join((folder / path).read_text() for path in STOCK if path.startswith("tests/"))
        for test in task.removed_tests:
            assert f"def {test.split('::')[-1]}(" not in left
        for test in task.pass_to_pass:
            if test.split("[")[0] not in task.removed_tests:
                assert f"def {test.split('[')[0].split('::')[-1]}(" in left
        assert {one.path for one in read_patch(task.bug_patch).files} == set(task.files)


@pytest.mark.bubblewrap
def test_a_patch_wins_nothing_by_touching_tests_or_what_configures_them(tasks, sandbox, source, tmp_path):
    task = tasks[0]
    lay_out(task, tmp_path, source=source)
    for path in STOCK:
        if path.startswith("tests/"):
            (tmp_path / path).write_text("def test_nothing():\n    pass\n")
    (tmp_path / "conftest.py").write_text(
        "import pytest\n\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport(item, call):\n"
        "    result = yield\n    result.get_result().outcome = 'passed'\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    subprocess.run(["git", "-C", tmp_path, "add", "-A"], check=True)
    done = subprocess.run(["git", "-C", tmp_path, "diff", "--cached"], capture_output=True, text=True, check=True)
    result = score(task, done.stdout, sandbox=sandbox, source=source)
    assert result.verdict == "fail"
    assert result.failing == task.fail_to_pass


@pytest.mark.bubblewrap
def test_a_patch_that_does_not_apply_fails_in_words(tasks, sandbox, source):
    result = score(tasks[0], tasks[0].bug_patch, sandbox=sandbox, source=source)
    assert result.verdict == "fail"
    assert result.reason.startswith("The patch does not apply")


@pytest.mark.bubblewrap
def test_the_same_seed_makes_the_same_tasks(sandbox, source):
    def made(seed: int) -> list[str]:
        found = make_tasks(PACKAGE, count=1, seed=seed, sandbox=sandbox, source=source, levels=("function",))
        return [task.bug_patch for task in found]

    assert made(5) == made(5)


def test_the_suite_in_the_repository_is_as_large_and_as_varied_as_it_says(tmp_path):
    tasks, packages = read_suite(), read_packages()
    assert len(tasks) >= 26
    assert len({task.id for task in tasks}) == len(tasks)
    assert len({task.package for task in tasks}) >= 6
    assert sum(len(task.files) > 1 for task in tasks) >= 7
    assert len({operator for task in tasks for operator in task.operators}) >= len(OPERATORS) - 3
    for task in tasks:
        assert task.version == packages[task.package].version
        assert {one.path for one in read_patch(task.bug_patch).files} == set(task.files)
        assert {one.path for one in read_patch(task.fix_patch).files} == set(task.files)
        assert {test.split("[")[0] for test in task.fail_to_pass} == set(task.removed_tests)
        assert not set(task.fail_to_pass) & set(task.pass_to_pass)
    write_suite(tasks, tmp_path / "again.jsonl")
    assert read_suite(tmp_path / "again.jsonl") == tasks


def _archive(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


@pytest.mark.parametrize("kind", ["json", "html"])
def test_a_package_is_fetched_by_its_hash_from_the_index_that_pip_has(kind, tmp_path, monkeypatch):
    archive = _archive("stock-1.0/stock.py", b"x = 1\n")
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if request.url.path.endswith(".tar.gz"):
            return httpx.Response(200, content=archive)
        if kind == "html":
            page = '<a href="../../f/stock-0.9.tar.gz#x">old</a> <a href="../../f/stock-1.0.tar.gz#sha256=0">new</a>'
            return httpx.Response(200, text=page, headers={"content-type": "text/html"})
        names = ("stock-0.9.tar.gz", "stock-1.0-py3-none-any.whl", "stock-1.0.tar.gz")
        files = [{"url": f"https://mirror.example/f/{name}"} for name in names]
        return httpx.Response(200, json={"files": files})

    client = httpx.Client
    monkeypatch.setattr(httpx, "Client", lambda **options: client(transport=httpx.MockTransport(answer), **options))
    monkeypatch.setenv("MOTET_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple/")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    right = PACKAGE.model_copy(update={"sha256": hashlib.sha256(archive).hexdigest()})
    with pytest.raises(FetchError, match="another hash"):
        fetch_package(PACKAGE)
    folder = fetch_package(right)
    assert (folder / "stock.py").read_text() == "x = 1\n"
    count = len(asked)
    assert fetch_package(right) == folder
    assert len(asked) == count  # what is here is not fetched again
    assert asked[-1] == "https://mirror.example/f/stock-1.0.tar.gz"


def test_an_unknown_package_is_refused_with_the_names_of_those_that_are_known():
    with pytest.raises(UnknownPackageError, match="networkx"):
        fetch_package("no-such-package")
