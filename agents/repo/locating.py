"""Finds where a change would go: by the index, which asks no model."""

from pathlib import Path

from motet.agents.repo.change_plan import ChangePlan, Risk, Target
from motet.agents.repo.issue import Issue
from motet.memory.index import CodeIndex, Found, find_references
from motet.memory.index.kinds import is_test
from motet.tools.edits import EditError, function_source
from motet.tools.git import Workspace

SEARCHED = 40
"""Pieces of code that are looked at."""
FILES = 10
"""Files that may be touched: at ten, 92 of 100 issues of SWE-bench Lite have theirs among them."""
TARGETS = 20


def locate(issue: Issue, workspace: Workspace, *, folder: Path | None = None) -> ChangePlan:
    """Read an issue against a repository. Functions that are no more in the snapshot are left out.

    Args:
        issue: As read.
        workspace: Of the repository.
        folder: Where the index lies; under the user's cache if left out.
    """
    root = workspace.worktree("base") if workspace.bare else workspace.root
    # Without embeddings: made in the background, they would take the processor from the model.
    with CodeIndex(root, embeddings=None, folder=folder) as index:
        found = [one for one in index.search(issue.text, k=SEARCHED) if not is_test(one.path)]
        targets = tuple(filter(None, (_target(one, rank, workspace) for rank, one in enumerate(found))))
        files = [one.path for one in index.files(issue.text, k=FILES * 2, refresh=False) if not is_test(one.path)]
        risk, why = _risk(index, targets)
    known = set(workspace.paths)
    allowed = dict.fromkeys((*files[:FILES], *(one.path for one in targets[:FILES])))
    return ChangePlan(
        title=issue.title,
        expected=tuple(f"this runs without an error:\n{one}" for one in issue.snippets[:3]),
        targets=targets[:TARGETS],
        files=tuple(dict.fromkeys(path for one in allowed for path in _with_exports(one) if path in known)),
        risk=risk,
        risk_reason=why,
    )


def _with_exports(path: str) -> tuple[str, str]:
    """A file and what tells others of it: what a package exports stands in its `__init__.py`."""
    return path, f"{path.rpartition('/')[0]}/__init__.py".lstrip("/")


def _target(found: Found, rank: int, workspace: Workspace) -> Target | None:
    start, end = found.start_line, found.end_line
    if found.path.endswith(".py") and found.kind == "function":
        data = workspace.read(found.path)
        try:
            source = function_source((data or b"").decode("utf-8", "replace"), found.symbol)
        except EditError:
            return None
        start, end = source.start_line, source.end_line
    return Target(
        path=found.path,
        symbol=found.symbol,
        start_line=start,
        end_line=end,
        kind=found.kind,
        score=found.score,
        reason=f"number {rank + 1} of what the issue's words lead to",
    )


def _risk(index: CodeIndex, targets: tuple[Target, ...]) -> tuple[Risk, str]:
    if not targets or not targets[0].symbol:
        return "low", "nobody refers to it by a name"
    first = targets[0]
    lines = find_references(index, first.symbol, 200, refresh=False)
    users = {one.path for one in lines if not one.defines and one.path != first.path and not is_test(one.path)}
    level: Risk = "low" if len(users) <= 2 else "medium" if len(users) <= 10 else "high"
    return level, f"{len(users)} other files name `{first.symbol.rpartition('.')[2]}`"
