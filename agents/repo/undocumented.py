"""Shows a function without its docstring, so that a model which answers with all of it need not copy that.

In a well-documented codebase most of a function is its docstring. Its beginning stays as a comment; the whole comes
back when the answer is put in its place.
"""

import ast
from textwrap import indent, shorten

from motet.tools.source import parse_python

SHORT = 200
"""Characters of a docstring that stays as it is."""
MARK = "# Docstring: "
SHOWN = 300
"""Characters that are told of a longer one."""


def undocumented(text: str) -> str:
    """A function with a comment in the place of a long docstring.

    Args:
        text: The function, as if it stood at the top of a module.
    """
    tree = parse_python(text)
    function = tree.body[0] if tree and tree.body else None
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or len(function.body) < 2:
        return text
    first = function.body[0]
    said = ast.get_docstring(function)
    if said is None or len(said) <= SHORT or first.lineno <= function.lineno or first.end_lineno is None:
        return text
    lines = text.split("\n")
    margin = lines[first.lineno - 1][: first.col_offset]
    if margin.strip() or function.body[1].lineno <= first.end_lineno:
        return text  # something else stands on these lines
    told = indent(f"{MARK}{shorten(said, SHOWN, placeholder=' ...')}", margin)
    return "\n".join([*lines[: first.lineno - 1], told, *lines[first.end_lineno :]])


def without_mark(answer: str) -> str:
    """An answer without the comment that stood for the docstring."""
    return "\n".join(line for line in answer.split("\n") if not line.lstrip().startswith(MARK.rstrip()))
