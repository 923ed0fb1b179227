"""The record of model calls: who asked which model, what it took, and the sum of that."""

import math
from collections.abc import Sequence
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field


class CallRecord(BaseModel):
    """One answered request to a model."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(default_factory=lambda: uuid4().hex)
    """Its own, so that a record that arrives on several ways is counted once."""
    role: str
    """The node that asked, such as `coder`."""
    model: str
    """The model's name, as the answer gave it or else as the client was configured."""
    input_tokens: int
    """Tokens of the prompt, cached ones included."""
    output_tokens: int
    cached_tokens: int = 0
    """Tokens of the prompt that the server took from its cache."""
    seconds: float
    """Time on the clock, retries included."""
    retries: int = 0
    """Requests that failed before this one was answered."""
    estimated: bool = False
    """Whether the tokens are a guess, because the provider did not say."""
    cost: float | None = None
    """US dollars; None if the model has no price."""

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


def union(old: Sequence[CallRecord], new: Sequence[CallRecord]) -> list[CallRecord]:
    """All calls of both, each once; the reducer for a graph's state whose nodes may tell of the same calls."""
    return list({call.id: call for call in (*old, *new)}.values())


class Usage(BaseModel):
    """What calls took, summed."""

    model_config = ConfigDict(frozen=True)

    tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    calls: int = 0
    seconds: float = 0.0
    cost: float | None = 0.0
    """US dollars; None if a model among them has no price."""

    @classmethod
    def of(cls, calls: Sequence[CallRecord]) -> "Usage":
        """Sum them."""
        costs = [call.cost for call in calls]
        return cls(
            tokens=sum(call.tokens for call in calls),
            input_tokens=sum(call.input_tokens for call in calls),
            output_tokens=sum(call.output_tokens for call in calls),
            cached_tokens=sum(call.cached_tokens for call in calls),
            calls=len(calls),
            seconds=sum(call.seconds for call in calls),
            cost=None if None in costs else math.fsum(cost for cost in costs if cost is not None),
        )

    @classmethod
    def by_role(cls, calls: Sequence[CallRecord]) -> "dict[str, Usage]":
        """Sum them for each role, in the order in which the roles first asked."""
        roles = dict.fromkeys(call.role for call in calls)
        return {role: cls.of([call for call in calls if call.role == role]) for role in roles}

    @classmethod
    def by_model(cls, calls: Sequence[CallRecord]) -> "dict[str, Usage]":
        """Sum them for each model, in the order in which the models were first asked."""
        models = dict.fromkeys(call.model for call in calls)
        return {model: cls.of([call for call in calls if call.model == model]) for model in models}
