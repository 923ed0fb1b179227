"""How what may come from anywhere is printed."""

import json
import re
from typing import Any

import typer

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Terminal commands begin with such characters; the last ones turn the direction of what follows."""


def printable(text: str) -> str:
    """The text without what could steer a terminal."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def print_json(value: Any) -> None:
    """Print plain data as JSON on standard output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
