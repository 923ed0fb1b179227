"""Runs in the sandbox: what to say about a name that is not there, and which real ones may have been meant."""

import importlib
import types
from collections.abc import Collection
from typing import Any

PLACES = (
    "collections functools itertools math operator string re random heapq bisect statistics datetime time json typing "
    "copy os sys os.path collections.abc dataclasses decimal fractions enum textwrap contextlib pathlib"
)
COMMON = PLACES.split()
"""Where to look for a name that code expects elsewhere, the likelier place first."""
HABITS = {
    "str": {"reverse": "[::-1]", "length": "len()", "size": "len()", "contains": "in", "substring": "[start:stop]"}
    | {"toUpperCase": "upper", "toLowerCase": "lower", "trim": "strip", "indexOf": "find", "charAt": "[index]"}
    | {"append": "+", "add": "+", "push": "+", "sort": "sorted()", "isnumber": "isnumeric"},
    "list": {"push": "append", "add": "append", "length": "len()", "size": "len()", "contains": "in", "has": "in"}
    | {"indexOf": "index", "join": "str.join", "map": "map()", "filter": "filter()", "shift": "pop(0)"}
    | {"popleft": "pop(0)", "appendleft": "insert(0, ...)", "slice": "[start:stop]", "sum": "sum()", "split": "[:]"},
    "dict": {
        "has_key": "in",
        "contains": "in",
        "add": "[key] =",
        "append": "[key] =",
        "put": "[key] =",
        "sort": "sorted()",
    }
    | {"iteritems": "items", "iterkeys": "keys", "itervalues": "values", "length": "len()", "size": "len()"},
    "set": {"append": "add", "push": "add", "insert": "add", "contains": "in", "length": "len()", "size": "len()"},
    "tuple": {"append": "+", "add": "+", "sort": "sorted()", "length": "len()", "remove": "list"},
}
"""What those have in mind who come from other languages, or from older Python."""


class Unknown(Exception):
    """Nothing certain can be said."""


class Missing(Exception):
    """Something is not there."""

    def __init__(self, what: str, name: str, **more: Any) -> None:
        super().__init__(name)
        self.finding = {"what": what, "name": name, "near": [], "elsewhere": [], **more}


def lacking(owner: str, name: str, there: Collection[str], *, on: str) -> Missing:
    """A missing attribute, with what there is instead."""
    public = [one for one in there if not one.startswith("_")]
    habit = HABITS.get(owner, {}).get(name)
    options = [habit] if habit else near(name, public)
    found = elsewhere(name) if on == "module" else []
    return Missing("attribute", name, owner=owner, on=on, near=options, elsewhere=found)


def near(name: str, options: Collection[str]) -> list[str]:
    """Up to three names that may have been meant."""
    import difflib

    close = difflib.get_close_matches(name, options, n=3, cutoff=0.7)
    words = {word for word in name.lower().split("_") if len(word) > 3}
    return (close + [one for one in options if one not in close and one.lower() in words])[:3]


def elsewhere(name: str) -> list[str]:
    """Where in the usual modules there is something of this name."""
    found = []
    for module in COMMON:
        there = importlib.import_module(module)
        public = getattr(there, "__all__", None) or [one for one in dir(there) if not one.startswith("_")]
        if name in public and not isinstance(getattr(there, name), types.ModuleType):
            found.append(f"{module}.{name}")
    return found[:2]
