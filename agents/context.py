"""What a run lends to the roles: it travels in LangGraph's run-time context, so that a role fits any graph."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from langchain_core.language_models import BaseChatModel

from motet.models import BudgetLimits
from motet.tools.sandbox import Sandbox


@dataclass(frozen=True, kw_only=True)
class TeamContext:
    """Parts for one run. What is given here takes the place of what a role or a team was made with."""

    model: str | BaseChatModel | None = None
    """A model for every role, or a spec for `motet.models.resolve_model`."""
    models: Mapping[str, str | BaseChatModel] = field(default_factory=dict)
    """Models for single roles by their names; they go before `model`."""
    sandbox: str | Sandbox | None = None
    """Where code runs, or a spec for `motet.tools.sandbox.resolve_sandbox`."""
    limits: BudgetLimits | None = None
    """What the run may spend."""
    seed: int | None = None
    """Makes sampling and the choice of test inputs repeatable, as far as the model's server allows."""
