"""The code in a task: where it stands, what it defines, and which of its definitions are still to be written."""

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from motet.agents.reading.values import is_shallow

Definition = ast.FunctionDef | ast.AsyncFunctionDef

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+.-]*)[^\n]*\n(.*?)^[ \t]*\1", re.S | re.M)
_HEADER = re.compile(r"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+\w+", re.M)
_CODE_LINE = re.compile(r"^[ \t]*(?:async[ \t]+def|def|class|import|from|@)[ \t]*\w")
_PYTHON = ("", "python", "python3", "py", "py3", "pycon")


class CodeRegion(NamedTuple):
    """A piece of the task that is Python."""

    source: str
    tree: ast.Module


def code_regions(task: str) -> list[CodeRegion]:
    """The task's Python: the whole of it where it parses, else its fenced blocks, else its indented definitions."""
    whole = _region(task)
    if whole is not None and any(isinstance(node, Definition | ast.ClassDef) for node in whole.tree.body):
        return [whole]
    fenced = [match.group(3) for match in _FENCE.finditer(task) if match.group(2).lower() in _PYTHON]
    regions = [region for block in fenced if (region := _region(textwrap.dedent(block))) is not None]
    if regions:
        return regions
    return [region for block in _defined_in_prose(task) if (region := _region(textwrap.dedent(block))) is not None]


def fill_bodies(source: str) -> str:
    """The source with `pass` under every header that has no body."""
    lines = source.splitlines()
    filled: list[str] = []
    for number, line in enumerate(lines):
        filled.append(line)
        if not line.rstrip().endswith(":"):
            continue
        header = _header_start(lines, number)
        if header is None:
            continue
        indent = len(header) - len(header.lstrip())
        following = next((later for later in lines[number + 1 :] if later.strip() and later.lstrip()[0] != "#"), "")
        if len(following) - len(following.lstrip()) <= indent:
            filled.append(" " * (indent + 4) + "pass")
    return "\n".join(filled) + "\n"


def parse(source: str) -> ast.Module | None:
    """The tree of a module, or `None` where the source is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tasks are full of invalid escapes
            tree = ast.parse(source)
            return tree if is_shallow(tree) else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_stub(definition: Definition) -> bool:
    """Whether the body of a function is left to be written."""
    return all(_says_nothing(statement) for statement in definition.body)


def methods(definition: ast.ClassDef) -> list[Definition]:
    """The functions of a class."""
    return [node for node in definition.body if isinstance(node, Definition)]


def is_class_stub(definition: ast.ClassDef) -> bool:
    """Whether a class is left to be written: nothing in it does anything yet, or some method is a stub."""
    written = [node for node in definition.body if not isinstance(node, Definition) and not _says_nothing(node)]
    own = methods(definition)
    return any(is_stub(method) for method in own) or not (own or written)


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            return name == "NotImplementedError"
        case ast.Return(value=None | ast.Constant(value=None)):
            return True
    return False


def _region(source: str) -> CodeRegion | None:
    for text in (source, fill_bodies(source)):
        tree = parse(text)
        if tree is not None and tree.body:
            return CodeRegion(text, tree)
    return None


def _header_start(lines: list[str], last: int) -> str | None:
    """The first line of the header of a definition that ends on line `last`."""
    for number in range(last, max(-1, last - 20), -1):
        if _HEADER.match(lines[number]):
            return lines[number]
        if number != last and (not lines[number].strip() or lines[number].rstrip().endswith(":")):
            return None
    return None


def _defined_in_prose(task: str) -> Iterator[str]:
    """Runs of lines that begin like a definition or an import, with all that is indented under them."""
    lines = task.splitlines()
    block: list[str] = []
    indent = 0
    for line in lines:
        depth = len(line) - len(line.lstrip())
        if _CODE_LINE.match(line) and _is_code(line) and (not block or depth <= indent):
            if block and depth < indent:
                yield "\n".join(block)
                block = []
            indent = depth
            block.append(line)
        elif block and (not line.strip() or depth > indent or line.strip()[0] in ")]"):
            block.append(line)
        elif block:
            yield "\n".join(block)
            block = []
    if block:
        yield "\n".join(block)


def _is_code(line: str) -> bool:
    """Whether a line that begins with a keyword is code: `from the list`, `class of numbers` are not."""
    text = line.strip()
    if text.startswith(("import ", "from ")):
        return parse(text) is not None
    return text.startswith("@") or re.match(r"(?:async\s+)?def\s+\w+\s*\(|class\s+\w+\s*[(:]", text) is not None
