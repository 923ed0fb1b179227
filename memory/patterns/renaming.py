"""Gives a remembered solution the name by which a new task calls it."""

import io
import keyword
import tokenize

from motet.memory.patterns.interface import Interface
from motet.memory.patterns.pattern import PatternTests


def renamed(code: str, old: Interface, new: Interface) -> str | None:
    """The code with its entry point named as the new task has it; `None` where that cannot be done."""
    mine, wanted = old.defines, new.defines
    if mine is None or wanted is None or mine == wanted:
        return code
    if keyword.iskeyword(wanted) or _mentions(code, wanted):
        return None  # the new name means something else there already
    return _replaced(code, mine, wanted)


def renamed_tests(tests: PatternTests, old: Interface, new: Interface) -> PatternTests | None:
    """Tests of the old name as tests of the new one."""
    cases = [(case, renamed(case.code, old, new)) for case in tests.cases]
    files = {path: renamed(text, old, new) for path, text in tests.files.items()}
    if any(code is None for _, code in cases) or None in files.values():
        return None
    return PatternTests(
        cases=tuple(case.model_copy(update={"code": code}) for case, code in cases),
        files={path: text for path, text in files.items() if text is not None},
    )


def _mentions(code: str, name: str) -> bool:
    return any(token.type == tokenize.NAME and token.string == name for token in _tokens(code))


def _replaced(code: str, old: str, new: str) -> str | None:
    """Replace a name, token by token, so that strings and comments stay as they are; attributes do too."""
    lines = code.splitlines(keepends=True)
    found = []
    before = ""
    for token in _tokens(code):
        if token.type == tokenize.NAME and token.string == old and before != ".":
            found.append(token.start)
        before = token.string
    for row, column in reversed(found):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + new + line[column + len(old) :]
    return "".join(lines)


def _tokens(code: str) -> list[tokenize.TokenInfo]:
    try:
        return list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, SyntaxError):
        return []
