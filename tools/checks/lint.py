"""What ruff is certain of."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from motet.tools.checks.findings import CheckFinding, CheckKind
from motet.tools.checks.wording import listed, there_is

ERRORS = ("E9", "F50", "F52", "F63", "F7", "F82")
"""Rules for errors at run time: formats that do not fit, misused comparisons and statements, undefined names."""
REMARKS = ("F401", "F811")
"""Rules for what works and is still not meant: unused imports, definitions that another replaces before their use."""
HARMLESS = frozenset({"F401", "F504", "F522", "F523", "F722", "F811", "F822"})
"""Rules among these whose findings run: besides the remarks, formats that leave an argument out, annotations that are
no Python, and names in `__all__`, which a star import may find by `__getattr__`."""
KINDS: Mapping[str, CheckKind] = {"F401": "unused_import", "F811": "redefinition", "F821": "undefined_name"}

Certain = Callable[[str, int, int], bool]
"""Whether an undefined name, with its line and column, is sure to be one when the line runs."""


def ruff_command() -> list[str]:
    """Checks standard input without any configuration."""
    select = f"--select={','.join((*ERRORS, *REMARKS))}"
    return ["ruff", "check", "--isolated", "--no-cache", "--ignore-noqa", "--output-format=json", select, "-"]


def lint_finding(row: Mapping[str, Any], undefined: Mapping[str, Any], is_certain: Certain) -> CheckFinding:
    """Read one row of ruff's report.

    Args:
        row: With `code`, `message`, `line` and `column`.
        undefined: What may have been meant by undefined names.
        is_certain: Other undefined names are only remarks.
    """
    code, line, column = row["code"], row["line"], row["column"]
    kind = KINDS.get(code, "lint")
    name = named(row["message"])
    if kind != "undefined_name":
        message = f"{code}: {row['message']}"
        return CheckFinding(
            kind=kind, message=message, line=line, column=column, name=name, blocks=code not in HARMLESS
        )
    meant = undefined.get(name, {})
    near, elsewhere = meant.get("near", ()), meant.get("elsewhere", ())
    instead = f" There is {listed(elsewhere)}, which is not imported." if elsewhere else there_is(near)
    return CheckFinding(
        kind=kind,
        message=f"The name `{name}` is not defined.{instead}",
        line=line,
        column=column,
        name=name,
        suggestions=(*elsewhere, *near),
        blocks=is_certain(name, line, column),
    )


def named(message: str) -> str:
    """The name that a message of ruff is about."""
    found = re.search(r"`(.+?)`", message)
    return found[1] if found else ""
