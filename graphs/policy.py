"""The policy: the numbers in which a team for a small model differs from one for a large model."""

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, ConfigDict, Field

from motet.models import parameters_billions


class Policy(BaseModel):
    """How much a team tries, and what it takes as proof. Chosen from the model, or given."""

    model_config = ConfigDict(frozen=True)

    name: str = "custom"
    plan: bool = False
    """Whether a plan is written before the first answer. Under 7B it lowers accuracy."""
    candidates: int = Field(default=4, ge=1)
    """How many answers are asked for at most, repairs left out."""
    batch: int = Field(default=1, ge=1)
    """How many further answers are asked for at once. More than one pays only where the model serves calls in parallel;
    where it does not, one at a time lets the team leave early."""
    parallel: bool = False
    """Whether the tester chooses its inputs while the coder writes the first answer. It saves time where the model's
    server answers several calls at once."""
    temperature: float = Field(default=0.8, ge=0)
    """For every answer but the first, which is the most likely one."""
    max_answer_tokens: int = Field(default=1024, ge=64)
    """An answer that is longer is void, since a cut answer is nearly always wrong."""
    inputs: int = Field(default=16, ge=0)
    """How many inputs candidates are compared on."""
    model_inputs: int = Field(default=8, ge=0)
    """How many inputs to ask the model for where the task's examples give too few."""
    repair_rounds: int = Field(default=1, ge=0)
    """How often the best candidate is repaired when none passes. At 1.5B one repair in twenty-five succeeds, at 32B one
    in three."""
    comment: bool = False
    """Whether the reviewer adds a model's comments."""
    verify_examples: int = Field(default=2, ge=1)
    """How many of the task's own examples must pass for `verified`. About one in eight answers that pass is still
    wrong, so one example alone proves little."""
    verify_agreeing: int = Field(default=2, ge=1)
    """How many independent answers, all that pass the examples, must behave alike for `verified`."""
    verify_inputs: int = Field(default=6, ge=0)
    """On how many inputs beyond the examples they must have been compared."""


SMALL = Policy(name="small")
"""Up to 3B parameters: whole functions, no plan, one repair, proof by agreement."""

MEDIUM = Policy(name="medium", candidates=5, repair_rounds=2, max_answer_tokens=2048)
"""7B to 14B: repair begins to pay (one in eight), a plan does not yet."""

LARGE = Policy(
    name="large",
    plan=True,
    candidates=3,
    batch=2,
    parallel=True,
    temperature=0.7,
    repair_rounds=3,
    comment=True,
    max_answer_tokens=4096,
)
"""From 32B and behind an API: a plan helps, repair works one time in three, and calls run in parallel."""

POLICIES = {policy.name: policy for policy in (SMALL, MEDIUM, LARGE)}


def resolve_policy(spec: "str | Policy", model: BaseChatModel) -> Policy:
    """Find a policy: `auto` chooses by the model's size, `small`, `medium` and `large` name one.

    Raises:
        ValueError: No policy has this name.
    """
    if isinstance(spec, Policy):
        return spec
    if spec in POLICIES:
        return POLICIES[spec]
    if spec != "auto":
        known = ", ".join(["auto", *POLICIES])
        raise ValueError(f"No policy is called {spec!r}; there are {known}, or give a `Policy` of your own.")
    size = parameters_billions(model)
    if size is None or size >= 20:
        # A model that does not tell its size in its name is one behind an API.
        return LARGE
    return SMALL if size < 6 else MEDIUM
