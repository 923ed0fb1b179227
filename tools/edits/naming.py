"""Finds the path of a file in the line of prose where a model names it."""

import re

_LIKE_A_PATH = re.compile(r"/|\w\.\w+$|^\.\w")
_BEFORE = re.compile(r"(?:(?:#+|//|--|[-*]|\d+[.)])\s+)?(?:\**(?:file|path|filename)\**:\**\s*)?", re.IGNORECASE)
_BARE = re.compile(r"[^\s`'\"<>|(){}]+")
_QUOTED = re.compile(r"`([^`]+)`")


def path_in_line(line: str) -> str | None:
    """The path on a line: alone, in bold or with a word before it; in backticks also within a sentence."""
    quoted = _QUOTED.findall(line)
    if quoted:
        alone = not re.search(r"\w", _BEFORE.sub("", _QUOTED.sub("", line), count=1))
        return quoted[0].strip() if len(quoted) == 1 and (alone or _LIKE_A_PATH.search(quoted[0])) else None
    line = line.strip()
    before = _BEFORE.match(line)
    name = line[before.end() if before is not None else 0 :].strip().strip("*").strip()
    ended = name.endswith(":")
    name = name.rstrip(":").strip("*")
    return name if _BARE.fullmatch(name) and (not ended or _LIKE_A_PATH.search(name)) else None


def path_in_fence(info: str) -> str | None:
    """The path on the line that opens a fence, as in `python src/a.py`, `python:src/a.py` and `py title="src/a.py"`."""
    words = [word.strip("\"'") for word in re.split(r"[\s:={}]+", info)]
    return next((word for word in reversed(words) if _LIKE_A_PATH.search(word)), None)
