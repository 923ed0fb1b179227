"""Words for values and exceptions that may do anything when they are asked for words. Runs in the sandbox."""

from typing import Any

SHOWN_CHARACTERS = 2000


def show(value: object) -> str:
    """The `repr` of a value, shortened, whatever it does."""
    try:
        text = repr(value)
        return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "..."
    except Exception as error:
        return f"<{_name(type(value))} whose repr raised {_name(type(error))}>"


def describe_error(error: BaseException, path: str) -> dict[str, Any]:
    """What an exception is called and says, and the last line of the code under test that it went through."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    try:
        text = str(error)[:SHOWN_CHARACTERS]
    except Exception as failure:
        text = f"<its text raised {_name(type(failure))}>"
    kind = type(error)
    return {
        "type": _name(kind),
        "module": str(getattr(kind, "__module__", "")),
        "text": text,
        "line": line,
        "assertion": issubclass(kind, AssertionError),
    }


def _name(kind: type) -> str:
    return str(type.__dict__["__name__"].__get__(kind))
