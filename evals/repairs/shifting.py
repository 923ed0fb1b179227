"""Moves code to another indentation, and leaves the lines within strings where they are."""

import io
import tokenize

_STRING_BEGINS = {tokenize.STRING, getattr(tokenize, "FSTRING_START", tokenize.STRING)}
_STRING_ENDS = {tokenize.STRING, getattr(tokenize, "FSTRING_END", tokenize.STRING)}


def shifted(code: str, columns: int) -> str:
    """Move whole statements to the right, or to the left where the number is negative.

    Args:
        code: Statements that all stand at the same indentation.
        columns: How far.
    """
    lines = code.split("\n")
    within = _lines_within_strings(code)
    for at, line in enumerate(lines):
        if at not in within and line.strip():
            # A comment may stand further left than the code.
            kept = line[min(-columns, len(line) - len(line.lstrip())) :] if columns < 0 else " " * columns + line
            lines[at] = kept
    return "\n".join(lines)


def _lines_within_strings(code: str) -> set[int]:
    """The lines, from 0, that begin inside of a string."""
    # One line more in front, because code that begins indented is none.
    tokens = tokenize.generate_tokens(io.StringIO(f"if 1:\n{code}\n" if code[:1] == " " else f"\n{code}\n").readline)
    found: set[int] = set()
    begins: list[int] = []
    for token in tokens:
        if token.type in _STRING_BEGINS:
            begins.append(token.start[0])
        if token.type in _STRING_ENDS and begins:
            found.update(range(begins.pop() - 1, token.end[0] - 1))
    return found
