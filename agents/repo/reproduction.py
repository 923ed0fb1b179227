"""A test that shows the fault: it fails before a change and passes after it."""

import hashlib
import textwrap
from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.agents.repo.issue import Issue
from motet.tools.source import parse_python

Trust = Literal["given", "written"]
"""`given`: the user's own, or code in the issue; it may veto. `written`: a model's; it orders candidates, and proves
something only together with another one."""
INCOMPLETE = ("NameError", "ModuleNotFoundError", "ImportError", "SyntaxError", "IndentationError")
"""What a test that is not whole fails with, whatever the code under test does."""
FILE = "test_motet_reproduction"


class Reproduction(BaseModel):
    """A test of the fault."""

    model_config = ConfigDict(frozen=True)

    path: str
    """Where it lies in the repository while it is run."""
    text: str
    trust: Trust
    source: str
    """Where it comes from, for people."""
    failure: str = ""
    """What it failed with before the change, in a few lines."""


def from_issue(issue: Issue, folder: str) -> tuple[Reproduction, ...]:
    """Tests made of the code in an issue; which of them show the fault, only a run can tell.

    Args:
        issue: As read.
        folder: Where the tests lie, with `/` at its end; empty for the root.
    """
    wholes = list(issue.snippets)
    if len(wholes) > 1:
        wholes.append("\n".join(issue.snippets))  # later pieces often need what earlier ones define
    return tuple(
        reproduction(code, folder, trust="given", source="code in the issue", title=issue.title) for code in wholes
    )


def reproduction(code: str, folder: str, *, trust: Trust, source: str, title: str = "") -> Reproduction:
    """Make a test file of code that fails where the fault is."""
    text = code if _has_tests(code) else _wrapped(code, title)
    name = f"{FILE}_{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}.py"
    return Reproduction(path=f"{folder}{name}", text=text, trust=trust, source=source)


def is_incomplete(failure: str, path: str) -> bool:
    """Whether a test failed by its own lack of something, and not by the code under test.

    Args:
        failure: What pytest shows of it.
        path: The test's.
    """
    lines = [line for line in failure.splitlines() if line.strip()]
    said = next((line[1:].strip() for line in lines if line.startswith("E ")), lines[-1] if lines else "")
    name = said.partition(":")[0].rpartition(".")[2].strip()
    places = [line for line in lines if ".py:" in line and not line.startswith("E ")]
    return name in INCOMPLETE and (not places or path.rpartition("/")[2] in places[-1])


def _has_tests(code: str) -> bool:
    tree = parse_python(code)
    names = [getattr(node, "name", "") for node in tree.body] if tree else []
    return any(name.startswith(("test_", "Test")) for name in names)


def _wrapped(code: str, title: str) -> str:
    head = f'"""Reproduces: {_harmless(title)}"""\n\n\n' if title else ""
    body = code.strip("\n")
    inside = f"def test_reproduction():\n{textwrap.indent(body, '    ')}\n"
    # Text in several lines would change by the indentation, and some imports cannot stand in a function.
    if parse_python(inside) is not None and '"""' not in body and "'''" not in body and "import *" not in body:
        return head + inside
    return f'{head}SCRIPT = {body!r}\n\n\ndef test_reproduction():\n    exec(compile(SCRIPT, "issue", "exec"), {{}})\n'


def _harmless(title: str) -> str:
    return title.replace("\\", "/").replace('"', "'").strip()
