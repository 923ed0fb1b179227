"""A script made of one test: what a user would paste into an issue."""

import ast
import builtins
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from motet.evals.repairs.asserting import plain_asserts
from motet.evals.repairs.hiding import find_test
from motet.evals.repairs.shifting import shifted
from motet.tools.mutation.source import Source
from motet.tools.source import parse_python

MOST_LINES = 25
"""A report with a longer script is none that people write."""
_BETWEEN = "\n\n\ndef test_report():\n"


class Snippet(BaseModel):
    """A script that fails because of a mistake."""

    model_config = ConfigDict(frozen=True)

    header: str
    """Imports, and small helpers of the test's file."""
    body: str
    """What is done, with its asserts."""

    @property
    def script(self) -> str:
        """The whole."""
        return f"{self.header}\n\n{self.body}" if self.header else self.body

    @property
    def as_test(self) -> str:
        """A test file that does the same."""
        return f"{self.header}{_BETWEEN}{shifted(self.body, 4)}\n"

    @property
    def is_short(self) -> bool:
        """Whether somebody would paste it."""
        return len(self.script.splitlines()) <= MOST_LINES and max(map(len, self.script.splitlines())) <= 160

    def line_in_script(self, line: int) -> int:
        """The script's line for one of the test file's."""
        at = self._line_in_body(line)
        return line if at < 1 else at + len(self.header.splitlines()) + (1 if self.header else 0)

    def _line_in_body(self, line: int) -> int:
        before = f"{self.header}{_BETWEEN}"
        return line - before.count("\n")

    def until(self, line: int, text: str) -> "Snippet | None":
        """What of it is needed for the failure at a line of `as_test`.

        Args:
            line: Where it failed.
            text: The file of the test.
        """
        tree, source = ast.parse(self.body), Source(self.body)
        at = self._line_in_body(line)
        found = [node for node in tree.body if node.lineno <= at]
        if not found:
            return None
        kept = [found[-1]]
        for node in reversed(found[:-1]):
            if _is_needed(node, kept):
                kept.insert(0, node)
        return _with_header("\n".join(source.of(node) for node in kept), text)


def snippet_of(text: str, name: str, case: int | None) -> Snippet | None:
    """Make a script of a test.

    Args:
        text: The test's file.
        name: The test within it, such as `TestX::test_y`.
        case: Which of its parametrized cases, from 0.

    Returns:
        The script; `None` where the test needs fixtures, its class, or what cannot be told in short.
    """
    node = find_test(text, name)
    if not isinstance(node, ast.FunctionDef):
        return None
    source = Source(text)
    given = _arguments(node, source, case, text)
    body = [one for one in node.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    if given is None or not body:
        return None
    start, end = source.line_start(body[0].lineno), source.line_start((node.end_lineno or 0) + 1)
    code = plain_asserts(shifted(text[start:end].rstrip(), -body[0].col_offset))
    return None if code is None else _with_header("\n".join([*given, code]), text)


def _arguments(node: ast.FunctionDef, source: Source, case: int | None, text: str) -> list[str] | None:
    """The lines that set a test's parameters, where they stand in its one decorator."""
    wanted = [one.arg for one in node.args.args if one.arg != "self"]
    if not wanted and case is None:
        return []
    if case is None or len(node.decorator_list) != 1 or not isinstance(node.decorator_list[0], ast.Call):
        return None
    decorator = node.decorator_list[0]
    if len(decorator.args) != 2 or not source.of(decorator.func).endswith("mark.parametrize"):
        return None
    names, rows = decorator.args
    if isinstance(rows, ast.Name):
        rows = _value(text, rows.id)
    if not isinstance(rows, ast.List | ast.Tuple) or case >= len(rows.elts):
        return None
    named = _names(names)
    row = rows.elts[case]
    values = row.args if isinstance(row, ast.Call) and source.of(row.func).endswith("param") else None
    if values is None:
        values = row.elts if len(named) > 1 and isinstance(row, ast.Tuple | ast.List) else [row]
    if sorted(named) != sorted(wanted) or len(values) != len(named):
        return None
    return [f"{name} = {source.of(value)}" for name, value in zip(named, values, strict=True)]


def _value(text: str, name: str) -> ast.expr | None:
    """What a file assigns to a name at its top."""
    tree = parse_python(text)
    assigned = [node for node in (tree.body if tree else []) if isinstance(node, ast.Assign)]
    found = (
        node.value for node in assigned if any(isinstance(one, ast.Name) and one.id == name for one in node.targets)
    )
    return next(found, None)


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [name.strip() for name in node.value.split(",") if name.strip()]
    elements = node.elts if isinstance(node, ast.Tuple | ast.List) else []
    return [one.value for one in elements if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def _is_needed(node: ast.stmt, kept: Sequence[ast.stmt]) -> bool:
    """Whether a statement does something for those behind it. Earlier asserts do not: they held."""
    if isinstance(node, ast.Assert | ast.Pass):
        return False
    if isinstance(node, ast.With) and "raises" in ast.unparse(node.items[0].context_expr):
        return False
    read = {one.id for later in kept for one in ast.walk(later) if isinstance(one, ast.Name)}
    if isinstance(node, ast.Assign) and all(isinstance(one, ast.Name) for one in node.targets):
        return any(isinstance(one, ast.Name) and one.id in read for one in node.targets)
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name in read
    return True


def _with_header(body: str, text: str) -> Snippet | None:
    """Put before a body what it needs of its file; `None` where that is not to be had."""
    module, tree = parse_python(text), parse_python(body)
    if module is None or tree is None:
        return None
    source, parts, done = Source(text), {}, set(dir(builtins))
    missing = _unknown(tree)
    if "pytest" in missing:
        parts[-1], done = "import pytest", done | {"pytest"}
    while missing - done:
        name = min(missing - done)
        done.add(name)
        found = next(_definitions(module, source, name), None)
        if found is None:
            return None
        line, code, needs = found
        parts[line] = f"{parts[line]}\n{code}" if line in parts else code
        missing |= needs
    imports = [part for _, part in sorted(parts.items()) if part.startswith(("import ", "from "))]
    helpers = [part for _, part in sorted(parts.items()) if not part.startswith(("import ", "from "))]
    return Snippet(header="\n\n".join(filter(None, ["\n".join(imports), *helpers])), body=body)


def _definitions(module: ast.Module, source: Source, name: str) -> Iterator[tuple[int, str, set[str]]]:
    """Where a file gives a name its meaning: the line, the code for it alone, and the names that it needs itself."""
    for node in module.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name.split(".")[0]) == name:
                    words = alias.name if alias.asname is None else f"{alias.name} as {alias.asname}"
                    if isinstance(node, ast.Import):
                        yield node.lineno, f"import {words}", set()
                    elif node.level == 0:
                        yield node.lineno, f"from {node.module} import {words}", set()
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name and not node.decorator_list:
            yield node.lineno, source.of(node), _unknown(ast.Module([node], [])) - {name}
        elif isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets):
            yield node.lineno, source.of(node), _unknown(ast.Module([node], []))


def _unknown(tree: ast.Module) -> set[str]:
    """Names that are read and given no value here."""
    nodes = list(ast.walk(tree))
    known = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    known |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    known |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    known |= {node.name for node in nodes if isinstance(node, ast.ExceptHandler) and node.name}
    known |= {
        (alias.asname or alias.name).split(".")[0]
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)} - known
