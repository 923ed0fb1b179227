"""The policy: the numbers in which a team for a small model differs from one for a large model.

What each number is stands here; which values there are, and why, in `motet.graphs.policies`.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from motet.agents.attempt import MOST


class Policy(BaseModel):
    """How much a team tries, and what it takes as proof. Chosen from the model, or given.

    Example:
        `resolve_policy("1.5b").model_copy(update={"candidates": 8})` is the policy for small models with more answers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "custom"
    plan: bool = False
    """Whether a plan is written before the first answer."""
    coder: Literal["whole", "agent"] = "whole"
    """How the coder works: `whole` writes a module in one answer, `agent` tries its code with tools before."""
    rounds: int = Field(default=8, ge=1)
    """How often an agent asks the model for one candidate at most."""
    candidates: int = Field(default=4, ge=1)
    """How many answers are asked for at most, repairs left out."""
    batch: int = Field(default=1, ge=1)
    """How many answers are asked for at once. Where the user gives tests, which prove an answer alone, and where the
    first answer has to find a name, the first goes out by itself."""
    parallel: bool = False
    """Whether the tester chooses its inputs while the coder writes the first answer."""
    patience: int = Field(default=3, ge=1)
    """After how many answers in a row that bring no new program the team asks for no more."""
    temperature: float = Field(default=0.8, ge=0)
    """For every answer but the first, which is the most likely one."""
    max_answer_tokens: int = Field(default=1024, ge=64)
    """The longest answer. One that is cut is void, since a cut answer is nearly always wrong."""
    inputs: int = Field(default=16, ge=0)
    """How many inputs candidates are compared on."""
    model_inputs: int = Field(default=8, ge=0, le=12)
    """How many inputs to ask the model for where the task's examples give too few."""
    remember: Literal["answer", "example"] = "answer"
    """What the solutions of earlier tasks are for, where the team has a memory. `answer` runs one as an answer to a
    task that is the same or nearly so; `example` also shows the coder one of a task that is similar."""
    repair_rounds: int = Field(default=1, ge=0)
    """How often the best candidate is repaired when none passes."""
    diagnose: Literal["never", "result", "repair"] = "repair"
    """What becomes of a failing test's diagnosis, which costs one more run in the sandbox and no model. `result` shows
    it with the result, `repair` also tells it to the coder in place of the failure in one line."""
    recount: int = Field(default=0, ge=0, le=MOST)
    """How many other answers that failed a repair is told of, and a reviewer that comments, in a line or two each."""
    recount_to: Literal["repairs", "all"] = "repairs"
    """Whether fresh answers are told of them as well."""
    comment: bool = False
    """Whether the reviewer adds a model's comments, which block nothing."""
    verify_examples: int = Field(default=2, ge=1)
    """How many of the task's own examples must pass for `verified`."""
    verify_agreeing: int = Field(default=2, ge=1)
    """How many independent answers, all that pass the examples, must behave alike for `verified`."""
    verify_inputs: int = Field(default=6, ge=0)
    """On how many inputs beyond the examples they must have been compared."""
    role_seconds: float = Field(default=1800, gt=0)
    """How long a role may take for one step before it counts as hung."""
    sandbox_tries: int = Field(default=3, ge=1)
    """How often a candidate is run, each time in a new session, when the sandbox itself fails."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = {
            f"batch={self.batch} answers cannot go out at once where candidates={self.candidates} is all there are": (
                self.batch > self.candidates
            ),
            f"verify_agreeing={self.verify_agreeing} answers cannot agree where candidates={self.candidates} is all"
            " there are": self.verify_agreeing > self.candidates,
            f"verify_inputs={self.verify_inputs} inputs cannot be compared where inputs={self.inputs} and"
            f" model_inputs={self.model_inputs} is all there are": self.verify_inputs > self.inputs + self.model_inputs,
        }
        found = [words for words, is_so in problems.items() if is_so]
        if found:
            raise ValueError(f"The policy {self.name!r} contradicts itself: {'; '.join(found)}.")
        return self

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A policy with some other numbers, checked as any other; it is called `... changed` unless `update` names it.

        Raises:
            pydantic.ValidationError: A number is unknown, out of its range, or does not fit the others.
        """
        if not update:
            return super().model_copy(deep=deep)
        changed = {} if self.name.endswith(" changed") else {"name": f"{self.name} changed"}
        return type(self).model_validate({**self.model_dump(), **changed, **update})
