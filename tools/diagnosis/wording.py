"""Words for a diagnosis. Lines are quoted, not only numbered: small models cannot count lines."""

from motet.tools.diagnosis.diagnosis import Diagnosis, Frame

SHOWN_FRAMES = 4
VALUE_CHARACTERS = 160
LOCALS_CHARACTERS = 240
"""For the values of one frame."""


def words_for(diagnosis: Diagnosis, characters: int) -> str:
    """All of it, as far as there is room: first what failed, then the places, the most telling first."""
    lines = [*_what(diagnosis), *_where(diagnosis)]
    kept: list[str] = []
    for line in lines:
        room = characters - sum(len(one) + 1 for one in kept)
        if len(line) > room:
            if not kept or room > 60:
                kept.append(cut(line, max(room, 1)))
            break
        kept.append(line)
    return "\n".join(kept)


def cut(text: str, length: int) -> str:
    """Text of at most so many characters, with a sign where it goes on."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _what(diagnosis: Diagnosis) -> list[str]:
    asked = f"`{cut(diagnosis.call, VALUE_CHARACTERS)}`" if diagnosis.call else "The code"
    match diagnosis.kind:
        case "wrong_value" if diagnosis.actual is not None and diagnosis.expected is not None:
            actual, expected = cut(diagnosis.actual, VALUE_CHARACTERS), cut(diagnosis.expected, VALUE_CHARACTERS)
            if diagnosis.operator == "==":
                return [f"{asked} gave {actual}, expected {expected}."]
            return [f"{asked} failed: {actual} {diagnosis.operator} {expected} is not so."]
        case "wrong_value":
            return [f"{asked} failed: {cut(diagnosis.message, 2 * VALUE_CHARACTERS)}"]
        case "timeout":
            return [f"{asked} did not come to an end: {cut(diagnosis.message, VALUE_CHARACTERS)}."]
        case "died":
            return [f"{asked} did not come to its end: {cut(diagnosis.message, VALUE_CHARACTERS)}."]
    said = f": {cut(diagnosis.message, 2 * VALUE_CHARACTERS)}" if diagnosis.message else ""
    lines = [f"{asked} raised {diagnosis.exception or 'an exception'}{said}"]
    if diagnosis.expected is not None and diagnosis.call:
        lines.append(f"Expected: {cut(diagnosis.expected, VALUE_CHARACTERS)}")
    lines += [f"Related: {cut(line, VALUE_CHARACTERS)}" for line in diagnosis.related]
    return lines


def _where(diagnosis: Diagnosis) -> list[str]:
    """The innermost frame first: it is where the code went wrong or was, the others are how it came there."""
    lines: list[str] = []
    for frame in reversed(diagnosis.frames[-SHOWN_FRAMES:]):
        lines.append(_place(frame, "  called from" if lines else _verb(diagnosis, frame)))
        if frame.skipped:
            lines.append(f"  called through {frame.skipped} more calls like these")
    return lines


def _verb(diagnosis: Diagnosis, innermost: Frame) -> str:
    match diagnosis.kind:
        case "wrong_value":
            return "It returned in" if innermost.source.startswith("return") else "It was last in"
        case "timeout":
            return "It was busy in"
    return "It happened in"


def _place(frame: Frame, verb: str) -> str:
    at_top = frame.function == "<module>"
    place = f"{verb.rpartition(' ')[0]} at the top level" if at_top else f"{verb} {frame.function}"
    text = f"{place}, line {frame.line}"
    if frame.source:
        text += f": `{cut(frame.source, VALUE_CHARACTERS)}`"
    values: list[str] = []
    for name, value in frame.locals.items():
        shown = f"{name} = {cut(value, VALUE_CHARACTERS // 2)}"
        if sum(map(len, values)) + len(shown) > LOCALS_CHARACTERS:
            break
        values.append(shown)
    return f"{text}, where {', '.join(values)}" if values else text
