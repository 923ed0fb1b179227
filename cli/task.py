"""Reads what the user gave: a task in words, in a file or on standard input, and where the answer goes."""

import os
import sys
from pathlib import Path

from motet.cli.errors import BadInputError

LONGEST_TASK = 200_000
"""Characters; no model that motet is made for reads more, and a binary file given by mistake is noticed."""


def read_task(given: str) -> str:
    """Find the task's words.

    Raises:
        BadInputError: It is empty, or names a file that cannot be read.
    """
    if not given.strip():
        task = ""
    elif given == "-":
        task = sys.stdin.read()
    else:
        looks_like_path = len(given) < 4096 and not any(character.isspace() for character in given.strip())
        names_file = looks_like_path and (os.sep in given or Path(given).suffix in (".py", ".md", ".txt", ".rst"))
        if looks_like_path and Path(given).exists():
            task = read_text(Path(given), "task")
        elif names_file:
            raise BadInputError(
                f"There is no file {given!r}. Give a file that exists, '-' for standard input, or words."
            )
        else:
            task = given
    if not _is_utf8(task):
        raise BadInputError("The task is not UTF-8 text.")
    if not task.strip():
        raise BadInputError('The task is empty. Say what to write, such as: motet solve "Write add(a, b) ..."')
    if len(task) > LONGEST_TASK:
        raise BadInputError(f"The task has {len(task):,} characters; {LONGEST_TASK:,} is the most. Give only the task.")
    return task


def _is_utf8(text: str) -> bool:
    """Python keeps bytes that are no UTF-8 as characters that nothing else takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_text(path: Path, what: str) -> str:
    """Read a UTF-8 file.

    Raises:
        BadInputError: It cannot be read, is a folder, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadInputError(f"The {what} file {str(path)!r} is not UTF-8 text.") from None
    except OSError as error:
        raise BadInputError(f"The {what} file {str(path)!r} cannot be read: {error.strerror}.") from None


def check_target(path: Path) -> None:
    """See that a file can be written there before work begins.

    Raises:
        BadInputError: Saying what is in the way.
    """
    folder = path.parent
    if not _is_utf8(str(path)):
        raise BadInputError(f"--out {str(path)!r}: give a name in UTF-8.")
    if path.is_dir():
        raise BadInputError(f"--out {str(path)!r} is a folder; give a file name in it.")
    if not folder.is_dir():
        raise BadInputError(f"--out {str(path)!r}: there is no folder {str(folder)!r}; make it first.")
    if not os.access(folder, os.W_OK):
        raise BadInputError(f"--out {str(path)!r}: no right to write in {str(folder)!r}.")


def first_line(task: str, length: int = 100) -> str:
    """The beginning of a task, for a line about it."""
    words = " ".join(task.split())
    return words if len(words) <= length else f"{words[: length - 1]}…"
