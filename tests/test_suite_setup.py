"""How a repository is tested and which tests a change affects, read from its files; nothing of it is run."""

from pathlib import Path

import pytest
from testing_trees import CALC, tree_of

from motet.tools.suite import NoEnvironmentError, affected_tests, find_environment, read_setup

TEST = "def test_a(): pass\n"
UNITTEST = "import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\n"


@pytest.mark.parametrize(
    ("files", "framework", "word"),
    [
        ({"pytest.ini": "", "test_a.py": UNITTEST}, "pytest", "pytest.ini"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n", "test_a.py": UNITTEST}, "pytest", "pyproject.toml"),
        ({"setup.cfg": "[tool:pytest]\nx = 1\n", "test_a.py": UNITTEST}, "pytest", "setup.cfg"),
        ({"tox.ini": "[pytest]\n", "test_a.py": UNITTEST}, "pytest", "tox.ini"),
        ({"tests/conftest.py": "", "test_a.py": UNITTEST}, "pytest", "conftest"),
        ({"pyproject.toml": "[tool.black]\n", "test_a.py": TEST}, "pytest", "test_a.py"),
        ({"pyproject.toml": "not toml [", "test_a.py": UNITTEST}, "unittest", "test_a.py"),
        ({"test_a.py": "def broken(:\n", "a.py": ""}, "unittest", "test_a.py"),
        ({"a.py": "", "README.md": ""}, "none", "no file"),
    ],
)
def test_the_framework_is_read_from_settings_before_tests(files, framework, word):
    setup = read_setup(tree_of(files))
    assert setup.framework == framework
    assert word in setup.reason


def test_options_that_stop_early_or_start_processes_go_and_those_that_choose_stay():
    addopts = '-x -n auto --cov=pkg --cov-report term -k "a and not b" -m "not slow" --doctest-modules -vv'
    setup = read_setup(tree_of({"pytest.ini": f"[pytest]\naddopts = {addopts}\n"}))
    assert setup.arguments == ("-k", "a and not b", "-m", "not slow", "--doctest-modules")
    assert setup.left_out == ("-x", "-n auto", "--cov=pkg", "--cov-report term", "-vv")


@pytest.mark.parametrize(
    ("command", "framework", "selection"),
    [
        ("pytest -q tests/unit -k fast", "pytest", ("tests/unit",)),
        ("python3 -m pytest tests/a.py", "pytest", ("tests/a.py",)),
        ("python -m unittest discover -s tests", "unittest", ("tests/test_core.py", "tests/test_more.py")),
        ("make check", "command", ()),
        ("tox -e py311 -- pytest", "command", ()),
    ],
)
def test_a_plain_pytest_or_unittest_command_is_understood(command, framework, selection):
    setup = read_setup(tree_of(CALC), command=command)
    assert (setup.framework, setup.selection) == (framework, selection)


def test_an_empty_command_is_an_error_that_says_so():
    with pytest.raises(ValueError, match="empty"):
        read_setup(tree_of(CALC), command="  ")


def test_packages_below_src_are_imported_from_there():
    assert read_setup(tree_of({"src/pkg/__init__.py": "", "test_a.py": TEST})).source_folders == ("src", ".")
    assert read_setup(tree_of({"src/mod.py": "", "test_a.py": TEST})).source_folders == ("src", ".")
    assert read_setup(tree_of({"src/__init__.py": "", "src/a/__init__.py": ""})).source_folders == (".",)


def affected(files: dict[str, str], *changed: str, **options: int) -> tuple[str, ...]:
    tree = tree_of(files)
    return affected_tests(tree, read_setup(tree), changed, **options)


def test_a_name_counts_before_an_import_and_near_before_far():
    files = {
        "src/pkg/__init__.py": "",
        "src/pkg/low.py": "",
        "src/pkg/mid.py": "from . import low\n",
        "src/pkg/high.py": "from pkg.mid import (  # noqa: (why)\n    thing,\n    other,\n)\n",
        "tests/test_low.py": "",
        "tests/test_direct.py": "import pkg.low\n",
        "tests/test_mid.py": "from pkg import mid\n",
        "tests/test_high.py": "def test_a():\n    from pkg.high import thing\n",
        "tests/test_else.py": "import os\n",
    }
    expected = ("tests/test_low.py", "tests/test_direct.py", "tests/test_mid.py", "tests/test_high.py")
    assert affected(files, "src/pkg/low.py") == expected
    assert affected(files, "src/pkg/low.py", most=2) == expected[:2]
    assert affected(files, "src/pkg/high.py") == ("tests/test_high.py",)


def test_a_name_handed_on_by_a_package_leads_to_the_module_that_has_it():
    files = {
        "pkg/__init__.py": "from .sub import *\nfrom .sub import one\nfrom pkg.other import two as zwei\n",
        "pkg/sub/__init__.py": "from .deep import one\n",
        "pkg/sub/deep.py": "one = 1\n",
        "pkg/other.py": "two = 2\n",
        "tests/test_x.py": "from pkg import one\n",
        "tests/test_y.py": "from pkg import zwei\n",
    }
    assert affected(files, "pkg/sub/deep.py")[0] == "tests/test_x.py"
    assert affected(files, "pkg/other.py")[0] == "tests/test_y.py"


def test_a_changed_test_is_itself_affected_also_a_new_one():
    assert affected(CALC, "tests/test_more.py") == ("tests/test_more.py",)
    assert affected(CALC, "tests/test_new.py") == ("tests/test_new.py",)


def test_what_configures_tests_affects_all_below_it():
    files = {**CALC, "pyproject.toml": "", "tests/sub/conftest.py": "", "tests/sub/test_c.py": ""}
    assert len(affected(files, "pyproject.toml")) == 3
    assert affected(files, "tests/sub/conftest.py") == ("tests/sub/test_c.py",)


def test_code_that_does_not_parse_still_says_what_it_imports():
    assert "tests/test_a.py" in affected({"a.py": "def (", "tests/test_a.py": "import a\ndef (\n"}, "a.py")


def environment(root: Path, version: str = "3.11", cfg: str = "version = 3.11.7\n") -> Path:
    packages = root / f"lib/python{version}/site-packages"
    packages.mkdir(parents=True)
    (root / "bin").mkdir()
    (root / "bin/python").write_text("#!/bin/sh\ntouch $0.was-run\n")
    (root / "bin/python").chmod(0o755)
    (root / "pyvenv.cfg").write_text(cfg)
    return packages


def test_an_environment_is_found_by_its_layout_and_never_run(tmp_path):
    packages = environment(tmp_path / ".venv")
    found = find_environment(tmp_path)
    assert found.site_packages == packages
    assert found.python == "3.11"
    assert list(found.folders.values()) == [packages]
    assert find_environment(tmp_path / ".venv") is None
    named = find_environment(tmp_path, python=str(tmp_path / ".venv/bin/python"))
    assert named.site_packages == packages
    assert not (tmp_path / ".venv/bin/python.was-run").exists()


def test_an_environment_of_a_repository_cannot_lead_elsewhere(tmp_path):
    (tmp_path / "secrets").mkdir()
    packages = environment(tmp_path / "repo/.venv")
    packages.rmdir()
    packages.symlink_to(tmp_path / "secrets")
    assert find_environment(tmp_path / "repo") is None


def test_a_python_without_an_environment_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(NoEnvironmentError, match="python -m venv"):
        find_environment(tmp_path, python=str(tmp_path / "bin/python"))
