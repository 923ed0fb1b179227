"""The files of a repository: which are read, and why others are not.

git says what belongs to it, so `.gitignore` means here what it means everywhere. A folder that is no repository is seen
as git would see it if it were one.
"""

import errno
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from motet.memory.index.languages import language_of
from motet.tools.git import listed

LARGEST = 1_000_000
"""Bytes; a larger source file is data, or was made by a program."""
LONGEST_LINE = 20_000
"""Bytes; nobody wrote such a line by hand."""
VENDORED = frozenset(
    {
        "__pypackages__",
        "_vendor",
        "bower_components",
        "node_modules",
        "site-packages",
        "third_party",
        "thirdparty",
        "vendor",
        "vendored",
    }
)
GENERATED_NAME = re.compile(r"(_pb2(_grpc)?\.pyi?|\.pb\.go|\.pb\.(cc|h)|[.-]min\.(js|cjs|mjs)|\.g\.cs|\.designer\.cs)$")
GENERATED_HEAD = re.compile(
    rb"^[ \t]*(#|//|/\*|\*|--|;)"
    rb".*(@generated\b|generated\b.*\bdo not (edit|modify)|do not (edit|modify)\b.*\bgenerated)",
    re.IGNORECASE | re.MULTILINE,
)
HEAD = 2048
"""Bytes at the beginning of a file in which a generator leaves its mark."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may be read.

    Args:
        path: From the root, with `/`.
        size: In bytes.
        changed_ns: When it was last changed, by its own account.
    """

    path: str
    size: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that a reader might miss in the index.

    Args:
        path: From the root, with `/`.
        reason: Why it is not there.
    """

    path: str
    reason: str


def scan(root: Path) -> Iterator[SourceFile | Skipped]:
    """Give the source files below a folder, and those that are left out for a reason that is not plain.

    What git ignores, what is vendored and what no grammar can read is left out without a word.

    Args:
        root: The folder, which may lie inside of a repository.

    Raises:
        NoRepositoryError: It is no folder, or git is not installed.
    """
    here = _Folders(root)
    for path in sorted(listed(root)):
        if not VENDORED.isdisjoint(path.split("/")[:-1]):
            continue
        if not path.isprintable():
            # Undecodable bytes come as halves of surrogate pairs, which neither JSON nor a database can hold.
            yield Skipped(os.fsencode(path).decode("utf-8", "replace"), "a name with characters that cannot be shown")
            continue
        try:
            found = os.lstat(f"{root}/{path}")
        except OSError:  # deleted since git saw it, or a name too long
            continue
        if stat.S_ISDIR(found.st_mode):
            yield Skipped(path, "a repository of its own")
        elif language_of(path) is None:
            continue
        elif stat.S_ISLNK(found.st_mode) or not here.holds(path):
            yield Skipped(path, "a symbolic link, or behind one; what it leads to is indexed where it lies")
        elif not stat.S_ISREG(found.st_mode):
            yield Skipped(path, "no regular file")
        elif found.st_size > LARGEST:
            yield Skipped(path, f"{found.st_size / 1e6:,.1f} MB, more than {LARGEST / 1e6:.0f} MB")
        elif GENERATED_NAME.search(path):
            yield Skipped(path, "generated, by its name")
        else:
            # The time of the last change of any kind: the other one can be set to anything.
            yield SourceFile(path, found.st_size, max(found.st_mtime_ns, found.st_ctime_ns))


def read(root: Path, path: str) -> bytes | Skipped | None:
    """Read a file that `scan` gave: its content, why it is not for the index, or nothing if it is gone by now."""
    try:
        if not _Folders(root).holds(path):
            raise OSError(errno.ELOOP, "it is behind a symbolic link")
        # What became a link or a pipe since it was seen is not followed, and does not block.
        handle = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Skipped(path, f"cannot be read: {error.strerror}")
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return Skipped(path, "no regular file")
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        return Skipped(path, f"more than {LARGEST / 1e6:.0f} MB")
    if b"\0" in content:
        return Skipped(path, "binary")
    if max(map(len, content.split(b"\n"))) > LONGEST_LINE:
        return Skipped(path, f"a line of more than {LONGEST_LINE:,} bytes, so nobody wrote it")
    if GENERATED_HEAD.search(content[:HEAD]):
        return Skipped(path, "generated, by its own account")
    return content


class _Folders:
    """Tells whether a path lies in the root itself, and not behind a link that leads elsewhere."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, bool] = {}

    def holds(self, path: str) -> bool:
        folder = path.rpartition("/")[0]
        if folder not in self._known:
            place = os.path.join(self._root, folder) if folder else str(self._root)
            self._known[folder] = os.path.realpath(place) == place
        return self._known[folder]
