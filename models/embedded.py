"""The model inside: a chat model whose server runs in this process and starts when it is first asked."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import openai

from motet.models.catalog import EmbeddedModel
from motet.models.errors import UnknownModelError
from motet.models.guard import check_request_allowed
from motet.models.prepared import PreparedChatOpenAI
from motet.models.progress import Progress
from motet.models.server import EmbeddedServer, server_for
from motet.models.weights import ensure_weights


class EmbeddedChatModel(PreparedChatOpenAI):
    """A chat model that needs no key and no service. Made by `embedded_chat_model`."""

    find_server: Callable[[Progress | None], EmbeddedServer]
    """Brings the weights and starts the server where that has not happened yet."""

    def prepare(self, progress: Progress | None = None) -> None:
        """Fetch the weights and start the server, the first time."""
        self.find_server(progress)

    @property
    def _llm_type(self) -> str:
        return "motet-embedded"


@cache
def embedded_chat_model(weights: EmbeddedModel | Path) -> EmbeddedChatModel:
    """Make a chat model that runs in this process.

    Nothing is fetched or loaded until it is asked for the first time.

    Args:
        weights: A known model, or a GGUF file.

    Raises:
        UnknownModelError: If there is no such file.
    """
    if isinstance(weights, Path) and not weights.is_file():
        raise UnknownModelError(f"There is no model file at {weights}.")
    name = weights.stem if isinstance(weights, Path) else weights.name

    def find_server(progress: Progress | None = None) -> EmbeddedServer:
        check_request_allowed(f"The embedded model {name}")
        return server_for(weights if isinstance(weights, Path) else ensure_weights(weights, progress), name)

    def to_server(request: Any) -> None:
        """Send a request to where the server is: its port and key are not known when the client is made."""
        server = find_server()
        request.url = type(request.url)(server.address).join(request.url.raw_path.decode())
        request.headers["Host"] = request.url.netloc.decode()
        request.headers["Authorization"] = f"Bearer {server.api_key}"
        # A kept connection would belong to one event loop, and the client is used from many.
        request.headers["Connection"] = "close"

    async def to_server_async(request: Any) -> None:
        to_server(request)

    return EmbeddedChatModel(
        model=name,
        find_server=find_server,
        base_url="http://motet.invalid/v1",
        api_key="set by the request hook",
        organization="",
        # Requests stay in this process whatever proxy the environment names, and loopback needs no certificates.
        openai_proxy="",
        http_socket_options=(),
        http_client=openai.DefaultHttpxClient(
            trust_env=False, verify=False, timeout=None, event_hooks={"request": [to_server]}
        ),
        http_async_client=openai.DefaultAsyncHttpxClient(
            trust_env=False, verify=False, timeout=None, event_hooks={"request": [to_server_async]}
        ),
        use_responses_api=False,
        # The server goes on with an answer that nobody waits for any more, unless it is streamed.
        streaming=True,
        stream_usage=True,
        stream_chunk_timeout=None,
        timeout=None,
        max_retries=0,
    )
