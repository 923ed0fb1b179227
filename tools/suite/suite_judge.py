"""Judges a repository's tests in the sandbox: lays the tree out, forks workers that run tests, and watches over them.

It is `motet.tools.testing.judge` for a whole repository; what is said there of the proof and of what workers can forge
holds here. A worker that dies or hangs costs the test that it was at, or the file that it was loading; the next one
goes on behind it. What workers say streams in through a pipe, so whatever comes, nothing that was known is lost.
"""

import base64
import json
import os
import signal
import stat
import sys
import time
from functools import partial
from typing import Any, Protocol

from motet.tools.suite.laying_out import Packed, lay_out, unpack, write
from motet.tools.testing.judge import Proof, watch, write_report
from motet.tools.testing.worker import Send, set_dumpable, start


class Task(Protocol):
    """What workers do: the module `pytest_suite` or `command_suite`."""

    def serve(self, job: dict[str, Any], state: dict[str, Any], send: Send) -> None:
        """Run what is not finished yet, in a worker."""
        ...


def main(job: dict[str, Any], task: Task) -> None:
    """Do the job and print the report."""
    if stat.S_ISREG(os.fstat(0).st_mode):
        sys.exit("the judge needs a pipe on standard input: the code under test could open a file again")
    sys.path[:] = [path for path in sys.path if path]
    set_dumpable(False)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever started us may have ignored it, and workers must be reaped
    proof = Proof()
    began = time.monotonic()
    with open(job["tree"], "rb") as packed:
        entries = unpack(packed.read())
    os.unlink(job["tree"])
    overlay = {path: None if text is None else base64.b64decode(text) for path, text in job["overlay"].items()}
    job["root"] = os.path.join(os.getcwd(), "repository")
    job["log"] = os.path.join(os.getcwd(), "output.txt")
    os.mkdir(job["root"])
    lay_out(job["root"], entries, overlay)
    guarded = _guarded(entries, overlay, frozenset(job["guarded"]))
    report: dict[str, Any] = {"workers": [], "changed": [], "problem": _find_environment(job)}
    if report["problem"] is None:
        report["laid_out_seconds"] = time.monotonic() - began
        report["workers"] = _run(task, job, guarded, began + job["seconds"])
        report["changed"] = _changed(job["root"], guarded)
    report["output"] = _tail(job["log"], job["output_bytes"])
    report["python"] = f"{sys.version_info.major}.{sys.version_info.minor}"
    write_report(proof, report)


def _run(task: Task, job: dict[str, Any], guarded: dict[str, bytes], deadline: float) -> list[dict[str, Any]]:
    """Start one worker after the other until nothing is left to do, or no time to do it."""
    runs: list[dict[str, Any]] = []
    state: dict[str, Any] = {"finished": [], "ids": None, "unloadable": [], "safe": False}
    room = job["bytes"]
    while time.monotonic() < deadline and room > 0 and len(runs) < job["most_workers"]:
        if runs:
            for path, content in guarded.items():
                _restore(os.path.join(job["root"], path), content)
        run = watch(start(partial(task.serve, job, state)), job, deadline, room)
        run["loading"] = None
        runs.append(run)
        room -= run["size"]
        if not _learn(run, state, job):
            break
    return runs


def _learn(run: dict[str, Any], state: dict[str, Any], job: dict[str, Any]) -> bool:
    """Take from a worker's end what the next one has to know; whether one is needed."""
    refused = False
    for kind, item, _, payload in run["events"]:
        if kind == "done":
            state["finished"].append(item)
        elif kind == "note" and item == "loading":
            run["loading"] = payload
        elif kind == "note" and item == "refused":
            refused = True
        elif kind == "loaded":
            if state["ids"] is None:
                state["ids"] = json.loads(payload)
            run["loading"] = None
    if refused and not state["safe"] and job["safe_arguments"] != job["arguments"]:
        state["safe"] = True
        return True
    if run["ending"] in ("end", "deadline", "flood"):
        return False
    if run["during"] is not None and run["loaded"]:
        state["finished"].append(run["during"])
        return True
    if not run["loaded"] and run["loading"] is not None and run["loading"] not in state["unloadable"]:
        state["unloadable"].append(run["loading"])
        return True
    return False


def _find_environment(job: dict[str, Any]) -> str | None:
    """See where the installed packages are here; give back what is wrong with them."""
    job["packages"] = None
    environment = job["environment"]
    if environment is None:
        return None
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if environment["python"] != here:
        return (
            f"The environment {environment['host']} is for Python {environment['python']} and the sandbox has {here}. "
            f"Give one made with Python {here}, or a Docker image that has Python {environment['python']} and the "
            "packages."
        )
    job["packages"] = next((p for p in (environment["inside"], environment["host"]) if os.path.isdir(p)), None)
    if job["packages"] is None:
        return (
            f"The sandbox does not show the environment {environment['host']}: make it with "
            "resolve_sandbox(..., folders=environment.folders)."
        )
    return None


def _guarded(entries: Packed, overlay: dict[str, bytes | None], paths: frozenset[str]) -> dict[str, bytes]:
    """The files that decide, and that the code must leave alone: tests and what configures them."""
    guarded = {path: content for path, content, _, link in entries if path in paths and link is None}
    for path in paths & overlay.keys():
        guarded.pop(path, None)
        if (content := overlay[path]) is not None:
            guarded[path] = content
    return guarded


def _changed(root: str, guarded: dict[str, bytes]) -> list[str]:
    return [path for path, content in guarded.items() if not _is(os.path.join(root, path), content)]


def _restore(path: str, content: bytes) -> None:
    if not _is(path, content):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write(path, content)


def _is(path: str, content: bytes) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    with open(descriptor, "rb") as file:
        return stat.S_ISREG(os.fstat(descriptor).st_mode) and file.read(len(content) + 1) == content


def _tail(path: str, size: int) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    with open(descriptor, "rb") as file:
        file.seek(max(0, os.fstat(descriptor).st_size - size))
        return file.read(size).decode("utf-8", "replace")
