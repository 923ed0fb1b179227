"""Fetches weights from the Hugging Face hub.

Plain range requests rather than `huggingface_hub`: its downloads start anew after an interruption (they go to a
temporary file of the process), and its own retries make an unreachable hub take long to give up on.
"""

import os
import threading
from pathlib import Path

import httpx

from motet.models.cache import check_space
from motet.models.catalog import WeightsFile
from motet.models.errors import WeightsUnavailableError
from motet.models.progress import Progress

PROBE_SECONDS = 5.0
TIMEOUT = httpx.Timeout(30.0, connect=PROBE_SECONDS)
INTERRUPTIONS = 5
"""How often in a row a broken transfer that brought nothing is taken up again."""


def hub_url(model: WeightsFile) -> str:
    """The address of the weights, on the hub or on the mirror that `HF_ENDPOINT` names."""
    return f"{_endpoint()}/{model.repository}/resolve/{model.revision}/{model.path or model.filename}"


def why_unreachable(model: WeightsFile) -> str | None:
    """Ask the hub for the file's headers; return why it cannot be had, or None where it can.

    In a thread of its own, because no timeout of a client ends a name server that does not answer.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        return "switched off by HF_HUB_OFFLINE"
    found = [f"no answer within {PROBE_SECONDS:g} s"]

    def ask() -> None:
        try:
            status = httpx.head(hub_url(model), headers=_headers(), timeout=PROBE_SECONDS).status_code
            found[0] = "" if status < 400 else f"HTTP status {status}"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            found[0] = f"{type(error).__name__}: {error}"

    thread = threading.Thread(target=ask, daemon=True, name="motet-hub-probe")
    thread.start()
    thread.join(PROBE_SECONDS)
    return found[0] or None


def fetch_from_hub(model: WeightsFile, partial: Path, progress: Progress) -> None:
    """Bring the whole file, going on from what is there.

    Args:
        model: Which.
        partial: The file that grows.
        progress: Is told how far it has come.

    Raises:
        WeightsUnavailableError: Saying why it could not be had.
    """
    if reason := why_unreachable(model):
        raise WeightsUnavailableError(f"the Hugging Face hub ({_endpoint()}): {reason}")
    interruptions = 0
    while (have := _size(partial)) < model.bytes:
        check_space(model, model.bytes - have)
        try:
            _transfer(model, partial, have, progress)
            problem = "the transfer ended early"
        except httpx.HTTPStatusError as error:
            raise WeightsUnavailableError(f"the Hugging Face hub: HTTP status {error.response.status_code}") from error
        except httpx.HTTPError as error:
            problem = f"{type(error).__name__}: {error}"
        interruptions = 0 if _size(partial) > have else interruptions + 1
        if interruptions == INTERRUPTIONS:
            raise WeightsUnavailableError(f"the Hugging Face hub ({_endpoint()}): {problem}")


def _transfer(model: WeightsFile, partial: Path, have: int, progress: Progress) -> None:
    headers = _headers() | ({"Range": f"bytes={have}-"} if have else {})
    with httpx.stream("GET", hub_url(model), headers=headers, timeout=TIMEOUT, follow_redirects=True) as response:
        response.raise_for_status()
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        with partial.open("ab" if resumed else "wb") as file:
            # Raw, because a mirror that compresses would break the count that a resume relies on; and as they come,
            # because a chunk of a fixed size would be lost half filled.
            for chunk in response.iter_raw():
                file.write(chunk)
                progress(file.tell(), model.bytes, f"Fetching {model.name} from the Hugging Face hub")


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def _headers() -> dict[str, str]:
    token = os.environ.get("HF_TOKEN")
    return {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {token}"} if token else {})


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
