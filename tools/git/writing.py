"""Writes changed files into a worktree, and never through a link out of it."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

LONGEST = 255
"""Bytes of one name that file systems take."""


class OutsideError(ValueError):
    """A path leads out of the worktree, or can be no file in it; the message names it."""


def write_changes(worktree: Path, changes: Mapping[str, bytes | None]) -> None:
    """Write files, and remove those whose content is `None`. Nothing is written if one path cannot be.

    Args:
        worktree: Where.
        changes: Content by relative path, with `/`.

    Raises:
        OutsideError: A path is absolute, has `..`, is git's own, or lies behind a symbolic link; or it is a folder's,
            or leads through a file.
    """
    places = {path: _inside(worktree, path) for path in changes}
    gone = {places[path] for path, content in changes.items() if content is None}
    written = [path for path, content in changes.items() if content is not None]
    for path in written:
        _check_room(worktree, path, places[path], gone, {places[one] for one in written})
    for place in gone:
        if place.is_file():
            place.unlink()
            _prune(worktree, place.parent)
    for path in written:
        if places[path].is_dir():  # nothing is left in it
            shutil.rmtree(places[path])
        places[path].parent.mkdir(parents=True, exist_ok=True)
        places[path].write_bytes(changes[path] or b"")


def _inside(worktree: Path, path: str) -> Path:
    parts = path.split("/")
    if (
        not path
        or path.startswith("/")
        or "\0" in path
        or {"", ".", ".."} & set(parts)
        or ".git" in map(str.lower, parts)
        or not all(map(_is_name, parts))
    ):
        raise OutsideError(f"{path!r} is no path of a file in the repository.")
    place = worktree
    for part in parts:
        place = place / part
        if place.is_symlink():
            raise OutsideError(f"{path!r} lies behind a symbolic link, or is one; name the file itself.")
    return place


def _is_name(part: str) -> bool:
    try:
        return len(os.fsencode(part)) <= LONGEST
    except UnicodeEncodeError:
        return False


def _check_room(worktree: Path, path: str, place: Path, gone: set[Path], written: set[Path]) -> None:
    """See that a file can be where it is to be, once others are gone and written."""
    if place.is_dir() and any(one.is_symlink() or (one.is_file() and one not in gone) for one in place.rglob("*")):
        raise OutsideError(f"{path!r} is a folder; name a file.")
    for above in place.parents:
        if above == worktree:
            return
        if above in written or (above.is_file() and above not in gone):
            raise OutsideError(f"{path!r} leads through {str(above.relative_to(worktree))!r}, which is a file.")


def _prune(worktree: Path, folder: Path) -> None:
    """Remove folders that hold nothing any more, as git does."""
    while folder != worktree and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
