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

    def __init__(self, code_folder: str) -> None:
        self._code_folder = code_folder
        self._modules = {
            name: module for name, module in sys.modules.items() if name.split(".")[0] in (*GUARDED, "builtins")
        }
        self._before = {place: _fingerprint(value) for place, value in self._places()}

    def changed(self, manager: Any) -> list[str]:
        """Name what is not as it was; `manager` is pytest's plugin manager, if it has started."""
        now = {place: _fingerprint(value) for place, value in self._places()}
        changed = [
            place
            for place, before in self._before.items()
            if now.get(place) != before and place not in PATCHED_BY_PYTEST
        ]
        changed += [name for name, module in self._modules.items() if sys.modules.get(name) is not module]
        plugins = manager.get_plugins() if manager is not None else ()
        return changed + [f"the plugin {plugin!r:.100}" for plugin in plugins if self._is_of_the_code(plugin)]

    def _is_of_the_code(self, plugin: object) -> bool:
        module = plugin if isinstance(plugin, types.ModuleType) else sys.modules.get(type(plugin).__module__)
        return str(getattr(module, "__file__", None) or "").startswith(self._code_folder)

    def _places(self) -> Iterator[tuple[str, Any]]:
        for module_name, module in self._modules.items():
            for name, value in list(vars(module).items()):
                if module_name == "builtins" and name in FREE_BUILTINS:
                    continue
                if isinstance(value, _FIXED):
                    yield f"{module_name}.{name}", value
                if isinstance(value, type) and value.__module__ == module_name != "builtins":
                    for attribute, member in list(vars(value).items()):
                        if isinstance(member, _FIXED):
                            yield f"{module_name}.{name}.{attribute}", member


_FIXED = (type, types.FunctionType, types.BuiltinFunctionType, staticmethod, classmethod, property)


def _fingerprint(value: Any) -> tuple[object, ...]:
    """What makes it the same function: itself, and what runs when it is called."""
    value = getattr(value, "__func__", value) if isinstance(value, staticmethod | classmethod) else value
    if isinstance(value, types.FunctionType):
        return (
            id(value),
            id(value.__code__),
            [id(default) for default in value.__defaults__ or ()],
            id(value.__closure__),
        )
    return (id(value),)
