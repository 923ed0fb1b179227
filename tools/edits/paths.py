"""Which paths an answer may name."""

import re
import unicodedata

_DRIVE = re.compile(r"[A-Za-z]:")
_GIT = (".git", "git~1")  # the second is the first on some file systems


def refused_path(path: str) -> str | None:  # noqa: PLR0911 - one line for each rule
    """Why no answer may touch this path, in words that follow its name; nothing where it may.

    This looks at the name alone. Whether it leads through a symbolic link is for those to say who read the file.
    """
    if not plain_path(path).strip():
        if path.startswith("/"):
            return "is the root of the machine: name a file of the repository"
        return "is empty: name a file"
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in path):
        return "holds a character that cannot be seen: name a file of the repository"
    if path.startswith(("/", "~")) or _DRIVE.match(path):
        return "is absolute: give it relative to the root of the repository"
    if "\\" in path:
        return "holds a backslash: write / between folders"
    if path.endswith("/"):
        return "is a folder: name a file"
    parts = path.split("/")
    if ".." in parts:
        return "leads upwards with '..': stay in the repository"
    if any(part.rstrip(". ").casefold() in _GIT for part in parts):
        return "belongs to git itself: leave it alone"
    if any(len(part.encode()) > 255 for part in parts) or len(path) > 1000:
        return "is too long for a file's name"
    return None


def plain_path(path: str) -> str:
    """The same path, without `./` and doubled slashes."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))
