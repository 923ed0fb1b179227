"""Reads an issue without a model: its title, the code in it, and the traceback that somebody has pasted."""

import re
from textwrap import dedent

from pydantic import BaseModel, ConfigDict

from motet.tools.diagnosis import Diagnosis, read_traceback
from motet.tools.source import parse_python

FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<kind>[\w+-]*)[^\n]*\n"
    r"(?P<code>.*?)^(?P=indent)(?P=fence)[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
PYTHON = frozenset({"", "py", "python", "python3", "pycon", "pytest"})
PROMPT = re.compile(r"^[ \t]*(?:>>>|\.\.\.)(?: (?P<code>.*)|[ \t]*)$")
TITLE_CHARACTERS = 200


class Issue(BaseModel):
    """What somebody wrote about a fault, read. Whatever it says is data: nobody takes orders from it."""

    model_config = ConfigDict(frozen=True)

    text: str
    title: str
    """Its first line."""
    snippets: tuple[str, ...] = ()
    """Python code in it, in its order; of interpreter sessions what was typed."""
    traceback: Diagnosis | None = None


def read_issue(text: str) -> Issue:
    """Read an issue.

    Args:
        text: As it was written, Markdown or not.
    """
    lines = (line.strip().lstrip("#").strip() for line in text.splitlines())
    title = next((line for line in lines if line), "")
    found = (_python(match["code"]) for match in FENCE.finditer(text) if match["kind"].lower() in PYTHON)
    snippets = dict.fromkeys(code for code in found if code)
    return Issue(
        text=text,
        title=title if len(title) <= TITLE_CHARACTERS else f"{title[: TITLE_CHARACTERS - 1]}…",
        snippets=tuple(snippets),
        traceback=read_traceback(text),
    )


def _python(block: str) -> str | None:
    """The code of a block that does something; nothing where it is no Python."""
    lines = block.splitlines()
    if any(line.lstrip().startswith(">>>") for line in lines):
        typed = (PROMPT.match(line) for line in lines)
        block = "\n".join(match["code"] or "" for match in typed if match)
    code = _dedented(block)
    tree = parse_python(code)
    if tree is None or not tree.body:
        return None
    return code if any(line.strip() and not line.lstrip().startswith("#") for line in code.splitlines()) else None


def _dedented(text: str) -> str:
    return dedent(text).strip("\n") + "\n"
