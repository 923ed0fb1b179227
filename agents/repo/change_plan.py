"""Where a change would go, and what it must not touch."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Risk = Literal["low", "medium", "high"]


class Target(BaseModel):
    """A function, a method or a class that may have to change."""

    model_config = ConfigDict(frozen=True)

    path: str
    symbol: str
    """The qualified name in its file, `Class.method`; empty for the module itself."""
    start_line: int
    end_line: int
    kind: Literal["function", "class", "module"] = "function"
    score: float = 0.0
    """How likely it is; only to be compared with others of the same plan."""
    rank: int | None = None
    """Its place, from 0, among what the issue's words lead to; nothing for what only running has found."""
    reason: str = ""
    """Why it is here, for people."""

    @property
    def name(self) -> str:
        """For people and prompts, `path::symbol`."""
        return f"{self.path}::{self.symbol}" if self.symbol else self.path


class ChangePlan(BaseModel):
    """What the planner found."""

    model_config = ConfigDict(frozen=True)

    title: str
    """What is wrong, in the issue's own words."""
    expected: tuple[str, ...] = ()
    """The contract of the change: what must hold after it, each as something that can be run or looked at."""
    targets: tuple[Target, ...] = ()
    """The likeliest first."""
    files: tuple[str, ...] = ()
    """What may be touched. New files beside them may be made."""
    risk: Risk = "low"
    """How far the change reaches: by how many files use what it would touch."""
    risk_reason: str = ""
    steps: tuple[str, ...] = ()
    """What a model proposes to do, where one was asked."""
