"""Turns what can go wrong into one clear line and an exit code; a traceback is for mistakes of motet's own."""

import errno
import sys
from collections.abc import Generator
from contextlib import contextmanager

import typer

OK, FAILURE, BAD_INPUT, NOT_VERIFIED, WAITING, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Exit codes. `NOT_VERIFIED`: there is a solution, but it is not proved. `WAITING`: a human is asked something."""


class BadInputError(Exception):
    """What the user gave cannot be worked with; the message says what to do."""


class InterruptedRunError(Exception):
    """The user ended a run that is recorded."""

    def __init__(self, run: str) -> None:
        super().__init__(f"Interrupted; nothing is left running. `motet resume {run}` goes on from here.")


@contextmanager
def friendly_errors() -> Generator[None]:
    """End the process with one line on stderr and the right exit code when something expected goes wrong."""
    try:
        yield
    except BadInputError as error:
        _end(BAD_INPUT, str(error))
    except InterruptedRunError as error:
        _end(INTERRUPTED, str(error))
    except KeyboardInterrupt:
        _end(INTERRUPTED, INTERRUPTION)
    except SystemExit as end:
        # Typer has already turned Ctrl-C into an exit code.
        if end.code == INTERRUPTED:
            _end(INTERRUPTED, INTERRUPTION)
        raise
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        where = f" at {error.filename}" if error.filename else ""
        _end(BAD_INPUT, f"The disk is full{where}. Free some space and try again.")
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        _end(code, " ".join([str(error), *getattr(error, "__notes__", ())]))


INTERRUPTION = "Interrupted; nothing is left running."


def _code_of(error: Exception) -> int | None:
    """The exit code for an error that can be expected."""
    # Imported only now, so that the command starts without the heavy floors.
    from motet.models import ContextOverflow, ModelError, UnknownModelError
    from motet.tools.sandbox import SandboxError, UnknownSandboxError

    if isinstance(error, UnknownModelError | UnknownSandboxError | ContextOverflow):
        return BAD_INPUT
    if "motet.tools.git" in sys.modules and (code := _code_of_repository(error)) is not None:
        return code
    if isinstance(error, ModelError | SandboxError):
        return FAILURE
    if "motet.graphs.runs" not in sys.modules:
        return None
    from motet.graphs.runs import RunError, RunStoreError, UnknownRunError

    if isinstance(error, UnknownRunError | RunStoreError):
        return BAD_INPUT
    return FAILURE if isinstance(error, RunError) else None


def _code_of_repository(error: Exception) -> int | None:
    from motet.tools.git import BrokenWorkspaceError, GitError, NoRepositoryError
    from motet.tools.suite import NoEnvironmentError

    if isinstance(error, NoRepositoryError | NoEnvironmentError):
        return BAD_INPUT
    return FAILURE if isinstance(error, GitError | BrokenWorkspaceError) else None


def _end(code: int, message: str) -> None:
    typer.echo(f"motet: {' '.join(message.split())}", err=True)
    sys.exit(code)
