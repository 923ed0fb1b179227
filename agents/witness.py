"""Keeps what an agent did, so that nothing is lost with an agent that does not come to its end."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState, ToolCallRequest
from langchain_core.messages import AnyMessage, ToolMessage
from langgraph.runtime import Runtime
from langgraph.types import Command

from motet.agents.coding_tools import bounded
from motet.models import CallRecord

TOLD = 400
"""Characters of a tool's result that an event shows."""


class GivenUpError(Exception):
    """An agent went on in its thread when the run that it worked for had been broken off."""


class Witness(AgentMiddleware[Any, Any, Any]):
    """Middleware that sees every message of an agent and tells the stream of each tool call.

    Args:
        tell: Is given the event `tool` and its `tool`, `arguments` and `result` when a tool has run.

    Attributes:
        messages: The agent's messages so far.
        calls: The calls that it has paid for, those before a resume included.
    """

    def __init__(self, *, tell: Callable[[str, dict[str, Any]], None]) -> None:
        super().__init__()
        self.messages: list[AnyMessage] = []
        self.calls: list[CallRecord] = []
        self._tell = tell
        self._closed = False

    def see(self, state: Mapping[str, Any]) -> None:
        """Take what an agent's state knows."""
        self.messages = list(state["messages"])
        self.calls = list(state.get("calls") or [])

    def close(self) -> None:
        """Let the agent end before its next step: nobody waits for it any more."""
        self._closed = True

    def before_model(self, state: AgentState[Any], runtime: Runtime[Any]) -> None:
        """Look at the state."""
        if self._closed:
            raise GivenUpError("Nobody waits for this agent any more.")
        self.see(state)

    async def abefore_model(self, state: AgentState[Any], runtime: Runtime[Any]) -> None:
        """As `before_model`."""
        self.before_model(state, runtime)

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]]
    ) -> ToolMessage | Command[Any]:
        """Let the tool run, and tell of it."""
        return self._told(request, await handler(request))

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage | Command[Any]:
        """As `awrap_tool_call`, for an agent that is called without async."""
        return self._told(request, handler(request))

    def _told(self, request: ToolCallRequest, result: ToolMessage | Command[Any]) -> ToolMessage | Command[Any]:
        told = bounded(str(result.text), TOLD) if isinstance(result, ToolMessage) else ""
        call = request.tool_call
        self._tell("tool", {"tool": call["name"], "arguments": call["args"], "result": told})
        return result
