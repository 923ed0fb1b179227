"""Turns what can go wrong into one clear line and an exit code; a traceback is for mistakes of motet's own."""

import errno
import sys
from collections.abc import Generator
from contextlib import contextmanager

import typer

from motet.models import ContextOverflow, ModelError, UnknownModelError
from motet.tools.sandbox import NoSandboxError, SandboxError, UnknownSandboxError

OK, FAILURE, BAD_INPUT, NOT_VERIFIED, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes. `NOT_VERIFIED`: there is a solution, but it is not proved."""


class BadInputError(Exception):
    """What the user gave cannot be worked with; the message says what to do."""


@contextmanager
def friendly_errors() -> Generator[None]:
    """End the process with one line on stderr and the right exit code when something expected goes wrong."""
    try:
        yield
    except (BadInputError, UnknownModelError, UnknownSandboxError, ContextOverflow) as error:
        _end(BAD_INPUT, str(error))
    except NoSandboxError as error:
        _end(FAILURE, f"{error} `motet doctor` shows what is here.")
    except (ModelError, SandboxError) as error:
        _end(FAILURE, str(error))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _end(
            BAD_INPUT,
            f"The disk is full{f' at {error.filename}' if error.filename else ''}. Free some space and try again.",
        )
    except SystemExit as end:
        # Typer has already turned Ctrl-C into an exit code.
        if end.code == INTERRUPTED:
            _end(INTERRUPTED, "Interrupted; nothing is left running.")
        raise


def _end(code: int, message: str) -> None:
    typer.echo(f"motet: {' '.join(message.split())}", err=True)
    sys.exit(code)
