"""Words for how a worker, or the whole run, came to its end."""

import json
import signal
from typing import Any

from motet.tools.sandbox import Execution
from motet.tools.testing.protocol import CaseResult, Outcome


def of_worker(run: dict[str, Any], doing: str) -> tuple[Outcome, str]:
    """The outcome of what a worker was at when it ended, and why."""
    match run["ending"]:
        case "timeout":
            return "timeout", f"{doing} took longer than {run['seconds']:.1f} seconds"
        case "deadline":
            return "timeout", f"the time for the whole run was used up while {doing}"
        case "flood":
            return "error", f"too much was said while {doing}"
        case "end":
            return "error", f"{doing} was broken off"
    code = run["code"]
    if code == -signal.SIGKILL:
        return "error", f"the process was killed while {doing}, most likely for using too much memory"
    if code == -signal.SIGXCPU:
        return "timeout", f"the processor time was used up while {doing}"
    if code is not None and code < 0:
        return "error", f"the process crashed while {doing}: {signal.Signals(-code).name}"
    return "error", f"the process ended itself while {doing}, with exit code {code}"


def of_run(execution: Execution) -> tuple[Outcome, str]:
    """The outcome of every test of a run whose judge has not reported."""
    tail = execution.stderr.strip()[-500:]
    if execution.verdict == "infrastructure":
        return "not_run", f"the sandbox failed: {tail}"
    if execution.verdict == "timeout":
        return "timeout", "the whole run was ended at its time limit"
    return (
        "error",
        f"the run ended without a report (verdict {execution.verdict}, exit code {execution.exit_code}): {tail}",
    )


def error_text(error: dict[str, Any]) -> str:
    """An exception on one line, with the line of the code under test that it went through last."""
    text = f"{error['type']}: {error['text']}" if error["text"] else str(error["type"])
    return text + (f" (line {error['line']})" if error.get("line") else "")


def payload_of(text: str | None) -> dict[str, Any]:
    """What a worker said. It may say anything, so what is no object is none."""
    try:
        payload = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def void(results: list[CaseResult], reason: str) -> tuple[CaseResult, ...]:
    """The results of a run that was tampered with: none of them counts."""
    return tuple(
        result.model_copy(update={"outcome": "error", "message": reason}) if result.outcome == "passed" else result
        for result in results
    )
