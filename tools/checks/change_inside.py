"""Runs in the sandbox: looks at the Python files of a change, which lie in `before/` and `after/`.

Nothing of them is run. What is imported is only what is installed.
"""

import builtins
import io
import json
import os
import subprocess
import sys
import tempfile
import warnings
from contextlib import redirect_stderr, redirect_stdout
from typing import IO, Any

from motet.tools.checks.lookup import answer, compiles
from motet.tools.checks.naming import elsewhere, near

Running = tuple["subprocess.Popen[bytes]", IO[bytes], IO[bytes]]
Rows = list[dict[str, Any]]


def main(job: dict[str, Any], _task: object) -> None:
    """Answer the job on standard output."""
    certain, style, screen = start(job["certain"]), start(job["style"]), start(job["screen"])
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        syntax = {path: fault for path in job["paths"] if (fault := compiled(f"after/{path}"))}
        broken_before = [path for path in job["paths"] if compiled(f"before/{path}")]
        answers = {path: [answer(use) for use in uses] for path, uses in job["uses"].items() if path not in syntax}
    broken = {*(f"after/{path}" for path in syntax), *(f"before/{path}" for path in broken_before)}
    rows, complaint = ruff_rows(certain)
    refused = None
    if rows is None:  # it refuses the configuration, or one of the files was too much for it
        refused = complaint if style else None
        files = [file for file in job["files"] if file not in broken]
        rows, complaint = ruff_rows(start([*job["alone"], *files]) if files else None)
    own, own_complaint = ruff_rows(style) if style else ([], "")
    found, screen_complaint = bandit_rows(screen, broken)
    if found:  # most changes are spared this half
        old, screen_complaint = bandit_rows(start(job["screen_before"]), broken)
        found = None if old is None else found + old
    report = {
        "version": sys.version_info[:2],
        "syntax": syntax,
        "broken_before": broken_before,
        "answers": answers,
        "certain": rows,
        "refused": refused if refused is not None else own_complaint if own is None else None,
        "complaint": complaint,
        "style": own or [],
        "screen": found,
        "screen_complaint": screen_complaint,
        "undefined": undefined(rows or [], job["names"]),
    }
    print(json.dumps(report), flush=True)


def start(command: list[str]) -> Running | None:
    """Start a program; its output goes to a file, so that it does not wait for a reader."""
    if not command:
        return None
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - `finish` closes them
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err), out, err


def finish(running: Running) -> tuple[bytes, str]:
    """What it wrote, and what it complained of."""
    process, *outputs = running
    process.wait()
    texts = []
    for output in outputs:
        output.seek(0)
        texts.append(output.read())
        output.close()
    return texts[0], texts[1].decode(errors="replace").strip()[-300:]


def ruff_rows(running: Running | None) -> tuple[Rows | None, str]:
    """What ruff found, but for syntax, on which this Python has the last word, and for names that it does have."""
    if running is None:
        return [], ""
    found, complaint = finish(running)
    try:
        rows = json.loads(found)
    except ValueError:
        return None, complaint
    kept = []
    for row in rows:
        code, message = row["code"], row["message"][:300]
        if not code or code == "invalid-syntax":
            continue
        if code == "F821" and hasattr(builtins, message.split("`")[1]):
            continue
        where = row["location"] or {"row": 1, "column": 1}
        place = {"line": where["row"], "column": where["column"]}
        kept.append({"file": os.path.relpath(row["filename"]), "code": code, "message": message, **place})
    return kept, complaint


def bandit_rows(running: Running | None, broken: set[str]) -> tuple[Rows | None, str]:
    """What bandit found, and which files it could not read though they are Python."""
    if running is None:
        return [], ""
    found, complaint = finish(running)
    try:
        report = json.loads(found)
    except ValueError:
        return None, complaint
    unread = [row for row in report["errors"] if os.path.normpath(row["filename"]) not in broken]
    rows = [
        {
            "file": os.path.normpath(row["filename"]),
            "code": row["test_id"],
            "message": row["issue_text"][:300],
            "line": row["line_number"],
            "severity": row["issue_severity"].lower(),
            "confidence": row["issue_confidence"].lower(),
        }
        for row in report["results"]
    ]
    return rows, "; ".join(f"{row['filename']}: {row['reason']}" for row in unread)[:300]


def compiled(path: str) -> dict[str, Any] | None:
    """What this very Python says against a file; nothing where there is none."""
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return compiles(file.read())


def undefined(rows: Rows, names: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
    """What may have been meant by the undefined names of each file."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        side, _, path = row["file"].partition("/")
        if row["code"] == "F821" and side == "after":
            name = row["message"].split("`")[1]
            meant = {"near": near(name, [*names.get(path, ()), *dir(builtins)]), "elsewhere": elsewhere(name)}
            found.setdefault(path, {})[name] = meant
    return found
