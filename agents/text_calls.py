"""Reads tool calls that a model wrote as text.

Many open models do so, whatever the server: Qwen2.5-Coder puts `{"name": ..., "arguments": ...}` in a code fence, as
JSON or as a Python literal with triple quotes. Left alone, the agent would take that for the final answer.
"""

import ast
import json
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import Any
from uuid import uuid4

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, ToolCall
from langchain_core.tools import BaseTool

WRITTEN = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)|^```[^\n]*\n(.*?)(?:^```|\Z)", re.DOTALL | re.MULTILINE)


class TextCallsMiddleware(AgentMiddleware[Any, Any, Any]):
    """Makes a real tool call of one that was written as text.

    Only the first of an answer counts: what follows it was written without having seen its result.
    """

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """Ask, and read the answer."""
        return _with_calls(await handler(request), _names(request))

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """As `awrap_model_call`, for an agent that is called without async."""
        return _with_calls(handler(request), _names(request))


def read_text_call(text: str, names: Collection[str]) -> ToolCall | None:
    """The first call of one of these tools that a text holds, if any."""
    written = [call or block for call, block in WRITTEN.findall(text)] or [text]
    for one in written:
        call = _literal(one.strip())
        if not isinstance(call, dict) or call.get("name") not in names:
            continue
        args = call.get("arguments", call.get("parameters"))
        args = _literal(args) if isinstance(args, str) else args
        if isinstance(args, dict):
            return ToolCall(name=call["name"], args=args, id=f"text_{uuid4().hex}", type="tool_call")
    return None


def _names(request: ModelRequest[Any]) -> set[str]:
    return {tool.name for tool in request.tools if isinstance(tool, BaseTool)}


def _with_calls(response: ModelResponse[Any], names: Collection[str]) -> ModelResponse[Any]:
    return replace(response, result=[_with_call(message, names) for message in response.result])


def _with_call(message: Any, names: Collection[str]) -> Any:
    if not isinstance(message, AIMessage) or message.tool_calls:
        return message
    call = read_text_call(str(message.text), names)
    return message if call is None else message.model_copy(update={"content": "", "tool_calls": [call]})


def _literal(text: str) -> Any:
    """A value written as JSON, or as Python; `None` if it is neither."""
    if not text.startswith("{"):
        return None
    try:
        return json.loads(text, strict=False)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
