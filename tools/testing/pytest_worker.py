"""What a worker does with pytest files: run one of them under pytest, and tell the judge how each test went.

The judge lays the test files out afresh for each worker, in a folder of their own that is not above the code's. The
code's folder is the last place that imports look in, and no configuration is read but a `conftest.py` of the tests.
"""

import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from motet.tools.testing.integrity import Snapshot
from motet.tools.testing.worker import Send

MESSAGE_CHARACTERS = 2000


def prepare(job: dict[str, Any]) -> list[str]:
    """Load pytest once for all workers; each test file is a batch."""
    os.environ.pop("PYTEST_ADDOPTS", None)
    os.environ.pop("PYTEST_PLUGINS", None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    import pytest  # noqa: F401 - the workers are forks and find it loaded

    if job["with_unittest"]:
        import unittest  # noqa: F401 - as above
    job["root"] = tempfile.mkdtemp(prefix="tests-")
    return job["batches"]


def lay_out(job: dict[str, Any]) -> None:
    """Write the test files, over whatever has become of them."""
    for path, text in job["tests"].items():
        target = Path(job["root"], path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(bytes.fromhex(text))


def clear(job: dict[str, Any]) -> list[str]:
    """Remove the test files; give back those that are not what they were."""
    changed = []
    for path, text in job["tests"].items():
        target = Path(job["root"], path)
        if not target.is_file() or target.is_symlink() or target.read_bytes() != bytes.fromhex(text):
            changed.append(path)
    shutil.rmtree(job["root"], ignore_errors=True)
    return changed


def serve(job: dict[str, Any], batch: str, skip: Sequence[str], send: Send) -> None:
    """Run one test file but for the tests that are to be skipped."""
    import pytest

    lay_out(job)
    sys.path.append(os.getcwd())
    root = job["root"]
    reporter = _Reporter(skip, job["canaries"], Snapshot(os.getcwd(), root), send)
    pytest.main([*arguments(root), str(Path(root, batch))], plugins=[reporter])
    reporter.check()
    send("end", None, json.dumps({"changed": reporter.changed}))


def arguments(root: str) -> list[str]:
    """What pytest is told besides the test file: no configuration but that of the tests."""
    return [
        "-c",
        os.devnull,
        "--rootdir",
        root,
        "--confcutdir",
        root,
        "-p",
        "no:cacheprovider",
        "--tb=short",
        "-qq",
    ]


class _Reporter:
    """A pytest plugin that tells the judge, and looks after each test whether pytest is still itself."""

    def __init__(self, skip: Sequence[str], canaries: Sequence[str], snapshot: Snapshot, send: Send) -> None:
        self._skip = frozenset(skip)
        self._canaries = tuple(canaries)
        self._snapshot = snapshot
        self._send = send
        self._manager: Any = None
        self._assertion = False
        self._worst: tuple[str, str] = ("not_run", "")
        self.changed: list[str] = []

    def check(self) -> None:
        """Remember what the code has changed of the machinery that decides."""
        self.changed += [name for name in self._snapshot.changed(self._manager) if name not in self.changed]

    def pytest_configure(self, config: Any) -> None:
        self._manager = config.pluginmanager

    def pytest_collectreport(self, report: Any) -> None:
        if report.outcome != "passed":
            text = report.longrepr[-1] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self._send("note", None, json.dumps({"outcome": report.outcome, "text": text[-MESSAGE_CHARACTERS:]}))

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        self.check()
        canaries = [item for item in items if item.name in self._canaries]
        others = [item for item in items if item not in canaries and item.nodeid not in self._skip]
        for place, canary in enumerate(canaries):
            # The first stands before all others. No canary may part the tests of a class, which can share a state.
            gaps = [k for k in range(1, len(others)) if others[k].parent is not others[k - 1].parent] or [len(others)]
            others.insert(random.SystemRandom().choice(gaps) if place else 0, canary)
        items[:] = others
        self._send("loaded", None, json.dumps([item.nodeid for item in items]))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._worst = ("not_run", "")
        self._send("start", nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.check()
        outcome, message = self._worst
        text = json.dumps({"outcome": outcome, "message": message[:MESSAGE_CHARACTERS], "changed": self.changed})
        self._send("done", nodeid, text)

    def pytest_runtest_logreport(self, report: Any) -> None:
        outcome, message = self._read(report)
        if _RANK[outcome] > _RANK[self._worst[0]]:
            self._worst = (outcome, message)

    def pytest_runtest_makereport(self, call: Any) -> None:
        """Runs before pytest's own, and only looks."""
        import pytest

        kinds = (AssertionError, pytest.fail.Exception)
        self._assertion = call.excinfo is not None and call.excinfo.errisinstance(kinds)

    def _read(self, report: Any) -> tuple[str, str]:
        if report.outcome == "passed":
            return ("passed" if report.when == "call" else "not_run"), ""
        if report.outcome == "skipped":
            reason = getattr(report, "wasxfail", None)
            text = report.longrepr[-1] if isinstance(report.longrepr, tuple) else ""
            return "skipped", f"expected to fail: {reason}" if reason is not None else text
        crash = getattr(report.longrepr, "reprcrash", None)
        message = crash.message if crash is not None else str(report.longrepr)
        return ("failed" if self._assertion else "error"), message


_RANK = {"not_run": 0, "passed": 1, "skipped": 2, "failed": 3, "error": 4}
