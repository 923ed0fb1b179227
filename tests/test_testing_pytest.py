"""Pytest files and users' tests against code in a sandbox: honest results come through, tricks do not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from testing_boxes import KINDS, session_in
from testing_cheats import PYTEST_CHEATS

from motet.tools.sandbox import Session
from motet.tools.testing import NoTestsError, TestRun, read_tests, run_pytest

ADD = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"


@pytest.fixture(scope="module", params=KINDS)
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    with session_in(request.param) as session:
        yield session


@pytest.fixture(scope="module")
def bare() -> Iterator[Session]:
    with session_in("unsafe-host") as session:
        yield session


def outcomes(run: TestRun) -> dict[str, str]:
    return {result.name.split("::", 1)[-1]: result.outcome for result in run.results}


def test_every_test_has_its_own_result(session: Session) -> None:
    tests = """
import os, unittest
import pytest
from solution import add

@pytest.mark.parametrize("n", [1, 2])
def test_sets(n): assert add(n, 1) == 2
def test_right(number): assert add(number, 1) == 2
def test_wrong(): assert add(1, 1) == 3
def test_raises():
    with pytest.raises(TypeError): add(1, None)
def test_breaks(): add(1, None)
def test_broken_fixture(broken): pass
def test_hangs():
    while True: pass
def test_dies(): os._exit(0)
def test_interrupts(): raise KeyboardInterrupt
def test_ends_the_session(): pytest.exit("enough")
@pytest.mark.skip(reason="later")
def test_skipped(): pass
@pytest.mark.xfail
def test_expected_to_fail(): assert False
class TestGroup:
    def test_inside(self, tmp_path): assert tmp_path.is_dir()
class Old(unittest.TestCase):
    def setUp(self): self.one = 1
    def test_old_right(self): self.assertEqual(add(self.one, 1), 2)
    def test_old_wrong(self): self.assertEqual(add(self.one, 1), 3)
def test_last(): assert add(0, 0) == 0
"""
    conftest = """
import pytest
@pytest.fixture
def number(): return 1
@pytest.fixture
def broken(): raise OSError("no")
"""
    run = run_pytest(
        session,
        files={"solution.py": ADD},
        tests={"tests/test_add.py": tests, "tests/conftest.py": conftest},
        test_seconds=1.0,
    )
    assert run.tampering is None
    assert outcomes(run) == {
        "test_sets[1]": "passed",
        "test_sets[2]": "failed",
        "test_right": "passed",
        "test_wrong": "failed",
        "test_raises": "passed",
        "test_breaks": "error",
        "test_broken_fixture": "error",
        "test_hangs": "timeout",
        "test_dies": "error",
        "test_interrupts": "error",
        "test_ends_the_session": "error",
        "test_skipped": "not_run",
        "test_expected_to_fail": "not_run",
        "TestGroup::test_inside": "passed",
        "Old::test_old_right": "passed",
        "Old::test_old_wrong": "failed",
        "test_last": "passed",
    }
    messages = {result.name.split("::", 1)[-1]: result.message for result in run.results}
    assert "2 == 3" in messages["test_wrong"]
    assert "2 != 3" in messages["Old::test_old_wrong"]
    assert "TypeError" in messages["test_breaks"]
    assert "later" in messages["test_skipped"]


def test_the_code_can_be_a_package_and_the_tests_several_files(session: Session) -> None:
    run = run_pytest(
        session,
        files={
            "shop/__init__.py": "",
            "shop/cart.py": "from shop.price import price\n",
            "shop/price.py": "price = 3\n",
        },
        tests={
            "tests/test_cart.py": "import shop.cart as s, helpers as h\ndef test_a(): assert s.price == h.three\n",
            "tests/test_gone.py": "import shop.gone\ndef test_b(): pass\n",
            "tests/test_bad.py": "def test_c(:\n",
            "tests/test_empty.py": "x = 1\n",
            "tests/helpers.py": "three = 3\n",
        },
    )
    assert [result.outcome for result in run.results] == ["passed", "error", "error", "not_run"]
    assert "shop.gone" in run.results[1].message
    assert not run.passed


TESTS = """
import unittest
from solution import f

def test_function(): assert f(2) == 4
def test_other(): assert f(3) + 1 == 7

class Old(unittest.TestCase):
    def test_method(self): self.assertEqual(f(2), 4)
"""


WITH_FILES_OR_PROCESSES = ("hard exit", "conftest", "ini files", "shadows", "writes the tests anew", "prints results")
"""Where the kind of sandbox could make a difference."""


@pytest.mark.parametrize("name", sorted(PYTEST_CHEATS.keys() - set(WITH_FILES_OR_PROCESSES)))
def test_no_trick_within_the_process_passes(bare: Session, name: str) -> None:
    assert_nothing_passes(bare, name)


@pytest.mark.parametrize("name", WITH_FILES_OR_PROCESSES)
def test_no_trick_with_files_or_processes_passes(session: Session, name: str) -> None:
    assert_nothing_passes(session, name)


def assert_nothing_passes(session: Session, name: str) -> None:
    run = run_pytest(session, files=PYTEST_CHEATS[name], tests={"test_f.py": TESTS}, test_seconds=1.0)
    assert len(run.results) == 3
    assert not any(result.outcome == "passed" for result in run.results), run


@pytest.mark.parametrize(
    ("text", "kind", "count"),
    [
        (
            "from solution import add\ndef test_add(): assert add(1, 2) == 3\ndef test_zero(): assert add(0, 1) == 1\n",
            "pytest",
            2,
        ),
        ('"""Tests."""\nfrom __future__ import annotations\ndef test_add(): assert add(1, 2) == 3\n', "pytest", 1),
        (
            "import unittest\nclass T(unittest.TestCase):\n  def test_add(self): self.assertEqual(add(1, 2), 3)\n",
            "pytest",
            1,
        ),
        ("one = 1\nassert add(one, 2) == 3\ntwo = 2\nfor n in [1]:\n    assert add(n, two) == 3\n", "asserts", 2),
        ("def check(f):\n    assert f(1, 2) == 3\ncheck(add)\n", "asserts", 1),
        ("Adding:\n\n>>> one = 1\n>>> add(one, 2)\n3\n", "doctest", 2),
        ('"""\n>>> add(1, 2)\n3\n"""\n', "doctest", 1),
    ],
)
def test_a_users_tests_are_read_as_they_are_written(bare: Session, text: str, kind: str, count: int) -> None:
    tests = read_tests(text, name="given.py")
    assert tests.kind == kind
    right, wrong = tests.run(bare, ADD), tests.run(bare, WRONG)
    assert right.passed, right
    assert len(right.results) == count
    assert not wrong.passed
    assert wrong.tampering is None


async def test_a_users_tests_can_come_from_a_file(bare: Session, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("assert add(1, 1) == 2\n")
    assert (await read_tests(path).arun(bare, ADD)).passed


@pytest.mark.parametrize("text", ["", "x = 1\n", "not python at all", ">>>x\n"])
def test_what_holds_no_tests_is_refused(text: str) -> None:
    with pytest.raises(NoTestsError, match=r"given\.txt"):
        read_tests(text, name="given.txt")
