"""Carries out the edits of an answer: all of them or none."""

from collections.abc import Callable, Iterable

from motet.tools.edits.blocks import Block, Delete, Edits, Rename
from motet.tools.edits.change import EditError, FileChange
from motet.tools.edits.drafts import Draft, Drafts
from motet.tools.edits.matching import places_of
from motet.tools.edits.nearest import nearest, shortened, shown
from motet.tools.edits.paths import plain_path, refused_path


def apply_edits(edits: Edits, read: Callable[[str], bytes | None]) -> tuple[FileChange, ...]:
    """What the files become. Each block applies to what the blocks before it made.

    Args:
        edits: What the answer wants.
        read: Gives the bytes of the file with this path, `None` where there is none. It may raise an `EditError` for a
            file that is not to be touched, such as a symbolic link.

    Raises:
        EditError: Something cannot be done, or nothing would change. It tells all that is wrong.
    """
    drafts, problems = Drafts(read), []
    for step in edits.steps:
        try:
            _apply(step, drafts)
        except EditError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if not problems:
        problems += drafts.clashes()
    if problems:
        raise EditError(*problems)
    changes = drafts.changes()
    if not changes:
        raise EditError(
            "The answer changes nothing: its new lines are the old ones. Write the lines as they are to be."
        )
    return changes


def _apply(step: Block | Delete | Rename, drafts: Drafts) -> None:
    path = _allowed(step.path)
    match step:
        case Block():
            draft = drafts.at(path)
            if not step.search:
                _fill(step, path, draft, drafts)
            elif draft is None:
                raise EditError(
                    f"{_where(step)}: there is no such file. Check its path; for a new file leave SEARCH empty."
                )
            else:
                _replace(step, draft)
        case Delete():
            if drafts.at(path) is None:
                raise EditError(f"{path}: there is no such file to delete. Check its path.")
            drafts.remove(path)
        case Rename():
            old = _allowed(step.old)
            if drafts.at(old) is None:
                raise EditError(f"{old}: there is no such file to rename. Check its path.")
            if drafts.at(path) is not None:
                raise EditError(
                    f"{old} cannot be renamed to {path}: there is such a file. Delete it first, or take another name."
                )
            drafts.move(old, path)


def _allowed(path: str) -> str:
    problem = refused_path(path)
    if problem is not None:
        raise EditError(f"The path {shortened(path)!r} {problem}.")
    return plain_path(path)


def _where(block: Block) -> str:
    return f"{plain_path(block.path)}, block on line {block.line} of your answer"


def _fill(block: Block, path: str, draft: Draft | None, drafts: Drafts) -> None:
    """Write a file that does not exist, or is empty."""
    if draft is None:
        drafts.create(path, _joined(block.replace, ended=True))
    elif not draft.text.strip():
        draft.text = _joined(block.replace, ended=True)
    else:
        raise EditError(
            f"{_where(block)}: its SEARCH is empty, but there is such a file. Copy the lines that are to be changed "
            "into SEARCH; to write the whole file anew, delete it first with a line 'DELETE path'."
        )


def _replace(block: Block, draft: Draft) -> None:
    """Put the new lines of a block in the place of the old ones."""
    if draft.source.binary:
        raise EditError(f"{_where(block)}: this is no text file, and cannot be edited.")
    ended = draft.text.endswith("\n") or not draft.text
    lines = draft.text.removesuffix("\n").split("\n")
    places = places_of(lines, block.search, block.replace, draft.source.indentation)
    if not places:
        raise EditError(_not_found(block, lines))
    if len(places) > 1:
        numbers = ", ".join(str(place.start + 1) for place in places)
        raise EditError(
            f"{_where(block)}: its SEARCH stands at several places of the file, on lines {numbers}. Put more of the "
            "lines around the right place into SEARCH and REPLACE."
        )
    start, new = places[0]
    draft.text = _joined([*lines[:start], *new, *lines[start + len(block.search) :]], ended=ended)


def _joined(lines: Iterable[str], *, ended: bool) -> str:
    lines = tuple(lines)
    return "\n".join(lines) + ("\n" if ended else "") if lines else ""


def _not_found(block: Block, lines: list[str]) -> str:
    """What to say of a block whose old lines are not there."""
    text = f"{_where(block)}: the lines of its SEARCH do not stand in the file."
    if any(line.strip() in ("...", "# ...", "// ...", "…") for line in block.search):
        text += " Lines cannot be left out with '...': write all of them, or two blocks."
    if any(line.strip() for line in block.replace) and places_of(lines, block.replace, (), None):
        text += " Those of its REPLACE do: perhaps this is done already."
    start = nearest(lines, block.search)
    if start is None:
        return f"{text} Nothing in it is like them. Check the path, and copy the lines from the file."
    there = lines[start : start + len(block.search)]
    differing = next(
        (at for at, (old, line) in enumerate(zip(block.search, there, strict=False)) if old.strip() != line.strip()),
        None,
    )
    text += f" The nearest that it has:\n{shown(lines, start, len(block.search))}\n"
    if differing is not None:
        text += (
            f"The first difference is on line {start + differing + 1}, where SEARCH has:\n"
            f"       | {shortened(block.search[differing])}\n"
        )
    return text + "Copy the old lines from the file as they are, each of them whole."
