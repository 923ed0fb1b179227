"""Writes an issue as a user would report it, without a model: a title, a script, and what it gives."""

import ast
import re
import sys
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from motet.evals.repairs.snippet import Snippet
from motet.tools.suite import TestResult

REPORT = "test_motet_report"
"""How the files are called in which scripts are tried."""
FRAME = re.compile(r"^(?P<path>\S+\.py):(?P<line>\d+):", re.MULTILINE)
ERROR = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Warning|Exit|Interrupt|Stop\w*|[A-Z]\w+))(?::|$)")
ADDRESS = re.compile(r"0x[0-9a-f]{8,}")
NOT_RAISED = re.compile(r"DID NOT RAISE (?:any of )?(?:<class '(?:[\w.]*\.)?(\w+)'>)?")
COMMON = frozenset(name for kind in (dict, list, set, str) for name in dir(kind))
"""Methods of everyday's types, which no issue is about."""
MOST_ERROR_LINES = 14
LINE_WIDTH = 220
OPENINGS = (
    "With {name} {version} this script fails:",
    "I ran into this after an update to {name} {version}. To reproduce:",
    "This used to work, and with {name} {version} it does not any more:",
    "A small example, with {name} {version}:",
)


class Report(BaseModel):
    """A script, and how it failed."""

    model_config = ConfigDict(frozen=True)

    test: str
    """The name of the test that it was made of, such as `TestX::test_y`."""
    snippet: Snippet
    result: TestResult

    @property
    def title(self) -> str:
        """One line in the words of the test and of the call that failed."""
        call = called(self.snippet)
        words = " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.test.split("::")[-1]).split("_")).strip()
        words = re.sub(r"^[Tt]ests? ?", "", words) or call
        error = self._error
        if (found := NOT_RAISED.search(self.result.message)) is not None:
            what = f"does not raise {found[1] or 'an error'}"
        elif error is None or error == "AssertionError":
            what = "gives a wrong result"
        else:
            what = f"raises {error.rsplit('.', 1)[-1]}"
        topic = "" if words.lower().replace(" ", "_") == call.lower() else f" ({words})"
        return f"`{call}` {what}{topic}" if call else f"{words}: {what}"

    def failure(self, *, frames: bool) -> str:
        """What was printed, in short.

        Args:
            frames: Also tell where in the package it happened.
        """
        marked = [line[1:].removeprefix("   ") for line in self.result.detail.splitlines() if line.startswith("E ")]
        # Addresses are others in every run, and tell nothing.
        kept = [ADDRESS.sub("0x7f0000000000", line) for line in marked if "Use -v to get" not in line]
        lines = [line[:LINE_WIDTH] for line in kept if line.strip()]
        shown = lines[:MOST_ERROR_LINES] or [self.result.message[:LINE_WIDTH]]
        if frames and (told := self._frames()):
            shown = ["Traceback (most recent call last):", *told, *shown]
        return "\n".join(shown)

    def _frames(self) -> list[str]:
        found = [(one["path"], int(one["line"])) for one in FRAME.finditer(self.result.detail)]
        inside = [f'  File "{path}", line {line}' for path, line in found if not path.startswith(REPORT)]
        first = next((line for path, line in found if path.startswith(REPORT)), None)
        if first is None or not inside:
            return []
        return [f'  File "report.py", line {self.snippet.line_in_script(first)}', *inside[-4:]]

    @property
    def _error(self) -> str | None:
        found = ERROR.match(self.result.message)
        return found[1] if found else None


def write_issue(reports: Sequence[Report], *, name: str, version: str, opening: int = 0, frames: bool = False) -> str:
    """Write the text of an issue.

    Args:
        reports: One for each mistake.
        name: The package's.
        version: The package's.
        opening: Which of the first sentences, counted round.
        frames: Also tell the frames of the traceback that lie in the package.
    """
    first = OPENINGS[opening % len(OPENINGS)].format(name=name, version=version)
    if len(reports) == 1:
        return f"{reports[0].title}\n\n{first}\n\n{_section(reports[0], frames)}"
    titles = " and ".join(dict.fromkeys(report.title for report in reports))
    parts = [f"{at}. {report.title}\n\n{_section(report, frames)}" for at, report in enumerate(reports, 1)]
    return f"{titles}\n\nI see {len(reports)} things go wrong with {name} {version}.\n\n" + "\n".join(parts)


def called(snippet: Snippet) -> str:
    """The function that the last statement of a script is about; nothing where it calls none."""
    imported = {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(ast.parse(snippet.header))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if _module(node, alias) not in sys.stdlib_module_names
    } - {"pytest"}
    statements = ast.parse(snippet.body).body[::-1]
    calls = [node.func for one in statements for node in ast.walk(one) if isinstance(node, ast.Call)]
    ours = [one for one in calls if _root(one) in imported]
    methods = [one for one in calls if isinstance(one, ast.Attribute) and one.attr not in COMMON]
    for found in (*ours, *(one for one in methods if _root(one) != "pytest")):
        name = found.attr if isinstance(found, ast.Attribute) else found.id if isinstance(found, ast.Name) else ""
        if name:
            return name
    return ""


def _module(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    return ((node.module or "") if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]


def _section(report: Report, frames: bool) -> str:
    failure = report.failure(frames=frames)
    return f"```python\n{report.snippet.script}\n```\n\nWhat I get:\n\n```\n{failure}\n```\n"


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
