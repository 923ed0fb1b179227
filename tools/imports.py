"""Finds imports of modules that the sandbox does not have: a hallucinated package is named as such."""

import ast
import json

from motet.tools.sandbox import SandboxError, Session
from motet.tools.source import parse_python

LOOK_UP = """
import importlib.util, json, sys
def there(name):
    try:
        return importlib.util.find_spec(name) is not None
    except Exception:
        return False
print(json.dumps([name for name in json.load(sys.stdin) if not there(name)]))
"""


async def aunknown_imports(session: Session, code: str) -> tuple[tuple[str, int], ...]:
    """Name each top-level module that the code imports, anywhere, and that cannot be found; with the line.

    Raises:
        SandboxError: The sandbox could not look.
    """
    lines = _imports(code)
    if not lines:
        return ()
    done = await session.arun(["python3", "-I", "-c", LOOK_UP], stdin=json.dumps(list(lines)).encode())
    if done.verdict != "ok":
        raise SandboxError(f"Could not look for modules in the sandbox ({done.verdict}): {done.stderr[-300:]}")
    return tuple((name, lines[name]) for name in json.loads(done.stdout))


def _imports(code: str) -> dict[str, int]:
    """Top-level module names with the first line that imports them."""
    tree = parse_python(code)
    found: dict[str, int] = {}
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        else:
            continue
        for name in names:
            found.setdefault(name.split(".")[0], node.lineno)
    return found
