"""The Python files of a change, as the checkers in the sandbox need them."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from motet.tools.checks.change_findings import ChangedFile
from motet.tools.checks.change_lines import LineChange, text_of
from motet.tools.checks.inside import request
from motet.tools.checks.lint import ERRORS, REMARKS
from motet.tools.checks.uses import Use, uses_of
from motet.tools.sandbox import Files, MiB
from motet.tools.source import parse_python

SUFFIXES = (".py", ".pyi", ".pyw")
LARGEST = 2 * MiB
"""Files above it were made by programs, and would take the time of all others."""
INSIDE = ("naming", "walking", "lookup", "change_inside")
"""What runs in the sandbox, in the order of imports."""
RUFF = ("ruff", "check", "--no-cache", "--no-fix", "--exit-zero", "--output-format=json")
BANDIT = ("bandit", "--quiet", "--format=json", "--ignore-nosec", "--exit-zero", "--severity-level=medium")


class PythonFile:
    """One Python file of a change, read."""

    def __init__(self, file: ChangedFile) -> None:
        self.file = file
        self.path = file.path
        self.before = text_of(file.before, python=True)
        self.after = text_of(file.after, python=True)
        self.lines = LineChange(self.before, self.after)

    @cached_property
    def old_tree(self) -> ast.Module | None:
        """Its syntax tree before, if it has one."""
        return parse_python(self.before)

    @cached_property
    def tree(self) -> ast.Module | None:
        """Its syntax tree now, if it has one."""
        return parse_python(self.after)


class PythonJob:
    """One run in the sandbox for all Python files of a change."""

    def __init__(
        self, change: Sequence[ChangedFile], *, provided: Collection[str], ruff_config: Mapping[str, str]
    ) -> None:
        """Read the files.

        Args:
            change: All of the change.
            provided: Modules that are there, whether the sandbox has them or not.
            ruff_config: The repository's own configuration of ruff, by path.
        """
        self.problems: list[str] = []
        self.files = [PythonFile(file) for file in change if self._is_readable(file)]
        self.config = {
            path: text for path, text in ruff_config.items() if _is_ruffs(path, text) and self._is_inside(path)
        }
        self.imported = {name for one in self.files for name in _imported(one.old_tree)}
        """Top-level modules that the files imported before."""
        here = {part for one in self.files if one.file.after is not None for part in one.path.split(".")[0].split("/")}
        self.provided = {*provided, *here}
        old = {use._replace(line=0, column=0) for one in self.files for use in _uses(one.old_tree)}
        self.uses = {
            one.path: [use for use in _uses(one.tree) if use._replace(line=0, column=0) not in old and self._asks(use)]
            for one in self.files
            if not one.path.endswith(".pyi")
        }
        """What the files take for granted and did not before."""

    def laid_out(self) -> Files:
        """What the sandbox gets to see."""
        files: dict[str, str | bytes] = {}
        for one in self.files:
            for side, content in (("before", one.file.before), ("after", one.file.after)):
                if content is not None:
                    files[f"{side}/{one.path}"] = content
        for path, text in self.config.items():
            files |= {f"{side}/{path}": text.encode("utf-8", "replace") for side in ("before", "after")}
        return files

    def request(self) -> tuple[list[str], bytes]:
        """The command, and what it reads."""
        old = [f"before/{one.path}" for one in self.files if one.file.before is not None]
        new = [f"after/{one.path}" for one in self.files if one.file.after is not None]
        alone = [*RUFF, "--ignore-noqa", "--isolated", f"--select={','.join((*ERRORS, *REMARKS))}"]
        certain = [*RUFF, "--ignore-noqa", f"--select={','.join(ERRORS)}"] if self.config else alone
        job: dict[str, Any] = {
            "paths": [one.path for one in self.files],
            "files": [*old, *new],
            "certain": [*certain, *old, *new],
            "alone": alone,
            "style": [*RUFF, "."] if self.config else [],
            "screen": [*BANDIT, *new] if new else [],
            "screen_before": [*BANDIT, *old] if old else [],
            "uses": {
                path: [{"paths": use.paths, "keywords": use.keywords, "imports": use.imports} for use in uses]
                for path, uses in self.uses.items()
            },
            "names": {one.path: sorted(_bound(one.tree)) for one in self.files if one.tree},
        }
        return request(job, INSIDE)

    def _asks(self, use: Use) -> bool:
        return not any(path[0] in self.provided for path in use.paths)

    def _is_readable(self, file: ChangedFile) -> bool:
        if not file.path.endswith(SUFFIXES) or not self._is_inside(file.path):
            return False
        if max(len(file.before or b""), len(file.after or b"")) > LARGEST:
            self.problems.append(f"{file.path} is larger than {LARGEST // MiB} MiB; it was not checked as Python.")
            return False
        return True

    def _is_inside(self, path: str) -> bool:
        """Whether the sandbox can have a file of this name."""
        if path.isprintable() and not path.startswith("/") and ".." not in path.split("/"):
            return True
        self.problems.append(f"{path!r} was not checked as Python: the sandbox cannot have a file of that name.")
        return False


def _is_ruffs(path: str, text: str) -> bool:
    return not path.endswith("pyproject.toml") or "[tool.ruff" in text


def _uses(tree: ast.Module | None) -> tuple[Use, ...]:
    try:
        return uses_of(tree) if tree else ()
    except RecursionError:  # deeper than anybody writes; what remains is what ruff says
        return ()


def _imported(tree: ast.Module | None) -> Iterator[str]:
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def _bound(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
