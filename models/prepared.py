"""A client of an OpenAI-compatible server that has to be made ready before it can be asked."""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from motet.models.errors import ContextOverflow
from motet.models.progress import Progress


class PreparedChatOpenAI(ChatOpenAI):
    """A `ChatOpenAI` with a step before each request, and with grammar-constrained answers.

    It stays cheap to make: what takes time happens at the first request.
    """

    def prepare(self, progress: Progress | None = None) -> None:
        """Make the server ready. Called before each request, on a thread where the caller is async.

        Args:
            progress: Is told how far it has come; a progress bar on stderr without it.
        """

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self.prepare()
        with _overflow_counted():
            yield from super()._stream(messages, stop=stop, run_manager=run_manager, **kwargs)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        await asyncio.to_thread(self.prepare)
        with _overflow_counted():
            async for chunk in super()._astream(messages, stop=stop, run_manager=run_manager, **kwargs):
                yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.prepare()
        with _overflow_counted():
            return super()._generate(messages, stop=stop, run_manager=run_manager, **kwargs)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        await asyncio.to_thread(self.prepare)
        with _overflow_counted():
            return await super()._agenerate(messages, stop=stop, run_manager=run_manager, **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type | None = None,
        *,
        include_raw: bool = False,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Constrain answers to a JSON schema with a grammar on the server.

        Args:
            schema: A pydantic model or a JSON schema.
            include_raw: Whether to return `raw`, `parsed` and `parsing_error` instead of the parsed answer alone.
            **kwargs: Bound to the request.
        """
        pydantic_schema = schema if isinstance(schema, type) and issubclass(schema, BaseModel) else None
        if pydantic_schema is None and not isinstance(schema, dict):
            raise TypeError(f"A schema must be a pydantic model or a JSON schema, not {schema!r}.")
        json_schema = pydantic_schema.model_json_schema() if pydantic_schema else schema
        # In the extra body, because the SDK treats a response format of its own specially: it raises on a truncated
        # answer and drops what that has cost.
        grammar = {"type": "json_schema", "json_schema": {"name": "answer", "schema": json_schema, "strict": True}}
        asked = self.bind(extra_body={"response_format": grammar}, **kwargs)
        parser = PydanticOutputParser(pydantic_object=pydantic_schema) if pydantic_schema else JsonOutputParser()
        if not include_raw:
            return asked | parser
        parsed = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
        unparsed = RunnablePassthrough.assign(parsed=lambda _: None)
        return RunnableMap(raw=asked) | parsed.with_fallbacks([unparsed], exception_key="parsing_error")

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload = super()._get_request_payload(input_, stop=stop, **kwargs)
        # The older name is the one that every compatible server knows.
        if "max_completion_tokens" in payload:
            payload["max_tokens"] = payload.pop("max_completion_tokens")
        return payload


@contextmanager
def _overflow_counted() -> Generator[None]:
    """Turn llama.cpp's refusal of a long prompt into an error that says by how much it is too long."""
    try:
        yield
    except ModelInvalidRequestError as error:
        body = getattr(error, "body", None)
        if isinstance(body, dict) and body.get("type") == "exceed_context_size_error":
            raise ContextOverflow(int(body["n_prompt_tokens"]), int(body["n_ctx"])) from error
        raise
