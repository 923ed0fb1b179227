"""Reads what pytest prints about a failing test, in any of its styles but `native`, which is Python's own."""

import ast
import re
from dataclasses import dataclass, field

from motet.tools.diagnosis.diagnosis import Diagnosis, Frame
from motet.tools.diagnosis.printable import one_line, printable
from motet.tools.diagnosis.python_traceback import own_frames, shortened

SECTION = re.compile(r"^={3,} (FAILURES|ERRORS) ={3,}$")
TEST = re.compile(r"^_{2,} (?P<name>\S.*?) _{2,}$")
PLACE = re.compile(r"^(?P<file>(?:[A-Za-z]:)?[^:\s][^:]*):(?P<line>\d{1,9}): ?(?:in (?P<function>.+)|(?P<said>.*))$")
DEFINITION = re.compile(r"^ {4,}(?:async )?def (?P<name>\w+)\(")
ARGUMENT = re.compile(r"^(?P<name>[^\W\d]\w*) += (?P<value>.+)$")
MESSAGE = re.compile(r"^E(?: {3}(?P<text>.*))?$")
TYPE = re.compile(
    r"^(?P<type>[^\W\d][\w.]*?(?:Error|Exception|Exit|Interrupt|Warning|Failed|Group|Iteration))(?:: (?P<message>.*))?$"
)
WHERE = re.compile(r"^\+\s+where (?P<value>.+) = (?P<call>.+)$")
SUMMARY = re.compile(r"^(?:FAILED|ERROR) (?P<test>\S+\.py\S*)(?: - (?P<said>.*))?$", re.MULTILINE)
OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}


@dataclass
class _Failure:
    """What stands about one test, as it is read."""

    test: str
    said: list[str] = field(default_factory=list)
    """The lines marked with `E`."""
    frames: list[Frame] = field(default_factory=list)
    function: str = "<module>"
    source: str = ""
    arguments: dict[str, str] = field(default_factory=dict)

    def read(self, line: str) -> None:
        """Take in one line."""
        if (said := MESSAGE.match(line)) is not None:
            self.said.append((said["text"] or "").strip())
        elif line.startswith(">   "):
            self.source = line[1:].strip()
        elif (definition := DEFINITION.match(line)) is not None:
            self.function = definition["name"]
        elif (place := PLACE.match(line)) is not None:
            self._enter(place)
        elif line.startswith("    ") and self.frames and not self.frames[-1].source:
            self.frames[-1] = self.frames[-1].model_copy(update={"source": one_line(line)})
        elif (argument := ARGUMENT.match(line)) is not None:
            self.arguments[argument["name"]] = one_line(argument["value"])

    def _enter(self, place: re.Match[str]) -> None:
        short = place["function"] is not None
        self.frames.append(
            Frame(
                function=one_line(place["function"] if short else self.function),
                line=int(place["line"]),
                file=one_line(place["file"]),
                source="" if short else one_line(self.source),
                locals={} if short else dict(list(self.arguments.items())[:12]),
            )
        )
        if place["said"] and not self.said:
            self.said.append(place["said"])  # the style that has one line for each test
        self.function, self.source, self.arguments = "<module>", "", {}


def read_pytest_output(text: str) -> Diagnosis | None:
    """Read the first failure; `None` where the text is not pytest's, or shows Python's own tracebacks."""
    failure: _Failure | None = None
    inside = False
    for line in text.splitlines():
        if SECTION.match(line):
            inside = True
        elif inside and (test := TEST.match(line)) is not None:
            if failure is not None:
                break
            failure = _Failure(test["name"])
        elif inside and line.startswith("===="):
            break
        elif failure is not None and not line.startswith("----"):
            failure.read(line)
        elif failure is not None and line.startswith("---- Captured"):
            break
    if failure is not None and failure.said:
        return _diagnosis(failure)
    summary = SUMMARY.search(text) if failure is None else None
    return _diagnosis(_Failure(summary["test"], [summary["said"] or ""])) if summary else None


def _diagnosis(failure: _Failure) -> Diagnosis:
    first, *rest = failure.said
    typed = TYPE.match(first)
    exception = typed["type"] if typed else "AssertionError" if first.startswith("assert") else None
    message = [typed["message"] or "" if typed else first, *rest]
    call, actual, operator, expected = _compared(failure)
    about_a_value = exception is None or exception.rpartition(".")[2] in ("AssertionError", "Failed")
    return Diagnosis(
        kind="wrong_value" if about_a_value else "raised",
        test=one_line(failure.test),
        call=one_line(call or failure.test),
        exception=exception and one_line(exception),
        message=printable("\n".join(message).strip()),
        actual=actual,
        expected=expected,
        operator=operator,
        frames=shortened(own_frames(failure.frames)),
    )


def _compared(failure: _Failure) -> tuple[str | None, str | None, str, str | None]:
    """What was called and both sides of a failing assert, where they can be read."""
    source = failure.frames[0].source if failure.frames else ""
    for said in failure.said:
        found = said[max(said.find("assert "), 0) :]
        try:
            match ast.parse(found).body:
                case [ast.Assert(test=ast.Compare(left=left, ops=[op], comparators=[right]))]:
                    sides = one_line(ast.unparse(left)), OPERATORS[type(op)], one_line(ast.unparse(right))
                    return _call_of(failure, sides[0]) or source, *sides
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return source or None, None, "==", None


def _call_of(failure: _Failure, value: str) -> str | None:
    where = [found for line in failure.said if (found := WHERE.match(line)) is not None]
    return next((found["call"] for found in where if found["value"] == value), None)
