"""Patterns as lines of JSON, for another machine."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from motet.memory.patterns.pattern import Draft, Pattern
from motet.tools.files import write_whole

FORMAT = "motet-pattern-1"


class ImportReport(BaseModel):
    """What became of the lines of a file."""

    model_config = ConfigDict(frozen=True)

    admitted: int = 0
    merged: int = 0
    superseded: int = 0
    refused: tuple[str, ...] = ()
    """Why each line that is not here now was refused, with its number."""


class UnreadableLineError(ValueError):
    """A line of a file is no pattern; the message says why."""


def write_lines(patterns: Iterable[Pattern], file: Path) -> int:
    """Write patterns, one a line, and say how many; the file is there whole or not at all."""
    lines = [json.dumps({"format": FORMAT, **pattern.model_dump(mode="json")}) for pattern in patterns]
    write_whole(file, "".join(f"{line}\n" for line in lines))
    return len(lines)


def read_lines(file: Path) -> Iterator[tuple[int, Draft | UnreadableLineError]]:
    """Read the lines of a file as drafts, which have everything yet to prove here.

    Raises:
        OSError: The file cannot be read.
    """
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, _read(line)


def _read(line: bytes) -> Draft | UnreadableLineError:
    try:
        told = json.loads(line.decode("utf-8"))
        if not isinstance(told, dict) or told.pop("format", None) != FORMAT:
            return UnreadableLineError(f"it is not of the format {FORMAT}")
        pattern = Pattern.model_validate(told)
    except (ValueError, ValidationError) as error:
        return UnreadableLineError(str(error).splitlines()[0])
    if pattern.quarantined:
        return UnreadableLineError(f"it was in quarantine: {pattern.quarantined}")
    return Draft(
        task=pattern.task,
        gist=pattern.gist,
        interface=pattern.interface,
        solution=pattern.solution,
        tests=pattern.tests,
        source=pattern.source,
        reason=pattern.proof.reason,
    )
