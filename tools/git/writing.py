"""Writes changed files into a worktree, and never through a link out of it."""

from collections.abc import Mapping
from pathlib import Path


class OutsideError(ValueError):
    """A path leads out of the worktree; the message names it."""


def write_changes(worktree: Path, changes: Mapping[str, bytes | None]) -> None:
    """Write files, and remove those whose content is `None`. Nothing is written if one path leads outside.

    Args:
        worktree: Where.
        changes: Content by relative path, with `/`.

    Raises:
        OutsideError: A path is absolute, has `..`, is git's own, or lies behind a symbolic link.
    """
    places = {path: _inside(worktree, path) for path in changes}
    for path, content in changes.items():
        place = places[path]
        if content is None:
            place.unlink(missing_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def _inside(worktree: Path, path: str) -> Path:
    parts = path.split("/")
    if (
        not path
        or path.startswith("/")
        or "\0" in path
        or {"", ".", ".."} & set(parts)
        or ".git" in map(str.lower, parts)
    ):
        raise OutsideError(f"{path!r} is no path of a file in the repository.")
    place = worktree
    for part in parts:
        place = place / part
        if place.is_symlink():
            raise OutsideError(f"{path!r} lies behind a symbolic link, or is one; name the file itself.")
    return place
