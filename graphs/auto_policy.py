"""Which policy a model gets."""

from typing import Any
from urllib.parse import urlsplit

from langchain_core.language_models import BaseChatModel

from motet.graphs.policies import POLICIES, SIZES
from motet.graphs.policy import Policy
from motet.models import parameters_billions

LARGE_ENOUGH = ("32b", "api")
"""Classes whose models work well with tools, if they call them at all."""


def resolve_policy(spec: str | Policy, model: BaseChatModel) -> Policy:
    """Find a policy.

    Args:
        spec: `auto` chooses by the model; `0.5b`, `1.5b`, `7b`, `32b` and `api` name one, `small`, `medium` and `large`
            are 1.5b, 7b and 32b; a `Policy` is returned as it is.
        model: What `auto` looks at: the size that its name tells, whether it is embedded or near, and what LangChain
            knows of it in its `profile`.

    Raises:
        ValueError: No policy has this name.
    """
    if isinstance(spec, Policy):
        return spec
    name = SIZES.get(spec, spec)
    if name in POLICIES:
        return POLICIES[name]
    if spec != "auto":
        known = ", ".join(["auto", *POLICIES, *SIZES])
        raise ValueError(f"No policy is called {spec!r}; there are {known}, or give a `Policy` of your own.")
    return _fitted(POLICIES[class_of(model)], model)


def class_of(model: BaseChatModel) -> str:
    """How large a model is, in the words of `CLASSES`."""
    size = parameters_billions(model)
    if size is not None:
        return "0.5b" if size < 1 else "1.5b" if size < 5 else "7b" if size < 20 else "32b" if size < 100 else "api"
    if model._llm_type == "motet-embedded":
        return "1.5b"  # a weights file of the user's own, and what a laptop runs is small
    # A server nearby may have a model of any size: the middle does the least harm.
    return "7b" if _is_near(model) else "api"


def _is_near(model: BaseChatModel) -> bool:
    """Whether it is asked on this machine or in the local network."""
    address = getattr(model, "openai_api_base", None) or getattr(model, "base_url", None)
    host = urlsplit(str(address or "")).hostname or ""
    return host in {"localhost", "::1"} or host.startswith(("127.", "10.", "192.168.")) or host.endswith(".local")


def _fitted(policy: Policy, model: BaseChatModel) -> Policy:
    """A policy within what the model's profile says it can do."""
    profile = getattr(model, "profile", None) or {}
    changes: dict[str, Any] = {}
    if profile.get("reasoning_output"):
        # It plans by itself, and its thinking counts among the tokens of its answer.
        changes = {"plan": False, "max_answer_tokens": 4 * policy.max_answer_tokens}
    if profile.get("tool_calling") and policy.name in LARGE_ENOUGH:
        changes["coder"] = "agent"
    tokens = changes.get("max_answer_tokens", policy.max_answer_tokens)
    # A prompt with a plan, a failing candidate and its diagnosis needs room beside the answer.
    window = profile.get("max_input_tokens")
    room = min(profile.get("max_output_tokens") or tokens, window // 2 if window else tokens)
    if tokens > room:
        changes["max_answer_tokens"] = max(64, room)
    return policy.model_copy(update={**changes, "name": f"{policy.name} fitted"}) if changes else policy
