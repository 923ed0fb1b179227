"""Runs in the sandbox: follows the way from a module to what code uses of it, and sees whether it leads there.

Whatever is not certain ends the walk with `Unknown`: a false alarm does more harm than a miss.
"""

import builtins
import importlib
import importlib.util
import pkgutil
import sys
import types
from collections.abc import Sequence
from typing import Any

from motet.tools.checks.naming import Missing, Unknown, lacking, near

CALLED, CHANGED = "()", "+="
"""As in `origins`."""
ITSELF = "solution"
"""The module that the code under test is to tests."""
FIND_ONLY = ("antigravity", "this", "test", "idlelib", "turtledemo", "__main__", ITSELF)
"""Modules that do something when they are imported."""
SET_LATER = {"sys": ("last_", "ps", "tracebacklimit"), "curses": ("ACS_", "LINES", "COLS", "COLOR")}
"""Attributes, by how they begin, that modules get only while a program runs."""
RETURNS = {
    "str": {
        "str": "capitalize casefold center expandtabs format join ljust lower lstrip removeprefix removesuffix replace "
        "rjust rstrip strip swapcase title translate upper zfill",
        "list": "split rsplit splitlines",
        "int": "count find index rfind rindex",
        "bytes": "encode",
    },
    "list": {"list": "copy", "int": "count index"},
    "dict": {"dict": "copy"},
    "set": {"set": "copy union difference intersection symmetric_difference"},
    "builtins": {"str": "ascii bin chr format hex input oct repr", "list": "sorted dir", "int": "len ord hash id"},
}
"""What methods and functions give: by their owner, then by the type that they give."""
WITH_DICTIONARY = ("Counter", "OrderedDict")
"""Classes whose instances could have attributes of their own, and never do."""
NUMBERS = (int, float, complex, bool)
PLAIN = (*NUMBERS, str, bytes, list, dict, set, frozenset, tuple)
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType, types.MethodType)


class Instance:
    """Some value of exactly one class."""

    def __init__(self, kind: type) -> None:
        self.kind = kind


class Member:
    """An attribute of some value of one class."""

    def __init__(self, kind: type, name: str) -> None:
        self.kind, self.name = kind, name


def see_import(path: Sequence[str], parts: int) -> None:
    """See that an import works as it stands; `parts` of its path are a module."""
    if path[0] == ITSELF:
        raise Unknown
    for end in range(1, parts + 1):
        name = ".".join(path[:end])
        if not findable(name):
            options = _submodules(path[: end - 1]) if end > 1 else [*sys.stdlib_module_names, "pytest"]
            meant = [one for one in near(path[end - 1], options) if end > 1 or findable(one)]
            raise Missing("module", name, top=end == 1, foreign=name in sys.stdlib_module_names, near=meant)
        if path[0] in FIND_ONLY:
            raise Unknown
    module = ".".join(path[:parts])
    try:
        there = importlib.import_module(module)
    except BaseException as error:
        raise Missing("broken", module, reason=str(error)[:200] or type(error).__name__) from None
    for name in path[parts:]:
        _attribute(there, name, module)


def see_use(paths: Sequence[Sequence[str]], keywords: Sequence[str]) -> None:
    """See that all the paths lead somewhere, and that what is there takes the keyword arguments."""
    missing = []
    for path in paths:
        try:
            there = walk(path)
        except Missing as problem:
            missing.append(problem)
    if missing and len(missing) == len(paths) and all(one.finding == missing[0].finding for one in missing):
        raise missing[0]
    if not missing and len(paths) == 1:
        for keyword in keywords:
            _see_keyword(there, keyword)


def walk(path: Sequence[str]) -> Any:
    """Follow a path to its end; only its last step can be `Missing`, the others are told where they are the last."""
    if path[0] in FIND_ONLY or not findable(path[0]):
        raise Unknown
    here: Any = importlib.import_module(path[0])
    owner = path[0]
    for place, step in enumerate(path[1:], 1):
        try:
            if step == CALLED:
                here = _called(here)
            elif step == CHANGED:
                here = _changed(here)
            else:
                here = _attribute(here, step, owner)
        except Missing:
            if place < len(path) - 1:
                raise Unknown from None
            raise
        owner = step if owner == "builtins" else f"{owner}.{step}"
    return here


def findable(name: str) -> bool:
    """Whether there is such a module."""
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except (ImportError, AttributeError, ValueError):
        return False
    except Exception:
        return True


def _attribute(here: Any, name: str, owner: str) -> Any:
    if type(here) in PLAIN:
        here = Instance(type(here))
    if isinstance(here, Instance):
        if not hasattr(here.kind, name):
            raise lacking(here.kind.__name__, name, dir(here.kind), on="instance")
        return Member(here.kind, name)
    if not isinstance(here, types.ModuleType | type):
        raise Unknown
    if hasattr(here, name):
        return getattr(here, name)
    if isinstance(here, type):
        if hasattr(type(here), "__getattr__"):
            raise Unknown
        raise lacking(owner, name, dir(here), on="class")
    if hasattr(here, "__path__") and findable(f"{here.__name__}.{name}"):
        return importlib.import_module(f"{here.__name__}.{name}")
    if hasattr(here, "__getattr__") and here.__name__.split(".")[0] not in sys.stdlib_module_names:
        raise Unknown  # who knows when it has an answer
    if name.startswith(SET_LATER.get(here.__name__, ("__",))):
        raise Unknown
    raise lacking(owner, name, dir(here), on="module")


def _called(here: Any) -> Instance:
    """What calling it gives."""
    if isinstance(here, Member):
        return _returned(here.kind.__name__, here.name)
    if isinstance(here, types.BuiltinFunctionType) and here.__module__ == "builtins":
        return _returned("builtins", here.__name__)
    if type(here) is not type or here in (type, super, object, property):
        raise Unknown
    is_standard = here.__module__.split(".")[0] in sys.stdlib_module_names
    is_closed = here.__dictoffset__ == 0 or here.__name__ in WITH_DICTIONARY
    if not is_standard or not is_closed or hasattr(here, "__getattr__"):
        raise Unknown
    return Instance(here)


def _returned(owner: str, name: str) -> Instance:
    for kind, names in RETURNS.get(owner, {}).items():
        if name in names.split():
            return Instance(getattr(builtins, kind))
    raise Unknown


def _changed(here: Any) -> Instance:
    """What `+=` leaves of it."""
    if not isinstance(here, Instance) or issubclass(here.kind, NUMBERS):
        raise Unknown
    return here


def _see_keyword(here: Any, keyword: str) -> None:
    import inspect

    function = getattr(here.kind, here.name) if isinstance(here, Member) else here
    # A class whose `__new__` is its own may take other arguments than its signature says.
    is_class = type(function) is type and function.__new__ is object.__new__
    if not (is_class or isinstance(function, FUNCTIONS)) or hasattr(function, "__wrapped__"):
        return
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return
    takes = [one.name for one in parameters if one.kind in (one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD)]
    if keyword not in takes:
        takes = [name for name in takes if name != "self"]
        raise Missing("keyword", keyword, owner=function.__qualname__, near=near(keyword, takes), takes=takes)


def _submodules(path: Sequence[str]) -> list[str]:
    places = getattr(importlib.import_module(".".join(path)), "__path__", ())
    return [module.name for module in pkgutil.iter_modules(places)]
