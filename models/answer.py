"""A model's answer and the record of what it took."""

from dataclasses import dataclass
from typing import TypeVar

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, convert_to_messages
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.prompt_values import PromptValue
from pydantic import BaseModel

from motet.models.calls import CallRecord

FINISH_KEYS = ("finish_reason", "stop_reason", "done_reason")
Schema = TypeVar("Schema", bound=BaseModel)
TRUNCATED = {"length", "max_tokens", "max_output_tokens", "model_length"}


@dataclass(frozen=True)
class Answer:
    """What a model said."""

    text: str
    finish_reason: str
    """Why it ended, in the provider's word: `stop` for most."""
    record: CallRecord
    """What it took."""
    message: AIMessage
    """The whole message, tool calls included."""
    parsed: BaseModel | None = None
    """The answer in its schema, where one was asked for."""

    def read_as(self, schema: type[Schema]) -> Schema:
        """The answer in its schema, typed.

        Raises:
            TypeError: If it was asked for in another one, or in none.
        """
        if not isinstance(self.parsed, schema):
            raise TypeError(f"This answer holds a {type(self.parsed).__name__}: no {schema.__name__} was asked for.")
        return self.parsed


def finish_reason(message: AIMessage) -> str:
    """Why an answer ended, wherever the provider writes that."""
    metadata = message.response_metadata
    incomplete = metadata.get("incomplete_details") or {}
    return str(next((metadata[key] for key in FINISH_KEYS if metadata.get(key)), incomplete.get("reason") or "stop"))


def is_truncated(message: AIMessage) -> bool:
    """Whether the answer ended because its tokens ran out."""
    return finish_reason(message).lower() in TRUNCATED


def record_of(message: AIMessage, prompt: LanguageModelInput, *, role: str, model: str, seconds: float) -> CallRecord:
    """Read what an answer took; guess where the provider does not say."""
    usage = message.usage_metadata
    metadata = message.response_metadata
    return CallRecord(
        role=role,
        model=str(metadata.get("model_name") or metadata.get("model") or model),
        input_tokens=usage["input_tokens"] if usage else prompt_tokens(prompt),
        output_tokens=usage["output_tokens"] if usage else count_tokens_approximately([message]),
        cached_tokens=(usage.get("input_token_details", {}).get("cache_read") or 0) if usage else 0,
        seconds=seconds,
        estimated=usage is None,
    )


def prompt_tokens(prompt: LanguageModelInput) -> int:
    """About how many tokens a prompt has, without asking anyone."""
    return count_tokens_approximately(_messages(prompt))


def _messages(prompt: LanguageModelInput) -> list[BaseMessage]:
    if isinstance(prompt, str):
        return [HumanMessage(prompt)]
    return prompt.to_messages() if isinstance(prompt, PromptValue) else convert_to_messages(prompt)
