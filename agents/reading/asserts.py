"""Examples written as assert statements, alone on their lines or in a block that prepares them."""

import re
from collections.abc import Iterator

from motet.agents.contract import Example
from motet.agents.reading.code import parse
from motet.agents.reading.sessions import Session
from motet.agents.reading.target import Placed, Target

_ASSERT = re.compile(r"^[ \t]*(?:[*-][ \t]+|\d+[.)][ \t]+|>>>[ \t]*)?(`?)(?=assert\b)", re.M)
_STATEMENT = re.compile(r"^[ \t]*(?:[\w.]+[ \t]*[=(]|import |from |assert\b)")
_MOST_LINES = 60


def asserts(text: str, target: Target) -> Iterator[Placed]:
    """The asserts that call the target and need nothing that the task does not give."""
    session = Session(target)
    last = 0
    for match in _ASSERT.finditer(text):
        if match.start() < last:
            continue
        found = _statement_at(text, match.end(), quoted=bool(match.group(1)))
        if found is None:
            continue
        code, end = found
        tree = parse(code)
        if tree is None:
            continue
        session = _prepared(text[last : match.start()], session, target)
        standalone = session.standalone(code, tree)
        if standalone is not None:
            example = Example(form="assert", code=standalone, expected=None, text=text[match.end() : end].strip())
            yield Placed(match.start(), end, example)
        last = end


def _statement_at(text: str, start: int, *, quoted: bool) -> tuple[str, int] | None:
    """The shortest run of lines from `start` that is a statement."""
    end = start
    for _ in range(_MOST_LINES):
        line_end = text.find("\n", end)
        end = len(text) if line_end < 0 else line_end
        code = text[start:end].rstrip()
        if quoted:
            code = code.rstrip("`.,; ")
        if parse(code) is not None:
            return code, end
        if end == len(text):
            return None
        end += 1
    return None


def _prepared(between: str, session: Session, target: Target) -> Session:
    """The session after the code between two asserts: a line that is no statement begins a new one."""
    block: list[str] = []
    for line in between.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if _STATEMENT.match(line) and parse(line.strip()) is not None:
            block.append(line.strip())
        else:
            session, block = Session(target), []
    for line in block:
        tree = parse(line)
        if tree is not None:
            session.ran(line, tree)
    return session
