"""What a model is told about search/replace blocks."""

from importlib.resources import files

FORMAT = (files("motet.tools.edits") / "format.md").read_text(encoding="utf-8")
"""The format that `read_blocks` reads, for a prompt to include."""
