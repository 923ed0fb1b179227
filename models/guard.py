"""A switch that forbids real model requests, for tests that must not make any."""

import os
from collections.abc import Generator
from contextlib import contextmanager

from motet.models.errors import RequestForbiddenError

VARIABLE = "MOTET_FORBID_MODEL_REQUESTS"

_forbidden = 0


@contextmanager
def forbid_model_requests() -> Generator[None]:
    """Make every request to a real model an error, in the whole process, until the block ends.

    `ScriptedChatModel` may still be asked. `MOTET_FORBID_MODEL_REQUESTS=1` does the same for a whole run.
    """
    global _forbidden  # noqa: PLW0603 - the switch is the process's: model servers answer on other threads
    _forbidden += 1
    try:
        yield
    finally:
        _forbidden -= 1


def check_request_allowed(what: str, instead: str = "a `ScriptedChatModel`") -> None:
    """Raise where real requests are forbidden.

    Args:
        what: What was about to be asked or started, for the message.
        instead: What to use there, for the message.

    Raises:
        RequestForbiddenError: If they are.
    """
    if _forbidden or os.environ.get(VARIABLE, "") not in {"", "0"}:
        raise RequestForbiddenError(
            f"{what} was about to be used, and real model requests are forbidden here "
            f"(`forbid_model_requests()` or {VARIABLE}). Use {instead}."
        )
