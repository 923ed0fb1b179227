"""The limits of an agent, from LangChain's middleware: so many rounds, no error that ends it, no endless context."""

from typing import Any

from langchain.agents.middleware import (
    AgentMiddleware,
    ClearToolUsesEdit,
    ContextEditingMiddleware,
    ModelCallLimitMiddleware,
    ToolCallLimitMiddleware,
    ToolCallRequest,
    ToolErrorMiddleware,
)
from langchain_core.language_models import BaseChatModel

from motet.models import BudgetExhausted

TOOLS_A_ROUND = 3
"""Tool calls for each round, on average. A model that asks for more is told so and goes on."""
SMALL_CONTEXT = 24_000
"""Tokens of context where the model's profile names no number."""
LARGE_CONTEXT = 80_000
"""Tokens of context that are used at most: long before the end of a window models lose track of what is in it."""
RECENT = 3
"""Results of tools that stay when older ones are cleared."""


def agent_bounds(model: BaseChatModel, rounds: int) -> list[AgentMiddleware[Any, Any, Any]]:
    """Make the middleware that keeps an agent within its bounds.

    The limits are those of LangChain's threads, which are checkpointed: a resumed agent does not start counting anew.

    Args:
        model: Whose context it is.
        rounds: How often the model is asked at most.
    """
    window = (model.profile or {}).get("max_input_tokens") or SMALL_CONTEXT
    return [
        ToolErrorMiddleware(_as_message),
        ModelCallLimitMiddleware(thread_limit=rounds, exit_behavior="end"),
        ToolCallLimitMiddleware(thread_limit=rounds * TOOLS_A_ROUND, exit_behavior="continue"),
        ContextEditingMiddleware(edits=[ClearToolUsesEdit(trigger=min(window, LARGE_CONTEXT) // 2, keep=RECENT)]),
    ]


def _as_message(error: Exception, request: ToolCallRequest) -> str | None:
    """What the model is told of a tool that failed; an exhausted budget ends the agent instead."""
    if isinstance(error, BudgetExhausted):
        return None
    return f"`{request.tool_call['name']}` failed: {type(error).__name__}: {str(error)[:500]}"
