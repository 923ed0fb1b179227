"""Holds a suite to its word: its oracle solves every task, and doing nothing solves none."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from motet.evals.repairs.repair_task import RepairTask
from motet.evals.repairs.scoring import Score, score
from motet.tools.sandbox import Sandbox


class CheckedTask(BaseModel):
    """What the two answers that are known beforehand score on a task."""

    model_config = ConfigDict(frozen=True)

    task: str
    oracle: Score
    """With the patch that takes the mistakes back."""
    nop: Score
    """With no patch."""

    @property
    def is_sound(self) -> bool:
        """Whether the task tells the two apart, by exactly the tests that it says."""
        return self.oracle.verdict == "pass" and self.nop.verdict == "fail"


def check_suite(tasks: Iterable[RepairTask], *, sandbox: Sandbox, source: Path | None = None) -> Iterator[CheckedTask]:
    """Score the oracle and the empty patch on each task.

    Args:
        tasks: Which.
        sandbox: Where the tests run.
        source: The package that all of them are made of; otherwise each is fetched.

    Raises:
        FetchError: A package could not be fetched.
        NoSandboxError: The sandbox does not work here.
    """
    for task in tasks:
        oracle = score(task, task.fix_patch, sandbox=sandbox, source=source)
        yield CheckedTask(task=task.id, oracle=oracle, nop=score(task, "", sandbox=sandbox, source=source))
