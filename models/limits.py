"""What may be spent."""

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt


class BudgetLimits(BaseModel):
    """What a run, a role or any other scope of a `Ledger` may spend. What is left out is not limited."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_tokens: PositiveInt | None = None
    """Tokens of prompts and answers together."""
    max_calls: PositiveInt | None = None
    max_seconds: PositiveFloat | None = None
    """Of a run: the time that it has been at work, everything included but rests: a wait for a human, or for a resume.
    Of a role: the time that its calls took before, and that its node has been at work now."""
    max_cost: PositiveFloat | None = None
    """US dollars. Every model that is asked must then have a price."""
