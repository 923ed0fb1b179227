"""What a worker does with a repository's suite: run it under pytest, with the repository's own settings.

Runs in the sandbox. Unlike `motet.tools.testing.pytest_worker` this is the repository's own pytest run: its
configuration, its conftest files, the plugins of its environment.
"""

import json
import os
import signal
import sys
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Any

from motet.tools.suite.reaching import Reaching
from motet.tools.testing.integrity import Snapshot
from motet.tools.testing.worker import Send

MESSAGE, DETAIL = 1000, 4000
DETAILS = 2_000_000
"""Characters of tracebacks in all; behind that only messages are told."""
USAGE_ERROR = 4
NO_PYTEST = "The sandbox has no pytest: install it in the image, or name an environment that has it."


def serve(job: dict[str, Any], state: dict[str, Any], send: Send) -> None:
    """Run the tests that are not finished."""
    settle(job)
    try:
        import pytest
    except ImportError:
        send("note", "problem", NO_PYTEST)
        send("end", None, json.dumps({"code": 0, "changed": []}))
        return
    import_paths(job)
    reaching = Reaching(job) if job["reach"] or job["lines_of"] else None
    reporter = _Reporter(job, state, send, Snapshot(job["root"] + "/", ""), reaching)
    code = int(pytest.main(_arguments(job, state), plugins=[reporter]))
    if code == USAGE_ERROR and not reporter.collected:
        send("note", "refused", None)
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    reporter.check()
    if reaching is not None:
        send("note", "measuring", None)
        send("note", "measured", json.dumps(reaching.report()))
    send("end", None, json.dumps({"code": code, "changed": reporter.changed}))


