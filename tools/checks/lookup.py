"""Runs in the sandbox: is it valid Python, what does ruff say, and what does the code use that does not exist?

The code under test is compiled here and never run; what is imported is only what is installed.
"""

import builtins
import io
import json
import subprocess
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from motet.tools.checks.naming import Missing, elsewhere, near
from motet.tools.checks.walking import see_import, see_use


def main(job: dict[str, Any], _task: object) -> None:
    """Answer the job on standard output."""
    command = subprocess.Popen(job["ruff"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        syntax = compiles(job["code"])
        answers = [] if syntax else [answer(use) for use in job["uses"]]
    found, complaint = command.communicate(job["code"].encode("utf-8", "replace"))
    rows = read(found) if found else None
    undefined = {row["message"].split("`")[1] for row in rows or () if row["code"] == "F821"}
    report = {
        "version": sys.version_info[:2],
        "syntax": syntax,
        "answers": answers,
        "ruff": rows,
        "complaint": complaint.decode(errors="replace")[-300:],
        "undefined": {
            name: {"near": near(name, [*job["names"], *dir(builtins)]), "elsewhere": elsewhere(name)}
            for name in undefined
        },
    }
    print(json.dumps(report), flush=True)


def read(found: bytes) -> list[dict[str, Any]]:
    """What ruff found, but for syntax, on which this Python has the last word, and for names that it does have."""
    rows = [
        {
            "code": row["code"],
            "message": row["message"],
            "line": row["location"]["row"],
            "column": row["location"]["column"],
        }
        for row in json.loads(found)
        if row["code"] and row["code"] != "invalid-syntax"
    ]
    return [row for row in rows if row["code"] != "F821" or not hasattr(builtins, row["message"].split("`")[1])]


def compiles(code: str | bytes) -> dict[str, Any] | None:
    """What this very Python says against the code's syntax."""
    try:
        compile(code, "solution.py", "exec", dont_inherit=True)
    except SyntaxError as error:
        return {"message": error.msg, "line": error.lineno, "column": error.offset}
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return {"message": f"{type(error).__name__}: {error}", "line": None, "column": None}
    return None


def answer(use: dict[str, Any]) -> dict[str, Any] | None:
    """What is missing of one use; nothing where it is there, or where nothing is certain."""
    try:
        if use["imports"]:
            see_import(use["paths"][0], use["imports"])
        else:
            see_use(use["paths"], use["keywords"])
    except Missing as missing:
        return missing.finding
    except Exception:
        # `Unknown`, or something of the library that does not like to be looked at: nothing is certain then.
        return None
    return None
