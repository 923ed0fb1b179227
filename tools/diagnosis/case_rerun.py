"""Runs one case again, step by step, and says where the code went. Runs in the sandbox, under `watching`."""

import json
from contextlib import suppress
from typing import Any

from motet.tools.diagnosis.snapshots import Returns, Snapshots, related
from motet.tools.diagnosis.watching import Limit
from motet.tools.testing.case_worker import load, path_of_code, run_step, scope_in
from motet.tools.testing.comparing import explain as explain_sides
from motet.tools.testing.describing import describe_error
from motet.tools.testing.worker import Send


def prepare(_job: dict[str, Any]) -> None:
    """Nothing is needed."""


def serve(job: dict[str, Any], send: Send, limit: Limit) -> None:
    """Load the code, run what comes before the case, then the case."""
    path = path_of_code()
    snapshots = Snapshots(path, job["code"])

    def say(kind: str, step: int | None, **what: Any) -> None:
        send(kind, step, json.dumps(what))

    step: int | None = None
    limit(job["load_seconds"], lambda frame: say("busy", step, frames=snapshots.of_stack(frame)))
    try:
        module = load(job["code"])
    except BaseException as error:
        say("raised", None, **_of_error(error, path, snapshots))
        return
    send("loaded")
    scope = scope_in(module)
    sides: list[str] = []

    def explain(left: object, operator: str, right: object, note: object = None) -> str:
        sides[:] = [snapshots.value(left), operator, snapshots.value(right)]
        return explain_sides(left, operator, right, note)

    scope["_motet_explain"] = explain
    limit(job["test_seconds"], lambda frame: say("busy", step, frames=snapshots.of_stack(frame)))
    for kind, source in job["before"]:
        with suppress(BaseException):
            run_step(kind, source, scope, job["value_room"], {"values": []})
    for step, (kind, source) in enumerate(job["steps"]):
        returns = Returns(path)
        answer: dict[str, Any] = {"values": []}
        returns.start()
        try:
            run_step(kind, source, scope, job["value_room"], answer)
        except BaseException as error:
            returns.stop()
            error_there = _of_error(error, path, snapshots)
            if error_there["error"]["assertion"] and returns.last is not None:
                # An assertion of the test: where the code under test came from is what it is about.
                error_there["frames"] = error_there["frames"] or snapshots.of_places([returns.last])
            say("raised", step, sides=sides or None, **error_there)
            return
        returns.stop()
        frames = snapshots.of_places([returns.last]) if returns.last is not None else []
        say("returned", step, frames=frames, values=answer["values"], printed=answer.get("printed"))


def _of_error(error: BaseException, path: str, snapshots: Snapshots) -> dict[str, Any]:
    return {
        "error": describe_error(error, path),
        "frames": snapshots.of_error(error) or _of_syntax_error(error, path),
        "related": related(error),
    }


def _of_syntax_error(error: BaseException, path: str) -> list[dict[str, Any]]:
    line = getattr(error, "lineno", None)
    if not isinstance(error, SyntaxError) or error.filename != path or type(line) is not int:
        return []
    return [{"function": "<module>", "line": line, "locals": {}, "skipped": 0}]
