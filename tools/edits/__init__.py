"""What models answer becomes changed files, all or nothing. Nothing here touches a disk."""

from motet.tools.edits.applying import apply_edits
from motet.tools.edits.blocks import Block, Delete, Edits, Rename, read_blocks
from motet.tools.edits.change import EditError, FileChange, overlay
from motet.tools.edits.format import FORMAT
from motet.tools.edits.functions import FunctionSource, function_source, replace_function, replace_functions
from motet.tools.edits.keeping import keep_layout, keep_layout_in
from motet.tools.edits.source import Source

__all__ = [
    "FORMAT",
    "Block",
    "Delete",
    "EditError",
    "Edits",
    "FileChange",
    "FunctionSource",
    "Rename",
    "Source",
    "apply_edits",
    "function_source",
    "keep_layout",
    "keep_layout_in",
    "overlay",
    "read_blocks",
    "replace_function",
    "replace_functions",
]
