"""Takes down frames with the values in them, whatever those do when they are looked at. Runs in the sandbox."""

import re
import reprlib
import signal
import sys
import time
import types
from collections.abc import Sequence
from typing import Any

VALUES = 12
"""Local values of one frame."""
ENDS = 3
"""Frames that are kept at each end of a long chain."""
REPR_SECONDS = 0.2
DESCRIBING_SECONDS = 1.0
"""For all values of a run together."""


class Snapshots:
    """Describes frames of one file; what is slow, huge or hostile to describe is called so."""

    def __init__(self, path: str, code: str) -> None:
        self._path = path
        self._lines = code.split("\n")
        self._repr = _Repr()
        self._left = DESCRIBING_SECONDS

    def of_error(self, error: BaseException) -> list[dict[str, Any]]:
        """The frames of the file that an exception went through, outermost first."""
        places = []
        trace = error.__traceback__
        while trace is not None:
            places.append((trace.tb_frame, trace.tb_lineno))
            trace = trace.tb_next
        return self.of_places(places)

    def of_stack(self, frame: types.FrameType | None) -> list[dict[str, Any]]:
        """The frames of the file that led to a frame, and itself."""
        places = []
        while frame is not None:
            places.append((frame, frame.f_lineno))
            frame = frame.f_back
        return self.of_places(places[::-1])

    def of_places(self, places: Sequence[tuple[types.FrameType, int]]) -> list[dict[str, Any]]:
        """Frames with the lines at which they are."""
        own = [
            (frame, line)
            for number, (frame, line) in enumerate(places)
            # A frame stands twice where the recursion ran out in the trace function.
            if frame.f_code.co_filename == self._path
            and all(frame is not other for other, _ in places[number + 1 :][:1])
        ]
        skipped = max(0, len(own) - 2 * ENDS)
        if skipped:
            own = own[:ENDS] + own[-ENDS:]
        return [self._of(*place, skipped if number == ENDS else 0) for number, place in enumerate(own)]

    def _of(self, frame: types.FrameType, line: int, skipped: int) -> dict[str, Any]:
        text = self._lines[line - 1] if 0 < line <= len(self._lines) else ""
        named = set(re.findall(r"\w+", text))
        values = {name: value for name, value in list(frame.f_locals.items())[:500] if _is_data(name, value)}
        # The values that the line names first; the others in the order in which they came to be.
        names = sorted(values, key=lambda name: name not in named)
        if frame.f_code.co_name == "<module>":
            names = [name for name in names if name in named]
        return {
            "function": str(getattr(frame.f_code, "co_qualname", frame.f_code.co_name)),
            "line": line,
            "locals": {name: self.value(values[name]) for name in names[:VALUES]},
            "skipped": skipped,
        }

    def value(self, value: object) -> str:
        """A short `repr`, whatever the value does when it is asked for one."""
        if self._left <= 0:
            return "..."
        started = time.monotonic()
        before = signal.signal(signal.SIGALRM, _too_slow)
        rest, _ = signal.setitimer(signal.ITIMER_REAL, REPR_SECONDS)
        try:
            return self._repr.repr(value)
        except BaseException as error:
            return f"<{type(value).__name__} whose repr raised {type(error).__name__}>"[:200]
        finally:
            took = time.monotonic() - started
            self._left -= took
            signal.signal(signal.SIGALRM, before)
            signal.setitimer(signal.ITIMER_REAL, max(rest - took, 0.001) if rest else 0)


def related(error: BaseException) -> list[str]:
    """The exceptions that one came from, and those that it holds, a line each."""
    found: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(found) < ENDS:
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
        if cause is not None:
            found.append(_one_line(cause))
    if isinstance(error, BaseExceptionGroup):
        found += [_one_line(member) for member in error.exceptions[:ENDS]]
    return found


class Returns:
    """Remembers the last frame of a file that was called from outside of it and returned.

    A trace function, but for no lines: only calls are slower for it.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._inside: types.FrameType | None = None
        self.last: tuple[types.FrameType, int] | None = None

    def start(self) -> None:
        """Watch from now on."""
        self._inside = self.last = None
        sys.settrace(self._enter)

    def stop(self) -> None:
        """Watch no more."""
        sys.settrace(None)

    def _enter(self, frame: types.FrameType, event: str, _: object) -> Any:
        if self._inside is not None or frame.f_code.co_filename != self._path:
            return None
        self._inside = frame
        frame.f_trace_lines = False
        return self._leave

    def _leave(self, frame: types.FrameType, event: str, _: object) -> Any:
        if event == "return":
            self.last = (frame, frame.f_lineno)
            self._inside = None
        return self._leave


class _Repr(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdeque = self.maxarray = 10
        self.maxdict = 6
        self.maxlevel = 4
        self.maxstring = self.maxlong = self.maxother = 100


class _TooSlowError(BaseException):
    pass


def _too_slow(*_: object) -> None:
    raise _TooSlowError


def _is_data(name: str, value: object) -> bool:
    kinds = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
    # `type` and not `isinstance`, which asks the value. A name such as `.0` belongs to a comprehension.
    return name.isidentifier() and not name.startswith("_motet") and not issubclass(type(value), kinds)


def _one_line(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = "<no text>"
    name = type(error).__name__
    return (f"{name}: {text}" if text else name).replace("\n", " ")[:300]
