"""The numbers in which a repository team for a small model differs from one for a large model."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field


class RepoPolicy(BaseModel):
    """How much a repository team tries. Chosen from the model, or given.

    Example:
        `resolve_repo_policy("1.5b", model).model_copy(update={"candidates": 12})`
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "custom"
    edit: Literal["function", "blocks", "agent"] = "function"
    """What the coder writes: `function` one whole function, `blocks` search/replace blocks over several files, `agent`
    works with tools in a worktree of its own."""
    rounds: int = Field(default=24, ge=1)
    """How often an agent asks the model for one patch at most."""
    widen: bool = False
    """Whether a model is asked for further places and for the steps of the change."""
    targets: int = Field(default=4, ge=1)
    """How many functions are tried in turn, by a coder that changes one at a time."""
    candidates: int = Field(default=6, ge=1)
    """How many patches are asked for at most, repairs left out; for each fault, where an issue shows several."""
    batch: int = Field(default=1, ge=1)
    """How many of them at once."""
    temperature: float = Field(default=0.8, ge=0)
    """For all but the first patch of a function."""
    repair_rounds: int = Field(default=0, ge=0)
    """How often the best patch is repaired when none passes, or when the reviewer blocks it."""
    reproductions: int = Field(default=1, ge=0)
    """How many tests of the fault a model is asked for, where neither the user nor the issue gives one."""
    comment: bool = False
    """Whether the reviewer adds a model's remarks, which block nothing."""
    max_answer_tokens: int = Field(default=2048, ge=64)
    """The longest answer. One that is cut is void."""
    context_characters: int = Field(default=60_000, ge=2_000)
    """How much code a coder of blocks is shown."""
    test_files: int = Field(default=12, ge=0)
    """How many of the repository's test files are run before and after each patch, those nearest to the plan."""
    run_seconds: float = Field(default=90, gt=0)
    """How long one run of these tests may take."""
    affected_seconds: float = Field(default=30, gt=0)
    """How much of them is run on each patch, by the time they took before."""
    suite_seconds: float = Field(default=300, ge=0)
    """How long the whole suite may run on the best patch, and once before it; 0 leaves it out."""
    role_seconds: float = Field(default=3600, gt=0)
    """How long a role may take for one step before it counts as hung."""

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A policy with some other numbers, checked as any other.

        Raises:
            pydantic.ValidationError: A number is unknown or out of its range.
        """
        if not update:
            return super().model_copy(deep=deep)
        changed = {} if self.name.endswith(" changed") else {"name": f"{self.name} changed"}
        return type(self).model_validate({**self.model_dump(), **changed, **update})
