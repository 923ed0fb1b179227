"""Floor 7: the `motet` command. It parses, calls and prints; how things are done is the other floors' business."""

from motet.cli.app import main

__all__ = ["main"]
