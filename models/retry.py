"""Which failures of a model's server are worth another try, and when."""

import asyncio
from dataclasses import dataclass

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

PASSING_STATUSES = {408, 425, 429}
LONGEST_WAIT = 60.0


@dataclass(frozen=True)
class Retry:
    """How to go on after a failure that may pass."""

    attempts: int = 4
    """How often to ask at most."""
    wait_seconds: float = 1.0
    """How long to wait before the second try, about; it doubles, and a server that names a time is heeded."""

    def loop(self) -> AsyncRetrying:
        """The attempts, for `async for`."""
        backoff = wait_random_exponential(multiplier=self.wait_seconds, max=LONGEST_WAIT)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            return (_asked_wait(error) if error else None) or backoff(state)

        return AsyncRetrying(
            stop=stop_after_attempt(self.attempts),
            wait=wait,
            retry=retry_if_exception(is_passing),
            sleep=asyncio.sleep,
            reraise=True,
        )


def is_passing(error: BaseException) -> bool:
    """Whether the same request may succeed later: limits of rate, failures of the server or of the way to it."""
    if getattr(error, "code", None) == "insufficient_quota":  # comes as a 429, and stays
        return False
    classified = getattr(error, "is_retryable", None)
    if isinstance(classified, bool):
        return classified
    status = _status(error)
    if status is not None:
        return status in PASSING_STATUSES or status >= 500
    if isinstance(error, TimeoutError | ConnectionError | httpx.TransportError):
        return True
    # SDKs have types of their own for this, without a status.
    return any(kind.__name__ in {"APIConnectionError", "APITimeoutError"} for kind in type(error).__mro__)


def _status(error: BaseException) -> int | None:
    for holder in (error, getattr(error, "response", None)):
        for attribute in ("status_code", "code"):
            status = getattr(holder, attribute, None)
            if isinstance(status, int):
                return status
    return None


def _asked_wait(error: BaseException) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return min(float(headers.get("retry-after", "")), LONGEST_WAIT)
    except ValueError:
        return None
