"""A test that shows the fault: it fails before a change and passes after it."""

import ast
import builtins
import hashlib
import re
import textwrap
from collections.abc import Collection
from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.agents.repo.issue import Issue
from motet.tools.source import parse_python

Trust = Literal["given", "written"]
"""`given`: the user's own, or code in the issue; it may veto. `written`: a model's; it orders candidates, and proves
something only together with another one."""
INCOMPLETE = ("NameError", "ModuleNotFoundError", "ImportError", "SyntaxError", "IndentationError")
"""What a test that is not whole fails with, whatever the code under test does."""
MISSING = re.compile(r"No module named '(?P<module>[\w.]+)'|cannot import name .* from '(?P<of>[\w.]+)'")
FILE = "test_motet_reproduction"
SCRIPT = """import runpy
import tempfile
from pathlib import Path

SCRIPT = {script}


def test_reproduction():
    script = Path(tempfile.mkdtemp(), Path(__file__).name)
    script.write_text(SCRIPT, encoding="utf-8", errors="replace")
    runpy.run_path(str(script), run_name="__main__")
"""


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


def is_incomplete(failure: str, path: str, modules: Collection[str] = ()) -> bool:
    """Whether a test failed by its own lack of something, and not by the code under test.

    Args:
        failure: What pytest shows of it.
        path: The test's.
        modules: Those of the repository: what an issue wants to import from them may be what it asks for.
    """
    lines = [line for line in failure.splitlines() if line.strip()]
    said = next((line[1:].strip() for line in lines if line.startswith("E ")), lines[-1] if lines else "")
    name = said.partition(":")[0].rpartition(".")[2].strip()
    places = [line for line in lines if ".py:" in line and not line.startswith("E ")]
    missing = MISSING.search(said)
    if missing is not None and (missing["module"] or missing["of"]).partition(".")[0] in modules:
        return False
    return name in INCOMPLETE and (not places or path.rpartition("/")[2] in places[-1])


def importing_first(text: str) -> str:
    """A test file that imports what its tests import when it is loaded, and not only when they run.

    What code does when it is imported would otherwise look as if the fault ran through it. The lines come at the end,
    so that all others keep their numbers.
    """
    tree = parse_python(text)
    body = tree.body if tree else []
    scripts = [one.value.value for one in body if isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant)]
    trees = [tree, *(parse_python(one) for one in scripts if isinstance(one, str))]
    nodes = [node for one in trees if one for node in ast.walk(one)]
    imports = dict.fromkeys(ast.unparse(one) for one in nodes if isinstance(one, ast.Import | ast.ImportFrom))
    wanted = (one for one in imports if not one.startswith("from __future__"))
    return text + "".join(f"try:\n    {one}\nexcept Exception:\n    pass\n" for one in wanted)


def _has_tests(code: str) -> bool:
    tree = parse_python(code)
    names = [getattr(node, "name", "") for node in tree.body] if tree else []
    return any(name.startswith(("test_", "Test")) for name in names)


def _wrapped(code: str, title: str) -> str:
    head = f'"""Reproduces: {_harmless(title)}"""\n\n' if title else ""
    body = code.strip("\n")
    inside = f"def test_reproduction():\n{textwrap.indent(body, '    ')}\n"
    # A function says most of what fails in it; what would mean something else in one runs as the script that it was.
    if _means_the_same(body, inside):
        return f"{head}\n{inside}" if head else inside
    return f"{head}{SCRIPT.format(script=repr(body))}"


def _means_the_same(body: str, inside: str) -> bool:
    """Whether a script does in a function what it does by itself."""
    script, wrapped = parse_python(body), parse_python(inside)
    function = wrapped.body[0] if wrapped else None
    if script is None or not isinstance(function, ast.FunctionDef):
        return False
    nodes = list(ast.walk(script))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    is_bound_to_modules = (
        any(isinstance(node, ast.Global) for node in nodes)
        or any(node.module == "__future__" or node.names[0].name == "*" for node in imports)
        or "__name__" in names
        or bool(bound & set(dir(builtins)))
        or "pickle" in body
    )
    # Text in several lines changes by the indentation.
    same = [ast.dump(node) for node in function.body] == [ast.dump(node) for node in script.body]
    return same and not is_bound_to_modules


def _harmless(title: str) -> str:
    plain = "".join(one if one.isprintable() else " " for one in title)
    return plain.replace("\\", "/").replace('"', "'").strip()
