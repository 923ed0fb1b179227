"""Text that came out of a sandbox, made fit for a terminal and a prompt."""

import re
import unicodedata

ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+(?=>)")
LINE_CHARACTERS = 300
TEXT_CHARACTERS = 2000


def printable(text: str, length: int = TEXT_CHARACTERS) -> str:
    """Text without characters that do more than show, and not too long."""
    text = str(text)[: 2 * length]
    shown = "".join(letter if letter in "\n\t" or unicodedata.category(letter)[0] != "C" else "·" for letter in text)
    return shown if len(shown) <= length else f"{shown[: length - 1]}…"


def one_line(text: str) -> str:
    """As `printable`, on one line and without addresses, which differ from run to run.

    Spaces within a line stay: where code went wrong over whitespace, they are what it is about.
    """
    return re.sub(r"\s*\n\s*", " ", ADDRESS.sub("", printable(text, LINE_CHARACTERS))).strip()
