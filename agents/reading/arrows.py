"""Examples written as a call and its value: `f(1) == 2`, `f(1) -> 2`, `f(1) # => 2`, `f(1) should return 2`."""

import re
from collections.abc import Iterator

from motet.agents.contract import Example, ExampleForm
from motet.agents.reading.scanning import Found, bracket_end, parenthesised, stands_alone, value_at
from motet.agents.reading.target import Placed, Target
from motet.tools.literals import source_of

_MODAL = r"(?:(?:should|must|will|would|shall|to|can|also)\s+)*"
_VERB = (
    r"(?:returns?|outputs?|gives?|yields?|produces?|evaluates?\s+to|results?\s+in|equals?|(?:is|be)(?:\s+equal\s+to)?)"
)
_LABEL = r"(?:expected(?:\s+output)?|output|result|answer|value|prints?|returns?)"
_SYMBOL = r"={1,3}>|-{1,2}>|➞|→|⇒|⟶|➔|↦|={1,2}(?![=>])"
_SEPARATOR = re.compile(
    rf"""
    [ \t]*[`*]{{0,3}}[ \t]*
    (?:
        (?:\#+[ \t]*|//[ \t]*)?(?P<symbol>{_SYMBOL})
      | (?:\#+|//)[ \t]*(?P<label>{_MODAL}{_VERB}\b:?|{_LABEL}\b[ \t]*(?::|=+>?|->|(?=[ \t])))
      | (?:[ \t]|,[ \t]|\r?\n[ \t]*)(?P<words>{_MODAL}{_VERB})\b:?(?=\s)
      | (?P<bare>\#)
    )
    (?:[ \t]|(?<=\w)\r?\n[ \t]*)*[`*]{{0,3}}[ \t]*
    """,
    re.I | re.X,
)
_BEGINS = re.compile(r"(?:^|[\s`*\[,;:>]|(?:^|\s)\()$")
_PART_OF_MORE = re.compile(r"(?:[\w)\]]\s*[-+/%*<>=]+\s*|\b(?:if|unless|not|until|while|whether|than)\s*[(`]?)$", re.I)
_ASSIGNED = re.compile(r"^[ \t]*(?:>>>[ \t]*)?\w+[ \t]*=[ \t]*$")


def arrows(text: str, target: Target) -> Iterator[Placed]:
    """The calls whose value stands beside them, where neither side can be misread."""
    last = 0
    for match in target.pattern.finditer(text):
        found = _example_at(text, match, target) if match.start() >= last else None
        if found is not None:
            yield found
            last = found.end


def is_recurrence(text: str, target: Target) -> bool:
    """Whether the text defines the target by itself, `f(n) = f(n - 1) + 1`: a notation of mathematics, not of calls."""
    called = rf"(?<![.\w]){re.escape(target.name)}\("
    return re.search(rf"{called}[^()\n'\"]*\b[a-z][^()\n'\"]*\)\s*(?:{_SYMBOL})[^\n]*{called}", text) is not None


def _example_at(text: str, match: re.Match[str], target: Target) -> Placed | None:
    start, opened = match.start(), text.index("(", match.start())
    end = bracket_end(text, opened)
    if end is None or not _may_begin(text, start):
        return None
    separator = _SEPARATOR.match(text, end)
    found = value_at(text, separator.end()) if separator is not None else None
    if separator is None or found is None or not stands_alone(text, found) or parenthesised(text, found):
        return None
    if separator["bare"] is not None and text[found.end :].partition("\n")[0].strip():
        return None  # a comment that goes on is a remark
    printed = match.group(1).startswith("print(")
    call = target.expression(text[opened + 1 : end - 1] if printed else text[start:end])
    if call is None or (call.startswith(target.entry_point) and not target.returns_like(found.value)):
        return None
    if not printed and (separator["label"] or "").lower().startswith("print"):
        return None  # what a function prints is not what it returns
    words = text[start : found.end]
    return Placed(
        start, found.end, _printed(call, found, words) if printed else _example(call, found, separator, words)
    )


def _example(call: str, found: Found, separator: re.Match[str], text: str) -> Example:
    symbol = separator["symbol"]
    form: ExampleForm = "comparison" if symbol in ("=", "==") else "arrow" if symbol else "returns"
    return Example(form=form, code=call, expected=source_of(found.value), text=text)


def _printed(call: str, found: Found, text: str) -> Example:
    """`print(f(1))  # 2` shows text, and so `2` may well be a string: the text is what is compared."""
    return Example(form="doctest", code=f"print({call})", expected=str(found.value), text=text)


def _may_begin(text: str, start: int) -> bool:
    """Whether what stands before a call leaves it a statement of its own."""
    before = text[max(0, start - 80) : start].rpartition("\n")[2]
    if _ASSIGNED.match(before):
        return True
    return _BEGINS.search(before) is not None and _PART_OF_MORE.search(before) is None
