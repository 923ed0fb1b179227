"""A repository's files as the sandbox gets them: packed once, laid out there for every run.

The packed form is an index and the contents behind it, compressed. It is no tar: what it holds can only be files and
links below one folder, and laying it out takes a fraction of the time.
"""

import base64
import json
import os
import stat
import zlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Self

Overlay = Mapping[str, bytes | None]
"""Files by relative POSIX path that are put over a tree's; `None` takes one away."""

NO_OVERLAY: Overlay = {}


class Entry(NamedTuple):
    """One file of a tree."""

    path: str
    content: bytes
    executable: bool = False
    link: str | None = None
    """Where it leads, for a symbolic link; relative to its folder."""


class Tree:
    """The files of a repository, none of them outside of it.

    Args:
        entries: The files. A path that is absolute or leads outside is left out.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = {entry.path: entry for entry in entries if is_inside(entry.path)}
        self.memory: dict[str, object] = {}
        """What others found out about this tree, by their own names; it does not change, so that need not be twice."""

    @classmethod
    def pack(cls, root: Path, paths: Iterable[str]) -> Self:
        """Read files from a folder.

        Regular files and links that stay within the folder are kept; all else is left out, and so is what lies behind a
        link to a folder.

        Args:
            root: The repository.
            paths: Which of its files, relative POSIX paths; `git ls-files` is a good list.
        """
        real_root = Path(os.path.realpath(root))
        return cls(entry for path in dict.fromkeys(paths) if (entry := _read(real_root, path)) is not None)

    @property
    def paths(self) -> tuple[str, ...]:
        """All files, in order of their names."""
        return tuple(sorted(self._entries))

    @property
    def size(self) -> int:
        """Bytes in all files."""
        return sum(len(entry.content) for entry in self._entries.values())

    def read(self, path: str) -> bytes | None:
        """The content of one file; of a link, that of the file that it leads to. `None` where there is none."""
        for _ in range(8):
            entry = self._entries.get(path)
            if entry is None or entry.link is None:
                return None if entry is None else entry.content
            path = os.path.normpath(os.path.join(os.path.dirname(path), entry.link))
        return None

    def with_overlay(self, overlay: Overlay) -> "Tree":
        """The tree that comes of it."""
        kept = [entry for path, entry in self._entries.items() if path not in overlay]
        added = [
            Entry(path, content, path in self._entries and self._entries[path].executable)
            for path, content in overlay.items()
            if content is not None
        ]
        return Tree([*kept, *added])

    def write(self, folder: Path) -> None:
        """Write the files into a folder of the host, which exists."""
        from motet.tools.suite.laying_out import lay_out, unpack

        lay_out(str(folder), unpack(self.packed), {})

    @cached_property
    def packed(self) -> bytes:
        """What `laying_out.unpack` reads: text, because that travels cheapest into every kind of sandbox."""
        entries = [self._entries[path] for path in self.paths]
        index = json.dumps([[e.path, len(e.content), e.executable, e.link] for e in entries]).encode()
        whole = b"".join([b"%012d" % len(index), index, *(entry.content for entry in entries)])
        return base64.b64encode(zlib.compress(whole, 1))


def is_inside(path: str) -> bool:
    """Whether a path is a relative one that stays where it starts."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\0" not in path


def _read(root: Path, path: str) -> Entry | None:
    if not is_inside(path):
        return None
    path = str(PurePosixPath(path))
    place = root / path
    try:
        # A folder on the way may be a link that leads elsewhere.
        if not Path(os.path.realpath(place.parent)).is_relative_to(root) or _has_link_above(root, path):
            return None
        status = place.lstat()
        if stat.S_ISLNK(status.st_mode):
            link = os.readlink(place)
            leads_to = os.path.normpath(os.path.join(os.path.dirname(path), link))
            inside = not os.path.isabs(link) and is_inside(leads_to)
            return Entry(path, b"", link=link) if inside else None
        if not stat.S_ISREG(status.st_mode):
            return None
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            return Entry(path, file.read(), executable=bool(status.st_mode & 0o111))
    except OSError:
        return None


def _has_link_above(root: Path, path: str) -> bool:
    return any((root / parent).is_symlink() for parent in PurePosixPath(path).parents if str(parent) != ".")
