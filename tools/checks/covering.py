"""Runs in the sandbox: measures with coverage.py what of a module its tests reach.

It runs the code in its own process, so code that wants to can spoil the figures. They inform; no verdict rests on them.
"""

import io
import json
import os
import runpy
import signal
import sys
import tempfile
import types
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn


class OutOfTime(BaseException):
    """A test that takes too long; not an `Exception`, which the code could catch."""


def main(job: dict[str, Any], _task: object) -> None:
    """Run the tests of the job and print the report."""
    import coverage

    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    path = os.path.join(os.getcwd(), "solution.py")
    measured = coverage.Coverage(branch=True, include=[path], data_file=None, config_file=False, messages=False)
    measured.start()
    with suppress(BaseException):
        run(job, path)
    measured.stop()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        try:
            measured.json_report([path], outfile=str(report))
            found = json.loads(report.read_text("utf-8"))["files"]
            result = {"file": next(iter(found.values()), None)}
        except coverage.CoverageException as error:
            result = {"problem": str(error)}
    with os.fdopen(answer, "w") as out:
        out.write(json.dumps(result))
    os._exit(0)  # threads of the code need not end


def run(job: dict[str, Any], path: str) -> None:
    """Load the code and put it through its tests; what they say is of no matter here."""
    if job["program"]:
        within(job["seconds"], lambda: runpy.run_path(path, run_name="__main__"))
        return
    module = types.ModuleType("solution")
    module.__file__ = path
    sys.modules["solution"] = module
    code = compile(job["code"], path, "exec", dont_inherit=True)
    within(job["seconds"], lambda: exec(code, vars(module)))  # noqa: S102 - we are its sandbox
    for case in job["cases"]:
        sys.stdin = io.StringIO()
        test = compile(case, "<test>", "exec", dont_inherit=True)
        within(job["seconds"], lambda test=test: exec(test, dict(vars(module))))  # noqa: S102
    if job["tests"]:
        run_pytest(job["tests"])


def run_pytest(tests: dict[str, str]) -> None:
    """Run pytest files, laid out beside the code's folder."""
    import pytest

    with tempfile.TemporaryDirectory() as root:
        for name, text in tests.items():
            target = Path(root, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(bytes.fromhex(text))
        sys.path.append(os.getcwd())
        pytest.main(["-c", os.devnull, "--rootdir", root, "-p", "no:cacheprovider", "-qq", root])


def within(seconds: float, work: Any) -> None:
    """Do it, whatever it raises, and end it when its time is over."""
    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        work()
    except BaseException:
        return
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def stop(_number: int, _frame: object) -> NoReturn:
    """End what is running."""
    raise OutOfTime
