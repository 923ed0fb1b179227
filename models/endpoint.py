"""Models behind an OpenAI-compatible URL: llama.cpp, vLLM, LM Studio, Ollama and others."""

import os
from functools import lru_cache
from typing import Any

import httpx
from langchain_core.language_models import LanguageModelInput

from motet.models.errors import UnknownModelError
from motet.models.prepared import PreparedChatOpenAI
from motet.models.progress import Progress

UNNAMED = "the server's first model"


class EndpointChatModel(PreparedChatOpenAI):
    """A chat model behind a URL. Where it was given no name, the server is asked which model it has."""

    def prepare(self, progress: Progress | None = None) -> None:
        """Find out the model's name, the first time."""
        if self.model_name == UNNAMED:
            first_model(str(self.openai_api_base), _api_key())

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        payload = super()._get_request_payload(input_, stop=stop, **kwargs)
        if payload.get("model") == UNNAMED:
            payload["model"] = first_model(str(self.openai_api_base), _api_key())
        return payload


def endpoint_chat_model(url: str) -> EndpointChatModel:
    """Make a chat model from `http://host:port/v1` or `http://host:port/v1#model`.

    The key is taken from `OPENAI_API_KEY` where the server asks for one.
    """
    address, _, name = url.partition("#")
    return EndpointChatModel(
        model=name or UNNAMED,
        base_url=address.rstrip("/"),
        api_key=_api_key(),
        use_responses_api=False,
        max_retries=0,
    )


@lru_cache
def first_model(base_url: str, api_key: str) -> str:
    """Ask a server which model it has; the first of several.

    Raises:
        UnknownModelError: If it does not say.
    """
    address = f"{base_url}/models"
    try:
        response = httpx.get(address, headers={"Authorization": f"Bearer {api_key}"}, timeout=10)
        response.raise_for_status()
        return str(response.json()["data"][0]["id"])
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        raise UnknownModelError(
            f"{address} does not say which models it has ({type(error).__name__}: {error}). "
            f"Is the server running? Name the model yourself: {base_url}#MODEL."
        ) from error


def _api_key() -> str:
    return os.environ.get("OPENAI_API_KEY") or "none"
