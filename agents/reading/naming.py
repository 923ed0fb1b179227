"""What a task that holds no stub calls the thing to be written."""

import builtins
import re
from collections import Counter

from motet.agents.reading.arrows import arrows
from motet.agents.reading.asserts import asserts
from motet.agents.reading.doctests import doctests
from motet.agents.reading.target import Target

_IDENTIFIER = r"[A-Za-z_]\w*"
_THING = r"(?:function|method|routine|procedure|subroutine|helper|generator|decorator|coroutine)"
_QUOTE = r"[`'\"*\u201c\u2018]{1,3}"
_NAMED = (
    re.compile(rf"^(?!\s*>>>).*\bdef\s+({_IDENTIFIER})\s*\(", re.M),
    re.compile(rf"\b{_THING}\b[^.\n]{{0,40}}?\b(?:called|named)\s+(?:{_QUOTE})?({_IDENTIFIER})", re.I),
    re.compile(rf"\b{_THING}\s*:?\s+{_QUOTE}(?:def\s+)?({_IDENTIFIER})", re.I),
    re.compile(rf"\b{_THING}\s*:?\s+({_IDENTIFIER})\s*\(", re.I),
    re.compile(rf"\b{_THING}\s+({_IDENTIFIER}_\w+|[a-z]+[A-Z]\w*|[a-z]+\d\w*)\b"),
    re.compile(rf"{_QUOTE}({_IDENTIFIER})(?:\([^`\n]*\))?{_QUOTE}\s+{_THING}\b", re.I),
    re.compile(
        rf"\b(?:write|implement|create|define|complete|build|code)\s+{_QUOTE}(?:def\s+)?({_IDENTIFIER})\s*\(", re.I
    ),
    re.compile(rf"\b(?:write|implement|create|define|complete)\s+({_IDENTIFIER})\s*\([\w\s,:=\[\]*.|'\"]*\)", re.I),
    re.compile(rf"\bname(?:d)?\s+(?:it|the\s+function)\s+(?:{_QUOTE})?({_IDENTIFIER})", re.I),
    re.compile(rf"\bcall\s+it\s+(?:{_QUOTE})?({_IDENTIFIER})", re.I),
)
_CLASS_NAMED = (
    re.compile(rf"\bclass\b[^.\n]{{0,20}}?\b(?:called|named)\s+(?:{_QUOTE})?({_IDENTIFIER})", re.I),
    re.compile(rf"\b[Cc]lass\s+{_QUOTE}({_IDENTIFIER})"),
    re.compile(r"\b[Cc]lass\s+([A-Z][a-zA-Z0-9]*)\b(?!\s+(?:of|is|are|that)\b)"),
    re.compile(rf"{_QUOTE}({_IDENTIFIER}){_QUOTE}\s+class\b"),
)
_PROGRAM = re.compile(
    r"\bstdin\b|\bstdout\b|standard (?:input|output)|\bwrite an? (?:\w+ )?(?:program|script)\b|^-+\s*Input\s*-+$"
    r"|\bprogram that (?:reads|prints)\b",
    re.I | re.M,
)
_TEST_LINE = re.compile(r"^[ \t]*(?:>>>|assert\b)(.*)", re.M)
_CALLED = re.compile(rf"(?<![.\w])({_IDENTIFIER})\(")
_MOST_NAMES = 12
_NOT_NAMES = frozenset(
    """a an and as assert by called for from if in int is isinstance it len list named not of on or print python returns
    round set sorted str takes that the this to used which with your""".split()  # noqa: SIM905 - prose reads as prose
)


def function_name(task: str) -> str | None:
    """The name that the words give the function."""
    return _first(task, _NAMED)


def class_name(task: str) -> str | None:
    """The name that the words give the class."""
    name = _first(task, _CLASS_NAMED)
    return name if name is not None and name[0].isupper() else None


def is_program(task: str) -> bool:
    """Whether the words ask for a script whose output counts, and not for something to call."""
    return _PROGRAM.search(task) is not None and re.search(r"\bassert\b|>>>", task) is None


def name_in_examples(task: str) -> str | None:
    """The name whose calls give the most examples, or failing that, the first that a test calls."""
    found: Counter[str] = Counter()
    for name in list(dict.fromkeys(_called(task)))[:_MOST_NAMES]:
        target = Target(name)
        found[name] = sum(1 for form in (doctests, asserts, arrows) for _ in form(task, target))
    best = found.most_common(1)
    if best and best[0][1]:
        return best[0][0]
    # An example may call with what only its author has, and still say the name.
    return next((name for line in _TEST_LINE.findall(task) for name in _called(line)), None)


def _called(text: str) -> list[str]:
    """The names of the calls in a text that are no builtins."""
    return [name for name in _CALLED.findall(text) if not hasattr(builtins, name) and name.lower() not in _NOT_NAMES]


def _first(task: str, patterns: tuple[re.Pattern[str], ...]) -> str | None:
    found = (match.group(1) for pattern in patterns for match in pattern.finditer(task))
    return next((name for name in found if name.lower() not in _NOT_NAMES), None)
