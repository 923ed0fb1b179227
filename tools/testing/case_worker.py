"""What a worker does with cases: load the code as the module `solution`, then answer one case after the other.

A case comes as steps: `exec` runs statements, `eval` gives the value of an expression back, `single` runs as the
interactive prompt does and gives back what it printed. The worker knows no expected value that could be kept from it.
"""

import io
import json
import os
import sys
import types
from collections.abc import Sequence
from typing import Any

from motet.tools.testing.comparing import credible, explain
from motet.tools.testing.describing import describe_error, show
from motet.tools.testing.encoding import NotPlainError, TooLargeError, encode
from motet.tools.testing.worker import Send

MODULE = "solution"
TEST = "<test>"
"""The file name of a case's code."""
PRINTED_CHARACTERS = 64 * 1024


def prepare(_job: dict[str, Any]) -> list[None]:
    """All cases are one batch."""
    return [None]


def clear(_job: dict[str, Any]) -> list[str]:
    """Nothing is left behind."""
    return []


def serve(job: dict[str, Any], _batch: None, skip: Sequence[int], send: Send) -> None:
    """Load the code and answer the cases that are not to be skipped."""
    path = path_of_code()
    try:
        module = load(job["code"])
    except BaseException as error:
        send("note", None, json.dumps(describe_error(error, path)))
        return
    send("loaded")
    shared: dict[str, Any] = {}
    for index, case in enumerate(job["cases"]):
        if index not in skip:
            send("start", index)
            scope = shared if case["shared"] else {}
            if not scope:
                scope.update(scope_in(module))
            send("done", index, json.dumps(_answer(case, scope, path)))
    send("end")


def path_of_code() -> str:
    """The file name that the code under test has in tracebacks."""
    return os.path.join(os.getcwd(), f"{MODULE}.py")


def load(code: str) -> types.ModuleType:
    """Load the code under test.

    Raises:
        BaseException: Whatever it raises.
    """
    module = types.ModuleType(MODULE)
    module.__file__ = path_of_code()
    sys.modules[MODULE] = module
    exec(compile(code, module.__file__, "exec", dont_inherit=True), vars(module))  # noqa: S102 - we are its sandbox
    return module


def scope_in(module: types.ModuleType) -> dict[str, Any]:
    """The names that a case finds."""
    return {**vars(module), "_motet_credible": credible, "_motet_explain": explain}


def _answer(case: dict[str, Any], scope: dict[str, Any], path: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"values": []}
    try:
        for kind, source in case["steps"]:
            run_step(kind, source, scope, case["room"], answer)
    except BaseException as error:
        answer["error"] = describe_error(error, path)
    return answer


def run_step(kind: str, source: str, scope: dict[str, Any], room: int, answer: dict[str, Any]) -> None:
    """Run one step and put what it gives into the answer.

    Raises:
        BaseException: Whatever the code raises.
    """
    code = compile(source, TEST, kind, dont_inherit=True)
    if kind == "eval":
        answer["values"].append(_observe(eval(code, scope), room))  # noqa: S307 - we are its sandbox
    elif kind == "exec":
        exec(code, scope)  # noqa: S102 - we are its sandbox
    else:
        answer["printed"] = _Prompt().run(code, scope, answer)


def _observe(value: object, room: int) -> dict[str, Any]:
    try:
        return {"data": encode(value, room)}
    except TooLargeError:
        return {"shown": f"<{type(value).__name__} too large to take out: more than {room} characters>", "large": True}
    except NotPlainError:
        return {"shown": show(value)}


class _Prompt(io.StringIO):
    """Runs code as the interactive prompt does, and keeps what it prints."""

    def write(self, text: str) -> int:
        room = PRINTED_CHARACTERS - self.tell()
        super().write(text[: max(0, room)])
        return len(text)

    def run(self, code: types.CodeType, scope: dict[str, Any], answer: dict[str, Any]) -> str:
        """Run it; what was printed before an exception is in the answer too."""
        before = sys.stdout, sys.displayhook
        sys.stdout, sys.displayhook = self, sys.__displayhook__
        try:
            exec(code, scope)  # noqa: S102 - we are its sandbox
        finally:
            sys.stdout, sys.displayhook = before
            answer["printed"] = self.getvalue()
        return self.getvalue()
