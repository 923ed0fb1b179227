"""Scores a patch: the package's own tests decide, and they are put back over whatever the patch did to them."""

import tempfile
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.evals.repairs.laying_out import files_of, lay_out, source_of
from motet.evals.repairs.repair_task import RepairTask
from motet.tools.git.command import ONLY_OURS, git, run_git
from motet.tools.sandbox import Sandbox
from motet.tools.suite import Overlay, SuiteRun, SuiteSetup, Tree, read_setup, run_suite

STARTUP = frozenset({"sitecustomize.py", "usercustomize.py"})
"""Python runs these by itself, before any test."""
WALL_SECONDS = 300.0


class Score(BaseModel):
    """What a patch is worth on a task."""

    model_config = ConfigDict(frozen=True)

    task: str
    verdict: Literal["pass", "fail", "infra"]
    """`infra`: the sandbox failed, which says nothing about the patch."""
    reason: str
    """Why, in words."""
    failing: tuple[str, ...] = ()
    """Those of `fail_to_pass` and `pass_to_pass` that did not pass."""
    seconds: float = 0.0
    """How long the tests ran."""

    @property
    def solved(self) -> bool:
        """Whether all tests passed."""
        return self.verdict == "pass"


def score(task: RepairTask, patch: str, *, sandbox: Sandbox, source: Path | None = None) -> Score:
    """Apply a patch to a fresh broken package and run the hidden tests.

    The published package's test files, conftests and settings of pytest go over the patched ones, and files of that
    kind that the patch adds are left out, so nothing is won by touching them.

    Args:
        task: The task.
        patch: For `git apply`, against what `lay_out` gives; nothing: the broken package as it is.
        sandbox: Where the tests run.
        source: The package as it was published; otherwise it is fetched.

    Raises:
        FetchError: The package could not be fetched.
        NoSandboxError: The sandbox does not work here.
    """
    original = source_of(task, source)
    tree = Tree.pack(original, files_of(original))
    setup = read_setup(tree)
    with tempfile.TemporaryDirectory(prefix="motet-score-") as scratch:
        folder = Path(scratch)
        lay_out(task, folder, source=original)
        if patch.strip():
            done = run_git(
                folder, "apply", "--whitespace=nowarn", "-", stdin=patch.encode("utf-8", "replace"), env=ONLY_OURS
            )
            if done.returncode:
                said = done.stderr.decode("utf-8", "replace").strip()
                return Score(task=task.id, verdict="fail", reason=f"The patch does not apply: {said[:500]}")
        overlay = _overlay(folder, tree, setup, task)
    wanted = (*task.fail_to_pass, *task.pass_to_pass)
    with sandbox.session() as session:
        run = run_suite(session, tree, setup, tests=wanted, overlay=overlay, wall_seconds=WALL_SECONDS)
    return _score(task, run, wanted)


def _overlay(folder: Path, tree: Tree, setup: SuiteSetup, task: RepairTask) -> Overlay:
    """What a folder has other than the published package, but for what decides whether tests pass."""
    git(folder, "add", "--all", "--force", env=ONLY_OURS)
    changed = git(folder, "diff", "--cached", "--name-only", "--no-renames", "-z", "HEAD", env=ONLY_OURS).split("\0")
    paths = {path for path in (*changed, *task.files) if path}
    ours = Tree.pack(folder, paths)
    return {path: ours.read(path) for path in paths if not _decides(path, setup)}


def _decides(path: str, setup: SuiteSetup) -> bool:
    name = PurePosixPath(path).name
    return setup.decides(path) or name in STARTUP or name.endswith(".pth")


def _score(task: RepairTask, run: SuiteRun, wanted: tuple[str, ...]) -> Score:
    passed = set(run.passed)
    failing = tuple(test for test in wanted if test not in passed)
    if run.infrastructure:
        return Score(task=task.id, verdict="infra", reason=run.problem or "The sandbox failed.", seconds=run.seconds)
    if not failing and not run.tampering:
        return Score(task=task.id, verdict="pass", reason=f"All {len(wanted)} tests pass.", seconds=run.seconds)
    if run.tampering:
        reason = f"It does not count: {run.tampering}."
    else:
        reason = f"{len(failing)} of {len(wanted)} tests do not pass, the first is {failing[0]}."
    return Score(task=task.id, verdict="fail", reason=reason, failing=failing, seconds=run.seconds)
