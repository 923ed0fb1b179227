"""Patches as git writes them, of texts."""

import difflib
import re
from collections.abc import Mapping

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def diff(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """The patch from some files to others of the same paths, for `git apply`."""
    return "".join(_diff_of(path, before[path], after[path]) for path in sorted(before) if before[path] != after[path])


def _diff_of(path: str, before: str, after: str) -> str:
    # Not with splitlines(), which also splits at characters that git leaves within a line.
    lines = difflib.unified_diff(_LINE.findall(before), _LINE.findall(after), f"a/{path}", f"b/{path}")
    body = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return f"diff --git a/{path} b/{path}\n{body}"
