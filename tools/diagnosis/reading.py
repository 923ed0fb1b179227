"""Reads a diagnosis out of text that holds a Python traceback or pytest's output, whatever stands around it."""

import re

from motet.tools.diagnosis.diagnosis import Diagnosis
from motet.tools.diagnosis.pytest_output import read_pytest_output
from motet.tools.diagnosis.python_traceback import read_python_traceback

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
READ_CHARACTERS = 200_000
"""Of longer texts the end is read: a traceback is the last word of a program."""


def read_traceback(text: str) -> Diagnosis | None:
    """Read the last traceback in a text, or the first failure that pytest shows.

    For the standard error of programs and for what people paste: chained exceptions, exception groups, syntax errors,
    long recursions, Windows paths, colours, and lines of a log before, between or in front of it are understood. The
    values of names are not in such a text; `diagnose_case` sees those.

    Args:
        text: Any text.

    Returns:
        The diagnosis; its frames are those outside of Python's own library and of installed packages, or all where
        there are no others. `None` where the text holds no traceback.
    """
    text = ESCAPES.sub("", text)[-READ_CHARACTERS:]
    return read_pytest_output(text) or read_python_traceback(text)
