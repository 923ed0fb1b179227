"""Notices when code has changed the machinery that decides whether a test passes. Runs in the sandbox."""

import sys
import types
from collections.abc import Iterator
from typing import Any

GUARDED = ("_pytest", "pluggy", "pytest", "unittest")
FREE_BUILTINS = frozenset(
    {"_", "breakpoint", "copyright", "credits", "exit", "help", "input", "license", "open", "print", "quit"}
)
"""Builtins that honest code replaces at times, and that decide nothing."""

PATCHED_BY_PYTEST = frozenset({"_pytest.config.Config._getini_unknown_type"})
"""What pytest's own plugins replace when it starts."""


class Snapshot:
    """The functions and classes of pytest, unittest and `builtins` as they were before the code was loaded."""

    def __init__(self, code_folder: str, tests_folder: str) -> None:
        self._code_folder = code_folder
        self._tests_folder = tests_folder
        self._modules = {
            name: module for name, module in sys.modules.items() if name.split(".")[0] in (*GUARDED, "builtins")
        }
        self._before = [place for place in self._places() if place.name not in PATCHED_BY_PYTEST]

    def changed(self, manager: Any) -> list[str]:
        """Name what is not as it was; `manager` is pytest's plugin manager, if it has started."""
        changed = [place.name for place in self._before if place.has_changed()]
        changed += [name for name, module in self._modules.items() if sys.modules.get(name) is not module]
        plugins = manager.get_plugins() if manager is not None else ()
        return changed + [f"the plugin {plugin!r:.100}" for plugin in plugins if self._is_of_the_code(plugin)]

    def _is_of_the_code(self, plugin: object) -> bool:
        module = plugin if isinstance(plugin, types.ModuleType) else sys.modules.get(type(plugin).__module__)
        path = str(getattr(module, "__file__", None) or "")
        # The tests can lie below the code, where that is the only place for temporary files.
        return path.startswith(self._code_folder) and not path.startswith(self._tests_folder)

    def _places(self) -> Iterator["_Place"]:
        for module_name, module in self._modules.items():
            for name, value in vars(module).items():
                if module_name == "builtins" and name in FREE_BUILTINS:
                    continue
                if isinstance(value, _FIXED):
                    yield _Place(f"{module_name}.{name}", module, name, value)
                if isinstance(value, type) and value.__module__ == module_name != "builtins":
                    for attribute, member in vars(value).items():
                        if isinstance(member, _FIXED):
                            yield _Place(f"{module_name}.{name}.{attribute}", value, attribute, member)


class _Place:
    """A function or class where it stands, and what runs when it is called."""

    def __init__(self, name: str, owner: Any, attribute: str, value: Any) -> None:
        self.name = name
        self._owner = owner
        self._attribute = attribute
        self._value = value
        self._function = getattr(value, "__func__", value)
        self._inside = self._what_runs()

    def has_changed(self) -> bool:
        """Whether something else stands there, or runs there."""
        return vars(self._owner).get(self._attribute) is not self._value or self._what_runs() != self._inside

    def _what_runs(self) -> tuple[int, ...]:
        function = self._function
        if isinstance(function, types.FunctionType):
            return id(function.__code__), id(function.__defaults__), id(function.__kwdefaults__)
        return ()


_FIXED = (type, types.FunctionType, types.BuiltinFunctionType, staticmethod, classmethod, property)
