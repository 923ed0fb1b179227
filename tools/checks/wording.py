"""Says what was not found in the sandbox, in words that help whoever repairs the code."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from motet.tools.checks.findings import CheckFinding, CheckKind
from motet.tools.checks.packages import KNOWN_PACKAGES
from motet.tools.checks.uses import Use

OWNERS = {"module": "The module `{}`", "class": "The class `{}`", "instance": "A `{}`"}


def listed(names: Sequence[str]) -> str:
    """Names for a sentence."""
    return ", ".join(f"`{name}`" for name in names)


def there_is(names: Sequence[str]) -> str:
    """A clause that suggests names, if there are any."""
    return f" There is {listed(names)}." if names else ""


def finding_of(use: Use, missing: Mapping[str, Any]) -> CheckFinding:
    """Word what the sandbox says about one use."""
    kind, message, name, suggestions = _WORDS[missing["what"]](missing)
    return CheckFinding(
        kind=kind,
        message=message,
        line=use.line,
        column=use.column,
        name=name,
        suggestions=tuple(suggestions),
        blocks=use.certain,
    )


Words = tuple[CheckKind, str, str, Sequence[str]]


def _module(missing: Mapping[str, Any]) -> Words:
    name, near = missing["name"], missing["near"]
    if missing["top"] and name in KNOWN_PACKAGES:
        return (
            "not_installed",
            f"The package `{name}` is not installed in the sandbox, which has the standard library only. Do without.",
            name,
            (),
        )
    if missing["foreign"]:
        message = f"The module `{name}` of the standard library is not there in the sandbox: it is for other systems."
        return "not_installed", message, name, ()
    message = f"The module `{name}` does not exist in the sandbox.{there_is(near)}"
    packages = difflib.get_close_matches(name, KNOWN_PACKAGES, n=1, cutoff=0.8) if missing["top"] and not near else []
    if packages:
        message += f" The package `{packages[0]}` exists, but is not installed there either."
    return "unknown_import", message, name, (*near, *packages)


def _broken(missing: Mapping[str, Any]) -> Words:
    message = f"The module `{missing['name']}` cannot be imported in the sandbox: {missing['reason']}"
    return "not_installed", message, missing["name"], ()


def _attribute(missing: Mapping[str, Any]) -> Words:
    owner, name, near, elsewhere = (missing[key] for key in ("owner", "name", "near", "elsewhere"))
    message = f"{OWNERS[missing['on']].format(owner)} has no `{name}`.{there_is([*elsewhere, *near])}"
    return "unknown_attribute", message, f"{owner}.{name}", (*elsewhere, *near)


def _keyword(missing: Mapping[str, Any]) -> Words:
    owner, name, takes = missing["owner"], missing["name"], missing["takes"]
    message = f"`{owner}` takes no keyword argument `{name}`"
    message += f"; it takes {listed(takes)}." if takes else "."
    return "unknown_argument", message, f"{owner}({name}=)", missing["near"]


_WORDS = {"module": _module, "broken": _broken, "attribute": _attribute, "keyword": _keyword}
