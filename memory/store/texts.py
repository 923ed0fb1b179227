"""Which texts of an item it is found by, through likeness and through words."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langgraph.store.base import get_text_at_path, tokenize_path

from motet.memory.store.items import Index

WHOLE = ("$",)
"""The path of a value as a whole, as JSON."""


def texts_of(value: Mapping[str, Any], index: Index, fields: Sequence[str]) -> list[tuple[str, str]]:
    """Give the texts of a value that are indexed, each with the path that it was found at.

    Args:
        value: The item's value.
        index: What the item itself says: these paths, nothing (`False`), or what the store says (`None`).
        fields: The paths that the store says.
    """
    if index is False:
        return []
    found: list[tuple[str, str]] = []
    for field in fields if index is None else index:
        texts = get_text_at_path(value, field if field == "$" else tokenize_path(field))
        many = len(texts) > 1
        found += [(f"{field}.{number}" if many else field, text) for number, text in enumerate(texts)]
    return found


def json_of(value: Mapping[str, Any]) -> str:
    """A value as JSON that can be written to any file: half a surrogate pair is escaped, the rest stays readable."""
    return json.dumps(dict(value), ensure_ascii=False).encode(errors="backslashreplace").decode()
