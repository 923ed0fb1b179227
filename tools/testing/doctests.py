"""Judges doctest examples on the host, by the doctest module's own rules."""

import doctest
import re
from typing import Any

from motet.tools.literals import literal, source_of

_TRACEBACK = re.compile(r"Traceback \((?:most recent call last|innermost last)\):\s*\n", re.MULTILINE)
FLAGS = doctest.ELLIPSIS


def options(code: str) -> dict[int, bool]:
    """The directives in an example, such as `# doctest: +SKIP`.

    Raises:
        ValueError: There is no such directive.
    """
    prompt = "\n".join(f"{'>>>' if number == 0 else '...'} {line}" for number, line in enumerate(code.splitlines()))
    return doctest.DocTestParser().get_examples(prompt + "\n")[0].options if code.strip() else {}


def judge(want: str, printed: str, error: dict[str, Any] | None, directives: dict[int, bool]) -> str | None:
    """Why an example does not show what it should, or `None` where it does.

    Beside what doctest accepts, a plain value may be written otherwise than `repr` does: quotes, spaces, the order of a
    set. Spaces within other output count; `NORMALIZE_WHITESPACE` would let wrong strings pass.
    """
    flags = FLAGS
    for flag, on in directives.items():
        flags = flags | flag if on else flags & ~flag
    want = _tidy(want, blank="<BLANKLINE>")
    if error is not None:
        return _judge_error(want, error, flags)
    if _TRACEBACK.match(want):
        return f"it printed {printed.strip()!r:.500} instead of raising {want.splitlines()[-1]:.500}"
    if doctest.OutputChecker().check_output(want, _tidy(printed), flags) or _same_value(want, printed):
        return None
    return f"it showed {printed.strip()!r:.500}, expected {want.strip()!r:.500}"


def _judge_error(want: str, error: dict[str, Any], flags: int) -> str | None:
    text = f"{error['type']}: {error['text']}" if error["text"] else error["type"]
    if not _TRACEBACK.match(want):
        return f"it raised {text}"
    # The message starts at the last line that is not indented: the frames and their source are.
    lines = want.splitlines()[1:]
    starts = [number for number, line in enumerate(lines) if line[:1].isalpha() or line.startswith("_")]
    wanted = "\n".join(lines[starts[0] :]) + "\n" if starts else ""
    if flags & doctest.IGNORE_EXCEPTION_DETAIL:
        wanted, text = _type_only(wanted), _type_only(text)
    for got in (text, f"{error['module']}.{text}"):
        if doctest.OutputChecker().check_output(wanted, got + "\n", flags):
            return None
    return f"it raised {text:.500}, expected {wanted.strip():.500}"


def _type_only(message: str) -> str:
    return message.split(":", maxsplit=1)[0].strip().rsplit(".", 1)[-1] + "\n"


def _same_value(want: str, printed: str) -> bool:
    try:
        return source_of(literal(want)) == source_of(literal(printed))
    except (SyntaxError, ValueError):
        return False


def _tidy(text: str, *, blank: str = "") -> str:
    """Without spaces at the ends of lines, as nobody sees them."""
    lines = [line.rstrip() or blank for line in text.rstrip().splitlines()]
    return "".join(f"{line}\n" for line in lines)
