"""What a human is asked about, as a text that can be edited, and the edited text as an answer.

A contract is TOML, a plan has one step a line, code is code. A file may hold JSON instead of TOML or lines.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from motet.cli.errors import BadInputError

SUFFIXES = {"contract": ".toml", "plan": ".txt", "code": ".py"}
BULLET = re.compile(r"^\s*(?:\d+[.)]|[-*])\s+")
CONTROL = re.compile(r"[^\n\t\x20-\x7e\x80-\U0010ffff]")
CONTRACT_HEAD = """\
# What the task asks for, as it was read. Change what is wrong, save and close.
# The coder is told the task's words and what you add; the tester runs the examples.
"""
PLAN_HEAD = "# One step a line. Change what is wrong, save and close.\n"


def text_of(what: str, shown: Mapping[str, Any]) -> str:
    """What is shown, to be edited."""
    if what == "code":
        return shown["candidate"]["code"]
    if what == "plan":
        return PLAN_HEAD + "".join(f"{number}. {step}\n" for number, step in enumerate(shown["steps"], 1))
    names = ("task", "kind", "entry_point", "signature", "imports", "preamble", "constraints")
    lines = [f"{name} = {_toml(shown[name])}" for name in names]
    for example in shown["examples"]:
        kept = {name: example[name] for name in ("code", "expected") if example[name] is not None}
        if example["form"] == "doctest":
            kept["form"] = "doctest"
        lines += ["", "[[examples]]", *(f"{name} = {_toml(value)}" for name, value in kept.items())]
    return CONTRACT_HEAD + "\n".join(lines) + "\n"


def answer_of(what: str, shown: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The answer that an edited text is; whether it is a good one is not looked at.

    Raises:
        BadInputError: The text cannot be read.
    """
    if what == "code":
        return {"decision": "edit", "code": text}
    is_json = text.lstrip().startswith("{")
    if what == "plan":
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        plan = _json(text) if is_json else {"steps": [BULLET.sub("", line).strip() for line in lines]}
        return {"decision": "edit", "plan": plan}
    given = _json(text) if is_json else _read_toml(text)
    named = {name: given[name] or None for name in ("entry_point", "signature") if name in given}
    contract = {**shown, **given, **named}
    if isinstance(contract["examples"], list):
        contract["examples"] = [_example(one, shown["examples"]) for one in contract["examples"]]
    return {"decision": "edit", "contract": contract}


def _example(example: Any, shown: Sequence[Mapping[str, Any]]) -> Any:
    """With what a human need not write: the form, and the words of the task."""
    if not isinstance(example, Mapping):
        return example
    for one in shown:
        if (one["code"], one["expected"]) == (example.get("code"), example.get("expected")):
            return {**one, **example}
    return dict(example)


def _toml(value: str | Sequence[str] | None) -> str:
    if value is None:
        return '""'
    if not isinstance(value, str):
        return "[" + "".join(f"\n  {_toml(item)}," for item in value) + ("\n]" if value else "]")
    is_plain = "'''" not in value and not value.endswith("'") and not CONTROL.search(value)
    if "\n" in value and is_plain:
        return f"'''\n{value}'''"
    # JSON's strings are TOML's, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _json(text: str) -> dict[str, Any]:
    try:
        return json.loads(text)
    except ValueError as problem:
        raise BadInputError(f"It is not JSON: {problem}.") from None


def _read_toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise BadInputError(f"It is not TOML: {problem}.") from None
