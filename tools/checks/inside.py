"""Sends a job with the files that do it into the sandbox, as the judge of the tests is sent."""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files as resources
from typing import Any

PACKAGE = "motet.tools.checks"


def request(job: dict[str, Any], modules: Sequence[str]) -> tuple[list[str], bytes]:
    """The command, and what it reads.

    Args:
        job: What the last module's `main` gets; plain data.
        modules: The files of this folder that are needed, in the order of their imports.
    """
    sources = {f"{PACKAGE}.{name}": source_of(name) for name in modules}
    last = f"{PACKAGE}.{modules[-1]}"
    text = json.dumps({**job, "judge": last, "task": last, "modules": sources}).encode()
    boot = resources("motet.tools.testing").joinpath("boot.py").read_text("utf-8")
    return ["python3", "-I", "-B", "-X", "utf8", "-c", boot], b"%012d" % len(text) + text


@cache
def source_of(name: str) -> str:
    """The text of a file of this folder."""
    return resources(PACKAGE).joinpath(f"{name}.py").read_text("utf-8")
