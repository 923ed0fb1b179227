"""The one way in which motet asks a model: with retries, a record of what it took, and no half answers."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config, merge_configs, set_config_context
from pydantic import BaseModel, ValidationError

from motet.models.answer import Answer, finish_reason, is_truncated, prompt_tokens, record_of
from motet.models.calls import CallRecord
from motet.models.errors import ModelCallError, ModelError, TruncatedAnswer, UnparsableAnswer
from motet.models.guard import check_request_allowed
from motet.models.naming import model_name
from motet.models.prices import NO_PRICES, Prices
from motet.models.retry import Retry, is_passing
from motet.models.sampling import Sampling
from motet.models.scripted import ROLE_KEY, ScriptedChatModel
from motet.tools.encodable import encodable

NO_SAMPLING = Sampling()
DEFAULT_RETRY = Retry()

Send = Callable[[BaseChatModel], Coroutine[Any, Any, AIMessage]]
"""Makes the request in a way of its own, with the model that it is given: an agent binds tools, for instance."""


async def ask(
    model: BaseChatModel,
    messages: LanguageModelInput,
    *,
    role: str,
    sampling: Sampling = NO_SAMPLING,
    schema: type[BaseModel] | None = None,
    send: Send | None = None,
    retry: Retry = DEFAULT_RETRY,
    prices: Prices = NO_PRICES,
    on_record: Callable[[CallRecord], None] | None = None,
) -> Answer:
    """Ask a model once.

    Cancelling the task cancels the request; the embedded model stops writing then.

    Args:
        model: Which.
        messages: The prompt.
        role: Who asks, such as `coder`; it stands in the record, and in the `motet_role` metadata of the call.
        sampling: How it is to write.
        schema: What the answer must be. The embedded model cannot write anything else.
        send: Makes the request in place of the model's own `ainvoke`, and must do so with the prompt in `messages`;
            whatever it runs inherits the call's metadata. Not together with `schema`.
        retry: What to do about failures that may pass.
        prices: What tokens cost, for the record.
        on_record: Is given the record of the call before anything is read out of the answer, also where the answer is
            void or nobody waited for its end.

    Raises:
        TruncatedAnswer: If the answer ended for lack of tokens.
        UnparsableAnswer: If it does not fit the schema.
        ContextOverflow: If the prompt is too long; from servers that say so.
        ModelCallError: If the server refuses, or fails too often.
        RequestForbiddenError: Inside `forbid_model_requests`.
    """
    if not isinstance(model, ScriptedChatModel):
        check_request_allowed(f"The model {model_name(model)}")
    writer: Any = sampling.apply(model)
    if schema is not None:
        writer = writer.with_structured_output(schema, include_raw=True)
    stop = {"stop": list(sampling.stop)} if sampling.stop else {}
    if stop and (schema or send) is not None:
        raise ValueError("`stop` cannot be given with `schema`, whose answer ends where it does, nor with `send`.")
    if schema is not None and send is not None:
        raise ValueError("`schema` and `send` cannot be given together: who sends a request reads its answer.")
    counter = _TokenCounter()
    config = merge_configs(ensure_config(), {"metadata": {ROLE_KEY: role}, "callbacks": [counter]})
    started = time.monotonic()
    tries = 0
    outcome: Any = None

    def note(record: CallRecord) -> CallRecord:
        # A price may stand under the name that the answer gives, where the client's own is an alias.
        price = prices.of_model(model) or prices.named(record.model)
        record = record.model_copy(update={"retries": tries - 1, "cost": price.of_call(record) if price else None})
        if on_record is not None:
            on_record(record)
        return record

    try:
        async for attempt in retry.loop():
            with attempt:
                tries += 1
                if send is None:
                    outcome = await _send(writer, messages, config, stop)
                else:
                    with set_config_context(config) as context:
                        outcome = await asyncio.create_task(send(writer), context=context)
    except asyncio.CancelledError:
        note(_broken_off(model, messages, role, counter.tokens, time.monotonic() - started))
        raise
    except ModelError:
        raise
    except Exception as error:  # each provider has errors of its own
        raise _failure(error, model, tries) from error
    message: AIMessage = outcome["raw"] if schema is not None else outcome
    seconds = time.monotonic() - started
    record = note(record_of(message, messages, role=role, model=model_name(model), seconds=seconds))
    text = encodable(str(message.text))
    if is_truncated(message):
        raise TruncatedAnswer(
            f"The answer of {record.model} ended after {record.output_tokens} tokens for lack of more, "
            "so its end is missing.",
            record,
            text,
        )
    parsed = None
    if schema is not None:
        parsed = outcome["parsed"] or _parse(schema, text, outcome["parsing_error"], record)
    return Answer(text=text, finish_reason=finish_reason(message), record=record, message=message, parsed=parsed)


async def _send(writer: Any, messages: LanguageModelInput, config: RunnableConfig, stop: dict[str, Any]) -> Any:
    try:
        return await writer.ainvoke(messages, config=config, **stop)
    except Exception as error:
        # The SDK of OpenAI raises on a truncated answer in a schema; what it has cost is in there.
        completion = getattr(error, "completion", None)
        if completion is None or not hasattr(completion, "usage"):
            raise
        return {"raw": _truncated_message(completion), "parsed": None, "parsing_error": error}


def _truncated_message(completion: Any) -> AIMessage:
    usage = completion.usage
    return AIMessage(
        content=completion.choices[0].message.content or "",
        response_metadata={"finish_reason": "length", "model_name": completion.model},
        usage_metadata={
            "input_tokens": usage.prompt_tokens,
            "output_tokens": usage.completion_tokens,
            "total_tokens": usage.total_tokens,
        }
        if usage
        else None,
    )


def _parse(schema: type[BaseModel], text: str, error: BaseException | None, record: CallRecord) -> BaseModel:
    """Read an answer that the provider's own way did not: models like to answer a tool's schema in plain text."""
    try:
        return schema.model_validate_json(text)
    except ValidationError as invalid:
        reason = error or invalid
        raise UnparsableAnswer(
            f"The answer of {record.model} is not a {schema.__name__}: {reason}", record, text
        ) from reason


def _broken_off(
    model: BaseChatModel, messages: LanguageModelInput, role: str, output_tokens: int, seconds: float
) -> CallRecord:
    return CallRecord(
        role=role,
        model=model_name(model),
        input_tokens=prompt_tokens(messages),
        output_tokens=output_tokens,
        seconds=seconds,
        estimated=True,
    )


def _failure(error: Exception, model: BaseChatModel, tries: int) -> ModelCallError:
    again = f" It was asked {tries} times." if tries > 1 else ""
    advice = " It may work later." if is_passing(error) else ""
    return ModelCallError(
        f"{model_name(model)} did not answer: {type(error).__name__}: {str(error).rstrip('.')}.{again}{advice}", tries
    )


class _TokenCounter(AsyncCallbackHandler):
    """Counts what is streamed, so that a broken-off answer can be accounted for."""

    def __init__(self) -> None:
        self.tokens = 0

    async def on_llm_new_token(self, token: str | list[str | dict[str, Any]], **kwargs: Any) -> None:
        self.tokens += 1
