"""A chat model that says what a test tells it to: motet's tests use it, and so can its users'."""

import inspect
import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.exceptions import ModelAPIError, ModelRateLimitError, ModelTimeoutError
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, PrivateAttr

from motet.models.errors import ScriptExhaustedError

ROLE_KEY = "motet_role"
"""Where `ask` writes the role into the metadata of a call."""
ROLE_KEYS = (ROLE_KEY, "lc_agent_name", "langgraph_node")


class Fault(Enum):
    """A failure, as a line of a script."""

    TIMEOUT = "timeout"
    RATE_LIMIT = "rate limit"
    SERVER_ERROR = "server error"

    def error(self) -> Exception:
        """The error that LangChain's models raise for it."""
        kinds = {Fault.TIMEOUT: ModelTimeoutError, Fault.RATE_LIMIT: ModelRateLimitError}
        return kinds.get(self, ModelAPIError)(f"scripted {self.value}")


Line = str | AIMessage | BaseModel | Fault | Exception | Callable[[list[BaseMessage]], Any]
"""One answer: a text, a message, an object (for structured output), a fault, or a function of the prompt that returns
one of these (async too, where the model is asked that way)."""


def truncated(text: str) -> AIMessage:
    """An answer that was cut off for lack of tokens, as a line of a script."""
    return AIMessage(text, response_metadata={"finish_reason": "length"})


def tool_call(name: str, /, **args: Any) -> AIMessage:
    """An answer that calls a tool, as a line of a script."""
    call = {"name": name, "args": args, "id": f"call_{next(_ids)}_{name}", "type": "tool_call"}
    return AIMessage("", tool_calls=[call])


_ids = itertools.count(1)
"""An agent tells the results of its calls apart by their ids."""


@dataclass(frozen=True)
class Asked:
    """One request that a scripted model got."""

    role: str | None
    messages: list[BaseMessage]
    tools: list[str]
    """Names of the tools or schemas that it was offered."""
    temperature: float | None
    max_tokens: int | None
    seed: int | None
    stop: list[str] | None


@dataclass
class _Script:
    """What is left to say, shared by all copies of a model."""

    lines: list[Line]
    roles: dict[str, list[Line]]
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, asked: Asked) -> Line:
        with self.lock:
            self.asked.append(asked)
            lines = self.roles.get(asked.role, self.lines) if asked.role else self.lines
            if lines:
                return lines.pop(0)
        known = f"lines were written for {', '.join(self.roles)}" if self.roles else "lines were written in one order"
        raise ScriptExhaustedError(
            f"The script has no answer left for the role {asked.role!r}, which is request number {len(self.asked)}; "
            f"{known}. The prompt ended: {str(asked.messages[-1].text)[-200:]!r}"
        )


class ScriptedChatModel(BaseChatModel):
    """A chat model that answers from a script, and keeps what it was asked.

    The role of a request is what `motet.models.ask` says it is, or else the name of the LangGraph agent or node that
    asks. Requests of roles without a script of their own take from `lines`.

    Args:
        lines: Answers in the order in which they are asked for.
        name: What the model is called in records.
        **roles: Answers for single roles.

    Example:
        ```python
        model = ScriptedChatModel(coder=["```python\\ndef f(): ...\\n```", Fault.TIMEOUT], tester=[truncated("x")])
        ```
    """

    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None

    _script: _Script = PrivateAttr()

    def __init__(self, lines: Sequence[Line] = (), /, *, name: str = "scripted", **roles: Sequence[Line]) -> None:
        super().__init__(name=name)
        self._script = _Script(list(lines), {role: list(answers) for role, answers in roles.items()})

    @property
    def asked(self) -> list[Asked]:
        """Every request so far, in order."""
        return self._script.asked

    @property
    def _llm_type(self) -> str:
        return "motet-scripted"

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools: what the script then answers is up to it."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], tool_choice=tool_choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        asked = self._asked(messages, stop, run_manager, kwargs)
        line = self._script.next(asked)
        while callable(line):
            line = line(messages)
            if inspect.isawaitable(line):
                raise TypeError("A sync request met an async line of the script: use `ainvoke`.")
        return self._result(asked, line)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        asked = self._asked(messages, stop, run_manager, kwargs)
        line = self._script.next(asked)
        while callable(line):
            line = line(messages)
            line = await line if inspect.isawaitable(line) else line
        return self._result(asked, line)

    def _asked(self, messages: list[BaseMessage], stop: list[str] | None, run: Any, kwargs: Mapping[str, Any]) -> Asked:
        metadata = (run.metadata if run else None) or {}
        return Asked(
            role=next((metadata[key] for key in ROLE_KEYS if metadata.get(key)), None),
            messages=list(messages),
            tools=[tool["function"]["name"] for tool in kwargs.get("tools", [])],
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            seed=self.seed,
            stop=stop,
        )

    def _result(self, asked: Asked, line: Any) -> ChatResult:
        if isinstance(line, Fault):
            line = line.error()
        if isinstance(line, Exception):
            raise line
        if isinstance(line, BaseModel) and not isinstance(line, BaseMessage):
            line = tool_call(type(line).__name__, **line.model_dump(mode="json"))
        message = AIMessage(line) if isinstance(line, str) else line
        if not isinstance(message, AIMessage):
            raise TypeError(f"A line of the script is {line!r}, which is no answer.")
        return ChatResult(generations=[ChatGeneration(message=self._completed(message, asked))])

    def _completed(self, message: AIMessage, asked: Asked) -> AIMessage:
        taken = count_tokens_approximately(asked.messages)
        given = count_tokens_approximately([message])
        usage = {"input_tokens": taken, "output_tokens": given, "total_tokens": taken + given}
        metadata = {"finish_reason": "stop", "model_name": self.name} | message.response_metadata
        return message.model_copy(
            update={"usage_metadata": message.usage_metadata or usage, "response_metadata": metadata}
        )
