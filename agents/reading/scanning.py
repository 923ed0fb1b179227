"""Finding where a value or a call ends in running text, and whether what follows leaves its meaning alone."""

import re
from typing import NamedTuple

from motet.agents.reading.values import Literal, plain, read_value, readings
from motet.tools.literals import NotLiteralError

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_STRING = re.compile(
    r"""[rRbB]{0,2}(?:'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")""",
    re.S,
)
_NUMBER = re.compile(r"(?:0[xXbBoO][0-9a-fA-F_]+|(?:\d[\d_]*(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)(?![\w])")
_NAME = re.compile(r"(?:True|False|None|true|false|null|none|TRUE|FALSE|NULL)\b")
_MAKER = re.compile(r"(?:set|frozenset|dict|list|tuple|float)(?=\()")
_OPERATOR = re.compile(r"[ \t]*(\*\*|//|[-+*/%])[ \t]*")
_EQUALS = re.compile(r"[ \t]*(?<![<>!=])={1,2}(?![=>])[ \t]*")
_SIGN = re.compile(r"[-+][ \t]*")
_EXPLANATION = re.compile(
    r"(?:because|since|as|due|where|which|so|i\.e\.?|e\.g\.?|explanation|note|but|while|whereas|and(?!\s+['\"\[({\d.-]))\b",
    re.I,
)

_LONGEST = 20_000


class Found(NamedTuple):
    """A value in running text."""

    value: Literal
    start: int
    end: int
    """Where the text goes on behind it."""


def bracket_end(text: str, start: int) -> int | None:
    """The place behind the bracket that closes the one at `start`; brackets in strings do not count."""
    waiting: list[str] = []
    at = start
    while at < min(len(text), start + _LONGEST):
        char = text[at]
        if char in "'\"":
            string = _STRING.match(text, at)
            if string is None:
                return None
            at = string.end()
            continue
        if char in _CLOSING:
            waiting.append(_CLOSING[char])
        elif char in ")]}":
            if not waiting or waiting.pop() != char:
                return None
            if not waiting:
                return at + 1
        at += 1
    return None


def value_at(text: str, start: int) -> Found | None:
    """The value that begins at `start`, arithmetic and chains such as `19 - 5 - 6 = 8` included.

    In a chain every part must give the same value: one that does not was not meant as a chain.
    """
    for reading in readings(text):
        found = _chain_at(reading, start)
        if found is not None:
            return found
    return None


def _chain_at(text: str, start: int) -> Found | None:
    first = _sum_at(text, start)
    if first is None:
        return None
    end = first.end
    while (link := _EQUALS.match(text, end)) is not None:
        part = _sum_at(text, link.end())
        if part is None or part.value != first.value:
            return None
        end = part.end
        first = Found(part.value, start, end)
    return Found(first.value, start, end)


def stands_alone(text: str, found: Found) -> bool:
    """Whether what follows a value leaves it as it is: `5 apples`, `2 or 3` and `3 * n` do not mean 5, 2 and 3."""
    rest = plain(text)[found.end : found.end + 200]
    line = rest.partition("\n")[0]
    unquoted = line.lstrip("`*_\"'") if line[:1] in "`*_" else line
    tail = unquoted.strip()
    if not tail or tail[0] in "#;)]}\u2014\u2013" or tail.startswith(("//", "--")):
        return True
    if tail[0] in ".!?:":
        return len(tail) == 1 or not tail[1].isalnum()
    if tail[0] == ",":
        return not re.match(r",\s*(?:[-+]?[\d.]|['\"\[({]|\w+\s*=(?!=)|None\b|True\b|False\b)", tail)
    if tail[0] == "(":
        return unquoted[:1].isspace()
    if not unquoted[0].isspace():
        return False
    return _EXPLANATION.match(tail) is not None


def parenthesised(text: str, found: Found) -> bool:
    """Whether it is one value in brackets of its own: `("Venus")` may mean a string or a tuple of one."""
    return text[found.start] == "(" and not isinstance(found.value, tuple)


def _sum_at(text: str, start: int) -> Found | None:
    end = _atom_end(text, start)
    if end is None:
        return None
    while (link := _OPERATOR.match(text, end)) is not None:
        following = _atom_end(text, link.end())
        if following is None:
            break
        if link.group() in ("-", "/"):
            return None  # 1-5 is a range, 12-10-2020 a date and 1/2 may stay a fraction
        end = following
    try:
        return Found(read_value(text[start:end]), start, end)
    except NotLiteralError:
        return None


def _atom_end(text: str, start: int) -> int | None:
    sign = _SIGN.match(text, start)
    if sign is not None:
        start = sign.end()
    if start >= len(text):
        return None
    if text[start] in _CLOSING:
        return bracket_end(text, start)
    maker = _MAKER.match(text, start)
    if maker is not None:
        return bracket_end(text, maker.end())
    for pattern in (_STRING, _NUMBER, _NAME):
        atom = pattern.match(text, start)
        if atom is not None:
            return atom.end()
    return None