def settle(job: dict[str, Any]) -> None:
    """Go to the repository, print into the log, and clear what pytest would heed of our own."""
    os.chdir(job["root"])
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.close(log)
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONSAFEPATH", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        os.environ.pop(name, None)
    folders = [os.path.normpath(os.path.join(job["root"], folder)) for folder in job["source_folders"]]
    os.environ["PYTHONPATH"] = os.pathsep.join([*folders, *filter(None, [job["packages"]])])
    if hasattr(signal, "SIGXFSZ"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if job["packages"]:
        place = next((k for k, path in enumerate(sys.path) if path.endswith("-packages")), len(sys.path))
        sys.path.insert(place, job["packages"])


def import_paths(job: dict[str, Any]) -> None:
    """Have imports look into the repository first, once the machinery that decides is loaded."""
    import unittest  # noqa: F401 - before the code could bring its own

    folders = [os.path.normpath(os.path.join(job["root"], folder)) for folder in job["source_folders"]]
    sys.path[:0] = [folder for folder in folders if folder not in sys.path]


def _arguments(job: dict[str, Any], state: dict[str, Any]) -> list[str]:
    options = job["safe_arguments"] if state["safe"] else job["arguments"]
    files = _files_left(job, state)
    return [
        *(("-c", os.path.join(job["root"], job["configuration"])) if job["configuration"] else ()),
        *("--rootdir", job["root"], "-p", "no:cacheprovider", "-o", "addopts=", "-o", "required_plugins="),
        *("--continue-on-collection-errors", "--tb=short", "-q"),
        *options,
        *(("--maxfail", str(job["maxfail"])) if job["maxfail"] else ()),
        "--",
        *files,
    ]


def _files_left(job: dict[str, Any], state: dict[str, Any]) -> list[str]:
    """What to collect: for a worker that goes on behind another only the files that are not done with."""
    if state["ids"] is None:
        return [path for path in job["paths"] if path not in state["unloadable"]]
    done = frozenset(state["finished"])
    return list(
        dict.fromkeys(_file_of(name) for k, name in enumerate(state["ids"]) if k not in done and name not in done)
    )


def _file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


class _Wanted:
    """The tests that were asked for: files, folders, classes, functions, single sets of parameters."""

    def __init__(self, tests: Iterable[str]) -> None:
        self._ids = frozenset(test for test in tests if "::" in test)
        self._files = frozenset(test for test in tests if "::" not in test)
        self._of = frozenset(_file_of(test) for test in self._ids)

    def has(self, nodeid: str) -> bool:
        """Whether a test is one of them."""
        file = _file_of(nodeid)
        if file not in self._of or file in self._files:
            return True  # its file, or a folder, is one of those that were collected
        parts = nodeid.split("[", 1)[0].split("::")
        return nodeid in self._ids or any("::".join(parts[: k + 1]) in self._ids for k in range(1, len(parts)))


class _Reporter:
    """A pytest plugin that tells the judge."""

    def __init__(
        self, job: dict[str, Any], state: dict[str, Any], send: Send, snapshot: Snapshot, reaching: Reaching | None
    ) -> None:
        self._wanted = _Wanted(job["tests"]) if job["tests"] else None
        self._finished = frozenset(state["finished"])
        self._number = {name: k for k, name in enumerate(state["ids"])} if state["ids"] is not None else None
        self._unloadable: Collection[str] = frozenset(os.path.join(job["root"], path) for path in state["unloadable"])
        self._send = send
        self._snapshot = snapshot
        self._reaching = reaching
        self._room = DETAILS
        self._worst: tuple[str, str, str] = ("not_run", "", "")
        self._assertion = False
        self.collected = False
        self.changed: list[str] = []

    def check(self) -> None:
        """Remember what the code has changed of the machinery that decides."""
        self.changed = self._snapshot.changed(None)[:50]

    def pytest_configure(self, config: Any) -> None:
        # Settings of plugins that are not here: a repository that makes warnings errors could not start otherwise.
        # Pytest has no public way to it; where these names are gone, its own complaint remains.
        settings = vars(config).get("_inicfg") or vars(config).get("inicfg") or {}
        for key in getattr(config, "_get_unknown_ini_keys", tuple)():
            settings.pop(key, None)

    def pytest_ignore_collect(self, collection_path: Any) -> bool | None:
        return True if str(collection_path) in self._unloadable else None

    def pytest_collectstart(self, collector: Any) -> None:
        name = _file_of(collector.nodeid)
        if name.endswith(".py") and "::" not in collector.nodeid:
            self._send("note", "loading", name)

    def pytest_collectreport(self, report: Any) -> None:
        if report.outcome != "passed":
            text = report.longrepr[-1] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            told = {"id": report.nodeid, "outcome": report.outcome, "text": text[-DETAIL:]}
            self._send("note", "collection", json.dumps(told))

    def pytest_collection_finish(self, session: Any) -> None:
        # Behind all that choose among the tests or order them.
        items: list[Any] = session.items
        self.collected = True
        wanted = [item for item in items if self._wanted is None or self._wanted.has(item.nodeid)]
        if self._number is None:
            self._number = {name: k for k, name in enumerate(dict.fromkeys(item.nodeid for item in wanted))}
        kept = [item for item in wanted if self._name(item.nodeid) not in self._finished]
        if len(kept) < len(items):
            left_out = set(map(id, kept))
            session.config.hook.pytest_deselected(items=[item for item in items if id(item) not in left_out])
        items[:] = kept
        self._send("loaded", None, json.dumps(list(self._number)))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._worst = ("not_run", "", "")
        if self._reaching is not None:
            self._reaching.enter(self._name(nodeid))
        self._send("start", self._name(nodeid))

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        outcome, message, detail = self._worst
        self._room -= len(detail)
        told = [outcome, message, detail if self._room > 0 else ""] if message or detail else [outcome]
        self._send("done", self._name(nodeid), json.dumps({"result": told}))
        if self._reaching is not None:
            self._reaching.enter(None)

    def pytest_runtest_logreport(self, report: Any) -> None:
        told = self._read(report)
        if _RANK[told[0]] > _RANK[self._worst[0]]:
            self._worst = told

    def pytest_runtest_makereport(self, call: Any) -> None:
        """Runs before pytest's own, and only looks."""
        import pytest

        kinds = (AssertionError, pytest.fail.Exception)
        self._assertion = call.excinfo is not None and call.excinfo.errisinstance(kinds)

    def _name(self, nodeid: str) -> int | str:
        """How the judge is told of a test: by its number, which is short."""
        return nodeid if self._number is None else self._number.get(nodeid, nodeid)

    def _read(self, report: Any) -> tuple[str, str, str]:
        if report.outcome == "passed":
            return ("passed" if report.when == "call" else "not_run"), "", ""
        if report.outcome == "skipped":
            reason = getattr(report, "wasxfail", None)
            text = str(report.longrepr[-1]) if isinstance(report.longrepr, tuple) else ""
            return "skipped", f"expected to fail: {reason}" if reason is not None else text[:MESSAGE], ""
        crash = getattr(report.longrepr, "reprcrash", None)
        detail = str(report.longrepr)
        message = crash.message if crash is not None else detail
        return ("failed" if self._assertion else "error"), message[:MESSAGE], detail[-DETAIL:]


_RANK = {"not_run": 0, "passed": 1, "skipped": 2, "failed": 3, "error": 4}
