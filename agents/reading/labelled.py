"""Examples written with labels or in a sentence: `Input: a = 1` / `Output: 2`, `For a = 1 the output should be 2`."""

import re
from collections.abc import Iterator

from motet.agents.contract import Example, ExampleForm
from motet.agents.reading.scanning import Found, parenthesised, stands_alone, value_at
from motet.agents.reading.target import Placed, Target
from motet.agents.reading.values import Literal
from motet.tools.literals import source_of

_MARK = r"(?:[ \t]*(?:[-*>#|]|\d+[.)])[ \t]+)?[ \t]*[*_`]{0,3}"
_AFTER_LABEL = r"[ \t]*[*_`]{0,3}[ \t]*(?:\d+|\(\w+\))?[ \t]*[:=][*_`]{0,3}"
_INPUT = re.compile(rf"^{_MARK}(?:example[ \t]*\d*[ \t]*:[ \t]*)?(?:sample[ \t]+)?inputs?{_AFTER_LABEL}", re.I | re.M)
_OUTPUT = re.compile(
    rf"(?:^{_MARK}|[ \t,;|]+[*_`]{{0,3}})(?:sample[ \t]+|expected[ \t]+)?outputs?{_AFTER_LABEL}", re.I | re.M
)
_NAME = re.compile(
    r"[\s,;&]*(?:and\s+|with\s+)?[`*]{0,2}([A-Za-z_]\w*)[`*]{0,2}"
    r"[ \t]*(?:=(?!=)|:|\bis\b(?!\s+an?\b))[ \t]*[`*]{0,2}[ \t]*\n?[ \t]*"
)
_OPENING = re.compile(
    r"\b(?:for|if|when|given|with|let|where|suppose|consider|calling it with|on)\s+(?:the\s+)?(?:input\s+)?", re.I
)
_RESULT = re.compile(
    r"\b(?:output|result|answer|return value|function|it|method|you|we|program|value returned)\s+"
    r"(?:(?:should|must|will|would|shall)\s+)?(?:be|is|are|equals?|returns?|gives?|outputs?)\b[ \t]*:?"
    r"|\breturns?\b[ \t]*:?|==?>|-->?|->|➞|→|⇒",
    re.I,
)
_RANGE = re.compile(r"[ \t]*(?:to|through|until|or|up|and\s+above)\b|[ \t]*(?:\.\.|[-+*/%<>])")
_NEXT_SECTION = re.compile(rf"^{_MARK}(?:example|input|explanation|note|constraints?|follow)", re.I | re.M)
_FARTHEST = 200


def labelled(text: str, target: Target) -> Iterator[Placed]:
    """The examples under `Input:` and `Output:`."""
    inputs = list(_INPUT.finditer(text))
    for number, match in enumerate(inputs):
        limit = inputs[number + 1].start() if number + 1 < len(inputs) else len(text)
        output = _OUTPUT.search(text, match.end(), limit)
        if output is None:
            continue
        found = value_at(text, _skip_blank(text, output.end()))
        if found is None or not stands_alone(text, found) or parenthesised(text, found):
            continue
        call = _call(text[match.end() : output.start()], target)
        example = _example("input_output", call, found, text[match.start() : found.end], target)
        if example is not None:
            yield Placed(match.start(), found.end, example)


def sentences(text: str, target: Target) -> Iterator[Placed]:
    """The examples in a sentence that names the parameters: `if a = 1 and b = 2, return 3`."""
    last = 0
    for match in _OPENING.finditer(text):
        if match.start() < last:
            continue
        values, end = _assignments(text, match.end())
        result = _result_after(text, end) if values and not _RANGE.match(text, end) else None
        if result is None or not stands_alone(text, result) or parenthesised(text, result):
            continue
        call = _named_call(values, target) if set(values) <= {each.name for each in target.parameters} else None
        example = _example("prose", call, result, text[match.start() : result.end], target)
        if example is not None:
            yield Placed(match.start(), result.end, example)
            last = result.end


def _example(form: ExampleForm, call: str | None, found: Found, text: str, target: Target) -> Example | None:
    if call is None or not target.returns_like(found.value):
        return None
    return Example(form=form, code=call, expected=source_of(found.value), text=text)


def _result_after(text: str, end: int) -> Found | None:
    """The value that the rest of the sentence names as the result."""
    limit = re.compile(r"\n[ \t]*\n|\n[ \t]*(?:for|if|when|given)\b|[.;](?=\s+[A-Z])", re.I).search(text, end)
    stop = min(end + _FARTHEST, limit.start() if limit else len(text))
    for match in _RESULT.finditer(text, end, stop):
        start = re.compile(r"[ \t]*\n?[ \t]*[`*]{0,3}").match(text, match.end())
        found = value_at(text, start.end() if start else match.end())
        if found is not None:
            return found
    return None


def _call(written: str, target: Target) -> str | None:
    """The call that an input means: by the parameters' names, or by their order."""
    written = _NEXT_SECTION.split(written)[0].strip().strip("`*")
    values, end = _assignments(written, 0)
    if values:
        return _named_call(values, target) if not written[end:].strip("`*,;. \n") else None
    given = _positional(written)
    if given is None or not target.parameters or not target.accepts(given, {}):
        return None
    # One list for several parameters, or several values for one, would be a guess.
    return target.call(given) if len(given) == len(target.parameters) else None


def _named_call(values: dict[str, Literal], target: Target) -> str | None:
    names = [parameter.name for parameter in target.parameters]
    if not names:
        # Nobody says what the parameters are called, nor in which order two of them come.
        return target.call(list(values.values())) if len(values) == 1 and not target.knows_parameters else None
    strange = [name for name in values if name not in names]
    missing = [name for name in names if name not in values]
    if len(strange) == 1 and len(missing) == 1 and len(names) > 1:
        # One name differs and one is left over, at the same place: they are the same parameter.
        if list(values).index(strange[0]) != names.index(missing[0]):
            return None
        values = {missing[0] if name == strange[0] else name: value for name, value in values.items()}
    elif strange and not (len(values) == len(names) == 1):
        return None
    elif strange:
        values = {names[0]: next(iter(values.values()))}
    leading = [name for name in names if name in values]
    if leading == names[: len(leading)]:
        given, named = [values[name] for name in leading], {}
    else:
        given, named = [], {name: values[name] for name in leading}
    return target.call(given, named) if target.accepts(given, named) else None


def _assignments(text: str, start: int) -> tuple[dict[str, Literal], int]:
    """`a = 1, b = [2]` as values by name, and where they end."""
    values: dict[str, Literal] = {}
    end = start
    while (name := _NAME.match(text, end)) is not None:
        found = value_at(text, name.end())
        if found is None or name.group(1) in values:
            break
        values[name.group(1)] = found.value
        end = found.end
        ticks = re.compile(r"[`*]{1,3}").match(text, end)
        end = ticks.end() if ticks else end
    return values, end


def _positional(text: str) -> list[Literal] | None:
    """`[1, 2], 3` as a list of values."""
    values: list[Literal] = []
    at = 0
    while at < len(text):
        found = value_at(text, at)
        if found is None:
            return None
        values.append(found.value)
        following = re.compile(r"\s*(?:,|;|\n|$)\s*(?:and\s+)?").match(text, found.end)
        if following is None or following.end() == found.end:
            return values if not text[found.end :].strip("`*. ") else None
        at = following.end()
    return values or None


def _skip_blank(text: str, start: int) -> int:
    blank = re.compile(r"[ \t]*(?:```\w*)?\n?[ \t]*[`*]{0,3}[ \t]*").match(text, start)
    return blank.end() if blank else start
