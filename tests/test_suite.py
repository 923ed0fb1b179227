"""A repository's own tests in a sandbox: each has its result whatever another does, and nothing passes by a trick."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from testing_boxes import session_in
from testing_trees import CALC, tree_of

from motet.tools.sandbox import Session
from motet.tools.suite import SuiteRun, Tree, read_setup, run_suite

KINDS = [
    pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
    pytest.param("docker", marks=pytest.mark.docker),
]


@pytest.fixture(scope="module", params=KINDS)
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    with session_in(request.param) as session:
        yield session


@pytest.fixture(scope="module")
def box() -> Iterator[Session]:
    with session_in("bubblewrap") as session:
        yield session


in_bubblewrap = pytest.mark.bubblewrap


def run(session: Session, files: dict[str, str], command: str | None = None, **options) -> SuiteRun:
    tree = tree_of(files)
    return run_suite(session, tree, read_setup(tree, command=command), **options)


def outcomes(run: SuiteRun) -> dict[str, str]:
    return {result.id.removeprefix("tests/"): result.outcome for result in run.results}


def test_what_ends_hangs_or_eats_memory_costs_its_own_result(session):
    found = run(
        session,
        {
            "tests/test_a.py": """
                import ctypes, os, sys, time

                def test_first(): pass
                def test_wrong(): assert 1 + 1 == 3, "why"
                def test_exits(): os._exit(0)
                def test_crashes(): ctypes.string_at(0)
                def test_hangs(): time.sleep(600)
                def test_eats(): bytearray(8 << 30)
                def test_leaves(): sys.exit(0)
                def test_breaks(): {}["key"]
                def test_last(): pass
                """,
            "tests/test_dies.py": "import os\nos._exit(0)\n",
            "tests/test_does_not_load.py": "import nowhere_to_be_found\n",
            "tests/test_z.py": "def test_behind_all(): pass\n",
        },
        test_seconds=2,
    )
    assert outcomes(found) == {
        "test_a.py::test_first": "passed",
        "test_a.py::test_wrong": "failed",
        "test_a.py::test_exits": "error",
        "test_a.py::test_crashes": "error",
        "test_a.py::test_hangs": "timeout",
        "test_a.py::test_eats": "error",
        "test_a.py::test_leaves": "error",
        "test_a.py::test_breaks": "error",
        "test_a.py::test_last": "passed",
        "test_z.py::test_behind_all": "passed",
        "test_dies.py": "error",
        "test_does_not_load.py": "error",
    }
    wrong = found.result("tests/test_a.py::test_wrong")
    assert "why" in wrong.message
    assert "test_wrong" in wrong.detail
    assert "nowhere_to_be_found" in found.problem
    assert found.isolated
    assert not found.all_passed


def test_at_the_end_of_the_time_comes_what_is_known(session):
    slow = "import time\ndef test_quick(): pass\ndef test_slow(): time.sleep(600)\ndef test_never(): pass\n"
    found = run(session, {"tests/test_a.py": slow}, wall_seconds=4, test_seconds=600)
    assert outcomes(found) == {
        "test_a.py::test_quick": "passed",
        "test_a.py::test_slow": "timeout",
        "test_a.py::test_never": "not_run",
    }
    assert "time" in found.problem
    assert not found.complete


def test_a_crash_before_the_first_test_is_no_pass(session):
    found = run(session, {"conftest.py": "import os\nos._exit(0)\n", "test_a.py": "def test_a(): pass\n"})
    assert found.passed == ()
    assert found.problem
    assert not found.all_passed


@in_bubblewrap
def test_the_overlay_changes_adds_and_removes(box):
    tree = tree_of(CALC)
    overlay = {
        "calc/core.py": b"def add(a, b):\n    return a - b\n",
        "tests/test_new.py": b"from calc import add\ndef test_new(): assert add(3, 1) == 2\n",
        "tests/test_more.py": None,
    }
    found = run_suite(box, tree, read_setup(tree), overlay=overlay)
    assert outcomes(found) == {
        "test_core.py::test_add[1]": "failed",
        "test_core.py::test_add[2]": "failed",
        "test_core.py::TestGroup::test_inside": "passed",
        "test_new.py::test_new": "passed",
    }
    assert run_suite(box, tree, read_setup(tree)).all_passed, "an overlay left something behind"


@in_bubblewrap
@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        (["tests/test_core.py::test_add[2]"], ["test_core.py::test_add[2]"]),
        (["tests/test_core.py::test_add"], ["test_core.py::test_add[1]", "test_core.py::test_add[2]"]),
        (["tests/test_core.py::TestGroup"], ["test_core.py::TestGroup::test_inside"]),
        (["tests/test_more.py"], ["test_more.py::test_double"]),
        (["tests/test_more.py", "tests/test_core.py::TestGroup::test_inside"], None),
        (["tests"], None),
    ],
)
def test_only_the_tests_asked_for_run(box, tests, expected):
    found = run(box, CALC, tests=tests)
    assert found.all_passed
    if expected is not None:
        assert list(outcomes(found)) == expected


@in_bubblewrap
def test_a_test_that_is_not_there_is_not_run_and_the_others_are(box):
    tests = ["tests/test_more.py", "tests/test_core.py::test_gone", "tests/gone.py::test_x"]
    found = run(box, CALC, tests=tests)
    assert outcomes(found) == {
        "test_more.py::test_double": "passed",
        "test_core.py::test_gone": "not_run",
        "gone.py::test_x": "not_run",
    }
    assert not found.all_passed


@in_bubblewrap
def test_options_that_need_a_missing_plugin_are_left_out_and_the_rest_of_the_settings_holds(box):
    found = run(
        box,
        {
            "pyproject.toml": """
                [tool.pytest.ini_options]
                addopts = ["--cov=calc", "-n", "4", "--strict-markers", "-m", "not slow", "--asyncio-mode=auto"]
                filterwarnings = ["error"]
                timeout = 10
                asyncio_mode = "auto"
                markers = ["slow: takes long"]
                required_plugins = ["pytest-nowhere"]
                """,
            "src/calc.py": "VALUE = 1\n",
            "tests/test_a.py": """
                import warnings
                import calc, pytest

                def test_quick(): assert calc.VALUE == 1
                @pytest.mark.slow
                def test_slow(): assert False
                def test_warns(): warnings.warn("settings are in force")
                """,
        },
    )
    assert outcomes(found) == {"test_a.py::test_quick": "passed", "test_a.py::test_warns": "error"}
    assert "--cov=calc" in " ".join(found.notes)
    assert found.problem is None


@in_bubblewrap
def test_unittest_suites_have_a_result_for_each_test(box):
    text = """
        import unittest

        class Sums(unittest.TestCase):
            def test_right(self): self.assertEqual(1 + 1, 2)
            def test_wrong(self): self.assertEqual(1 + 1, 3)
        """
    found = run(box, {"lib.py": "", "test/__init__.py": "", "test/testsums.py": text})
    assert outcomes(found) == {
        "test/testsums.py::Sums::test_right": "passed",
        "test/testsums.py::Sums::test_wrong": "failed",
    }


@in_bubblewrap
def test_of_a_command_the_exit_code_decides_whatever_it_prints(box):
    check = "print('PASSED tests/test_a.py::test_a')\nprint('test_b (m.C) ... ok')\nraise SystemExit(1)\n"
    found = run(box, {"check.py": check}, command="python3 check.py")
    assert outcomes(found) == {"test_a.py::test_a": "passed", "m.C.test_b": "passed", "command": "failed"}
    assert not found.all_passed
    assert run(box, {"check.py": "print('fine')\n"}, command="python3 check.py").all_passed


@in_bubblewrap
def test_reach_names_the_functions_whose_bodies_a_test_ran(box):
    found = run(box, CALC, reach=True, lines_of=["calc/core.py"])
    reached = {
        (reach.path, reach.symbol): {found.results[k].id.rsplit("::", 1)[1] for k in reach.tests}
        for reach in found.reach
    }
    assert reached == {
        ("calc/core.py", "add"): {"test_add[1]", "test_add[2]", "test_inside", "test_double"},
        ("calc/more.py", "Twice.of"): {"test_double"},
        ("calc/more.py", "Twice.of.inner"): {"test_double"},
        ("calc/more.py", "twice"): {"test_double"},
    }
    assert found.lines == {"calc/core.py": (1, 2)}


@in_bubblewrap
def test_a_crash_costs_the_reach_of_its_process_and_a_note_says_so(box):
    files = {
        "lib.py": "def early():\n    pass\n\n\ndef late():\n    pass\n",
        "test_a.py": "import lib, os\ndef test_a(): lib.early()\ndef test_b(): os._exit(0)\ndef test_c(): lib.late()\n",
    }
    found = run(box, files, reach=True)
    assert outcomes(found) == {
        "test_a.py::test_a": "passed",
        "test_a.py::test_b": "error",
        "test_a.py::test_c": "passed",
    }
    assert [reach.symbol for reach in found.reach] == ["late"]
    assert any("1 tests" in note for note in found.notes)


@in_bubblewrap
@pytest.mark.parametrize(
    "code",
    [
        "import pathlib\npathlib.Path('tests/test_a.py').write_text('def test_a(): pass')\nVALUE = 1\n",
        "import pathlib\npathlib.Path('tests/conftest.py').unlink()\nVALUE = 1\n",
    ],
)
def test_code_that_changes_what_decides_passes_nothing(box, code):
    found = run(
        box,
        {
            "code.py": code,
            "tests/conftest.py": "",
            "tests/test_a.py": "def test_a(): pass\ndef test_b():\n    import code as _\n    import runpy\n"
            "    runpy.run_path('code.py')\n",
        },
    )
    assert found.tampering
    assert found.passed == ()


@in_bubblewrap
def test_code_that_replaces_the_machinery_is_named(box):
    patch = "import unittest\nunittest.TestCase.assertEqual = lambda *_: None\n"
    found = run(box, {"lib.py": patch, "test_a.py": "import lib\ndef test_a(): pass\n"})
    assert "unittest.case.TestCase.assertEqual" in " ".join(found.changed)
    assert run(box, CALC).changed == ()


@in_bubblewrap
def test_hashes_are_the_same_in_every_run_and_options_reach_tests_started_as_processes(box):
    text = """
        import subprocess, sys, calc

        def test_a():
            code = "import calc; print(hash('motet'))"
            assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == str(hash("motet"))
        """
    found = run(box, {"src/calc.py": "", "tests/test_a.py": text})
    assert found.all_passed, found.results


@in_bubblewrap
def test_many_tests_are_told_in_one_run(box):
    text = "import pytest\n@pytest.mark.parametrize('n', range(3000))\ndef test_a(n): assert n != 7\n"
    found = run(box, {"tests/test_a.py": text}, tests=[f"tests/test_a.py::test_a[{n}]" for n in range(2500)])
    assert len(found.results) == 2500
    assert found.failing == ("tests/test_a.py::test_a[7]",)


names = st.text("ab.é ", min_size=1, max_size=3).filter(lambda name: set(name) - {"."} and name.strip() == name)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


@settings(max_examples=50)
@given(st.dictionaries(paths, st.binary(max_size=50), max_size=5))
def test_what_is_packed_comes_out_again(files):
    with tempfile.TemporaryDirectory() as source, tempfile.TemporaryDirectory() as target:
        written = {}
        for path, content in files.items():
            place = Path(source, path)
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                continue  # another path needs a folder there
            written[path] = content
        tree = Tree.pack(Path(source), written)
        tree.write(Path(target))
        assert {path: tree.read(path) for path in tree.paths} == written
        assert {path: Path(target, path).read_bytes() for path in tree.paths} == written


def test_packing_never_leaves_the_folder(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("secret")
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (root / "real/file").write_text("here")
    (root / "real/run").write_text("#!/bin/sh\n")
    (root / "real/run").chmod(0o755)
    (root / "up").symlink_to("../outside/secret")
    (root / "far").symlink_to("/etc/passwd")
    (root / "folder").symlink_to("../outside")
    (root / "near").symlink_to("real/file")
    os.mkfifo(root / "pipe")
    wanted = ["up", "far", "folder/secret", "near", "real/file", "real/run", "pipe", "../outside/secret", "/etc/passwd"]
    tree = Tree.pack(root, wanted)
    assert tree.paths == ("near", "real/file", "real/run")
    assert tree.read("near") == b"here"
    target = tmp_path / "target"
    target.mkdir()
    tree.write(target)
    assert os.access(target / "real/run", os.X_OK)
    assert (target / "near").readlink() == Path("real/file")
