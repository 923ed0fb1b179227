"""The roles of a team: made as the policy says, with options of the user's, or brought by the user."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from langchain.agents.middleware import AgentMiddleware
from langchain_core.language_models import BaseChatModel

from motet.agents import Prompt, create_agent_coder, create_coder
from motet.agents.agent_coder import AgentTool
from motet.graphs.checked import Role, checked_coder
from motet.graphs.policy import Policy
from motet.tools.sandbox import Sandbox


class RoleOptions(TypedDict, total=False):
    """Options of one role; what is left out is as the team and its policy have it."""

    model: str | BaseChatModel
    """Its own model, or a spec for `resolve_model`."""
    system_prompt: str
    """What it is told of its work, in place of motet's words."""
    prompt: Prompt
    """All that it is told; the role's factory says which values are put in."""


class ReviewerOptions(RoleOptions, total=False):
    """Options of the reviewer."""

    comment: bool
    """Whether a model adds comments."""
    security: bool
    """Whether bandit looks at the code."""
    coverage: bool
    """Whether to measure what the tests reach."""


class CoderOptions(RoleOptions, total=False):
    """Options of the coder. Any of the last three makes it an agent, whatever the policy says."""

    repair_prompt: Prompt
    tools: Sequence[AgentTool]
    """Tools of your own besides motet's."""
    middleware: Sequence[AgentMiddleware[Any, Any, Any]]
    """LangChain middleware of your own."""
    rounds: int
    """How often the model is asked for one candidate at most."""


AGENT_OPTIONS = frozenset({"tools", "middleware", "rounds"})


def make_role(
    given: Role | RoleOptions | None,
    factory: Callable[..., Role],
    *,
    check: Callable[[Role], Role] = lambda role: role,
    **ours: Any,
) -> Role:
    """Make a role, or take the user's.

    Args:
        given: A role, which is taken as it is, or options for the factory.
        factory: Makes the role.
        check: Looks after a role of the user's own.
        **ours: What the factory is given where the options say nothing else.
    """
    if given is None or isinstance(given, Mapping):
        return factory(**{**ours, **(given or {})})
    return check(given)


def make_coder(
    given: Role | CoderOptions | None, *, model: BaseChatModel, sandbox: str | Sandbox, policy: Policy
) -> Role:
    """Make the coder that policy and options ask for, or take the user's."""
    options = given if isinstance(given, Mapping) else {}
    if policy.coder == "agent" or AGENT_OPTIONS & options.keys():
        return make_role(
            given,
            create_agent_coder,
            check=checked_coder,
            model=model,
            sandbox=sandbox,
            rounds=policy.rounds,
            timeout=policy.role_seconds,
        )
    return make_role(given, create_coder, check=checked_coder, model=model, timeout=policy.role_seconds)
