"""Reads the tracebacks that Python itself prints."""

import re
from typing import NamedTuple

from motet.tools.diagnosis.diagnosis import Diagnosis, Frame
from motet.tools.diagnosis.printable import one_line, printable

HEADER = re.compile(r"(?:Exception Group )?Traceback \(most recent call last\):\s*$")
PLACE = re.compile(r'^(?P<prefix>.*?)  File "(?P<file>[^"]+)", line (?P<line>\d{1,9})(?:, in (?P<function>.+))?$')
REPEATED = re.compile(r"^  \[Previous line repeated (\d{1,9}) more times?\]$")
EXCEPTION = re.compile(r"^(?P<type>[^\W\d]\w*(?:\.[^\W\d]\w*|\.<locals>)*)(?:: ?(?P<message>.*))?$")
MARKS = re.compile(r"^[\s~^]+$")
NOT_OWN = re.compile(
    r"^<frozen |[\\/](?:site|dist)-packages[\\/]|[\\/]lib(?:64)?[\\/]python3[^\\/]*[\\/]|[\\/]Lib[\\/]"
)
MEMBER = re.compile(r"(?:^|\s)(?:\+-)?\+-{3,}(?: \d+ -{3,}|-*)$")
RULE = re.compile(r"^([=_*-])\1{4,}")
MARKED = re.compile(r"^(?P<prefix>.*?\| )(?P<rest>[^\s|].*)$")
LINKS = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
MESSAGE_LINES = 20
ENDS = 3
RELATED = 3


class Raised(NamedTuple):
    """One exception of a text, with the places that it went through."""

    kind: str
    message: str
    frames: list[Frame]
    prefix: str
    """What stands in front of each of its lines: the marks of a log or of an exception group."""
    follows: bool
    """Whether the one before it led to it."""
    end: int
    """The first line behind it."""

    @property
    def line(self) -> str:
        """As Python says it in the end."""
        return one_line(f"{self.kind}: {self.message}" if self.message else self.kind)


def read_python_traceback(text: str) -> Diagnosis | None:
    """Read the last traceback; exceptions that it came from or that it holds are its `related`."""
    found = _all(text.splitlines())
    outer = _outermost(found)
    if not outer or not outer[-1].frames:
        return None
    raised = outer[-1]
    causes = [one for number, one in enumerate(outer[:-1]) if all(later.follows for later in outer[number + 1 :])]
    inner = _outermost(found[found.index(raised) + 1 :])
    members = [one for number, one in enumerate(inner) if number + 1 == len(inner) or not inner[number + 1].follows]
    return Diagnosis(
        kind="wrong_value" if raised.kind == "AssertionError" else "raised",
        exception=one_line(raised.kind),
        message=printable(raised.message),
        frames=shortened(own_frames(raised.frames)),
        related=tuple(one.line for one in (*causes[::-1][:RELATED], *members[:RELATED])),
    )


def own_frames(frames: list[Frame]) -> list[Frame]:
    """Those outside of Python's library and of packages; all where there are no others."""
    return [frame for frame in frames if not NOT_OWN.search(frame.file)] or frames


def shortened(frames: list[Frame]) -> tuple[Frame, ...]:
    """Both ends of a long chain, with the number of frames between."""
    if len(frames) <= 2 * ENDS:
        return tuple(frames)
    between = frames[ENDS:-ENDS]
    skipped = len(between) + sum(frame.skipped for frame in between)
    first_of_end = frames[-ENDS]
    marked = first_of_end.model_copy(update={"skipped": skipped + first_of_end.skipped})
    return (*frames[:ENDS], marked, *frames[-ENDS + 1 :])


def _all(lines: list[str]) -> list[Raised]:
    """Every exception of the text, in the order in which they stand there."""
    found: list[Raised] = []
    number = 0
    while number < len(lines):
        raised = _start(lines, number)
        if raised is not None:
            found.append(raised)
        number = raised.end if raised else number + 1
    return found


def _start(lines: list[str], number: int) -> Raised | None:
    """The exception that begins at a line, if one does."""
    if HEADER.search(lines[number]):
        return _read(lines, number, number + 1)
    place = PLACE.match(lines[number])
    if place is not None and place["function"] is None and not place["prefix"].strip():
        return _read(lines, number, number)  # a syntax error of the main file has no header
    if number and MEMBER.search(lines[number - 1]) and (marked := MARKED.match(lines[number])):
        said = EXCEPTION.match(marked["rest"])  # a member of a group that was never raised
        if said is not None:
            return Raised(said["type"], said["message"] or "", [], marked["prefix"], False, number + 1)
    return None


def _read(lines: list[str], start: int, number: int) -> Raised | None:
    first = PLACE.match(lines[number]) if number < len(lines) else None
    prefix = first["prefix"] if first else ""
    frames: list[Frame] = []
    while number < len(lines):
        line = _without(prefix, lines[number])
        place = PLACE.match(line)
        repeated = REPEATED.match(line)
        if place is not None and not place["prefix"]:
            frames.append(
                Frame(
                    function=one_line(place["function"] or "<module>"),
                    line=int(place["line"]),
                    file=one_line(place["file"]),
                )
            )
        elif repeated is not None and frames:
            frames[-1] = frames[-1].model_copy(update={"skipped": int(repeated[1])})
        elif line.startswith("    "):
            if frames and not frames[-1].source and not MARKS.match(line):
                frames[-1] = frames[-1].model_copy(update={"source": one_line(line)})
        else:
            break
        number += 1
    if number >= len(lines) or not frames:
        return None
    said = EXCEPTION.match(_without(prefix, lines[number]))
    if said is None:
        return None
    message = [said["message"] or ""]
    number += 1
    while number < len(lines) and len(message) < MESSAGE_LINES and _continues(prefix, lines[number]):
        message.append(_without(prefix, lines[number]))
        number += 1
    return Raised(said["type"], "\n".join(message), frames, prefix, _follows(lines, start, prefix), number)


def _continues(prefix: str, line: str) -> bool:
    """Whether a line still belongs to an exception's message: up to an empty line, or what can only be no message."""
    if any(pattern.search(line) for pattern in (HEADER, PLACE, MEMBER, RULE)) or (
        prefix.strip() and prefix not in line
    ):
        return False
    return bool(_without(prefix, line).strip())


def _without(prefix: str, line: str) -> str:
    if line.startswith(prefix):
        return line[len(prefix) :]
    return "" if line.strip() == prefix.strip() else line


def _follows(lines: list[str], start: int, prefix: str) -> bool:
    """Whether the words above a traceback say that it came of another one."""
    above = (line for line in reversed(lines[max(0, start - 4) : start]) if not prefix.startswith(line.rstrip()))
    last = next(above, "")
    return any(link in last for link in LINKS)


def _outermost(found: list[Raised]) -> list[Raised]:
    """Exceptions that are not members of a group among them."""
    return [one for number, one in enumerate(found) if not any(_holds(other, one) for other in found[:number])]


def _holds(group: Raised, other: Raised) -> bool:
    """Whether an exception is shown within a group: its lines are marked as the group's, further in."""
    marked = group.prefix.endswith("| ") and other.prefix.endswith("| ")
    return marked and group.prefix != other.prefix and other.prefix.startswith(group.prefix[:-2])
