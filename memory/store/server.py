"""The way to a Chroma server."""

import ssl
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import cast
from urllib.parse import urlsplit

import chromadb
import httpx
from chromadb.api import ClientAPI
from chromadb.api.client import Client
from chromadb.config import Settings


def connect(url: str, *, headers: Mapping[str, str], verify: bool | str) -> tuple[ClientAPI, Callable[[], None]]:
    """Open a client, and see that the server answers.

    Returns:
        The client, and a function that closes it.

    Raises:
        ValueError: The URL is none, or nothing answers there.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is no URL of a Chroma server; give one such as http://localhost:8000.")
    client: ClientAPI | None = None
    try:
        _knock(url, headers, verify)
        with warnings.catch_warnings():
            # Chroma hands a file of authorities to its HTTP client in a way that this wants to give up one day.
            warnings.filterwarnings("ignore", "`verify=<str>` is deprecated", DeprecationWarning)
            client = chromadb.HttpClient(
                host=parts.hostname,
                port=parts.port or (443 if parts.scheme == "https" else 80),
                ssl=parts.scheme == "https",
                headers=dict(headers),
                settings=Settings(anonymized_telemetry=False, chroma_server_ssl_verify=verify),
            )
        client.heartbeat()
    except Exception as problem:  # Chroma passes on whatever its HTTP client raises
        if client is not None:
            _close(client)
        cause = problem.__context__ or problem  # Chroma says only that it could not connect
        raise ValueError(
            f"No Chroma server answers at {url} ({cause}). Start one with `chroma run`, or give a folder instead."
        ) from problem
    return client, partial(_close, client)


def _knock(url: str, headers: Mapping[str, str], verify: bool | str) -> None:
    # Chroma's client asks while it is made; where that fails, nobody could close the connections that it opened.
    context = ssl.create_default_context(cafile=verify) if isinstance(verify, str) else verify
    with httpx.Client(headers=dict(headers), verify=context) as visitor:
        answer = visitor.get(f"{url.rstrip('/')}/api/v2/heartbeat")
    if not answer.is_success:
        raise ConnectionError(f"{answer.status_code} {answer.text[:200]}")


def _close(client: ClientAPI) -> None:
    # Chroma's own `close` leaves the connections of its HTTP sessions open, one of them its administrator's.
    clients = [client, getattr(client, "_admin_client", None)]
    sessions = [getattr(getattr(one, "_server", None), "_session", None) for one in clients]
    cast(Client, client).close()
    for session in sessions:
        if session is not None:
            session.close()
