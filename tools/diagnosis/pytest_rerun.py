"""Runs one test of a pytest file again and says where the code went. Runs in the sandbox, under `watching`."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from motet.tools.diagnosis.snapshots import Returns, Snapshots, related
from motet.tools.diagnosis.watching import Limit
from motet.tools.testing.case_worker import path_of_code
from motet.tools.testing.describing import describe_error
from motet.tools.testing.pytest_worker import arguments, lay_out
from motet.tools.testing.pytest_worker import prepare as prepare_pytest
from motet.tools.testing.worker import Send


def prepare(job: dict[str, Any]) -> None:
    """Load pytest."""
    prepare_pytest(job)


def serve(job: dict[str, Any], send: Send, limit: Limit) -> None:
    """Run the test."""
    import pytest

    lay_out(job)
    sys.path.append(os.getcwd())
    root = job["root"]
    plugin = _Plugin(job, send, limit)
    pytest.main([*arguments(root), str(Path(root, job["test"]))], plugins=[plugin])


class _Plugin:
    """Tells what a failing test has seen."""

    def __init__(self, job: dict[str, Any], send: Send, limit: Limit) -> None:
        self._snapshots = Snapshots(path_of_code(), job["code"])
        self._returns = Returns(path_of_code())
        self._sides: list[str] | None = None
        self._test_path = str(Path(job["root"], job["test"].partition("::")[0]))
        self._seconds = job["test_seconds"]
        self._send = send
        self._limit = limit
        limit(job["load_seconds"], self._busy)

    def pytest_runtest_logstart(self) -> None:
        self._send("loaded")
        self._limit(self._seconds, self._busy)

    def pytest_runtest_setup(self) -> None:
        self._returns.start()

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        self._sides = [self._snapshots.value(left), op, self._snapshots.value(right)]

    def pytest_exception_interact(self, call: Any) -> None:
        self._returns.stop()
        error = call.excinfo.value
        if type(error).__name__ == "CollectError":  # pytest's own, around what went wrong
            error = error.__cause__ or error.__context__ or error
        frames = self._snapshots.of_error(error)
        described = describe_error(error, path_of_code())
        if not frames and self._returns.last is not None and described["assertion"]:
            frames = self._snapshots.of_places([self._returns.last])
        lines = [entry.lineno + 1 for entry in call.excinfo.traceback if str(entry.path) == self._test_path]
        self._say(
            "raised",
            error=described,
            frames=frames,
            sides=self._sides if described["assertion"] else None,
            related=related(error),
            test_line=lines[-1] if lines else None,
        )

    def _busy(self, frame: Any) -> None:
        self._returns.stop()
        self._say("busy", frames=self._snapshots.of_stack(frame))

    def _say(self, kind: str, **what: Any) -> None:
        self._send(kind, None, json.dumps(what))
