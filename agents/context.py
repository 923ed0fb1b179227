"""What a run lends to the roles: it travels in LangGraph's run-time context, so that a role fits any graph.

It is a pydantic dataclass because a server sends a context as JSON, and shows a form of it: live objects such as a chat
model can be given in code, in JSON their specs.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any

from langchain_core.language_models import BaseChatModel
from pydantic import ConfigDict, GetPydanticSchema, WithJsonSchema
from pydantic.dataclasses import dataclass

from motet.memory import PatternMemory
from motet.models import BudgetLimits, Ledger, Prices
from motet.tools.sandbox import Sandbox

# Taken as they are: a look at a sandbox's capabilities would start it.
_UNCHECKED = GetPydanticSchema(lambda source, handler: handler(Any))
_SPEC = WithJsonSchema({"type": "string"})
ModelSpec = Annotated[str | BaseChatModel, _UNCHECKED, _SPEC]
# The one part that no server can send: it is a live object, and shared.
SharedLedger = Annotated[Ledger, _UNCHECKED, WithJsonSchema({"type": "null"})]
MemorySpec = Annotated[str | PatternMemory, _UNCHECKED, _SPEC]
SandboxSpec = Annotated[str | Sandbox, _UNCHECKED, _SPEC]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(use_attribute_docstrings=True, extra="forbid"))
class TeamContext:
    """Parts for one run. What is given here takes the place of what a role or a team was made with.

    A graph with a context of its own that wants to lend these parts too makes it a subclass.
    """

    model: ModelSpec | None = None
    """A model for every role, or a spec for `motet.models.resolve_model`."""
    models: Mapping[str, ModelSpec] = field(default_factory=dict)
    """Models for single roles by their names; they go before `model`."""
    sandbox: SandboxSpec | None = None
    """Where code runs, or a spec for `motet.tools.sandbox.resolve_sandbox`."""
    memory: MemorySpec | None = None
    """Another pattern memory for a team that has one, or a spec for `motet.memory.resolve_memory`; `off` for none."""
    limits: BudgetLimits | None = None
    """What the run may spend."""
    role_limits: Mapping[str, BudgetLimits] = field(default_factory=dict)
    """What single roles may spend of that, by their names. A role at its limit asks no more; the run goes on."""
    prices: Prices | None = None
    """What the models' tokens cost; without it the cost of a run is known only of models that are free."""
    ledger: SharedLedger | None = None
    """What the run spends from: one budget over several runs."""
    seed: int | None = None
    """Makes sampling and the choice of test inputs repeatable, as far as the model's server allows."""
