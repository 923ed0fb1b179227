"""The files of a repository as the edits so far would leave them. Nothing is written anywhere."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from motet.tools.edits.change import EditError, FileChange
from motet.tools.edits.source import Source


@dataclass
class Draft:
    """One file that is being edited."""

    origin: str | None
    """The path where its old bytes lie; `None` if it is new."""
    before: bytes | None
    """Those bytes."""
    source: Source
    """What they mean."""
    text: str
    """What it says by now."""


class Drafts:
    """All files that edits have touched.

    Args:
        read: Gives the bytes of the file with this path, `None` where there is none.
    """

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        self._read = read
        self._drafts: dict[str, Draft] = {}
        self._gone: dict[str, bytes | None] = {}  # what lay at a path that was deleted or moved away

    def at(self, path: str) -> Draft | None:
        """The file with this path as it is by now, if there is one."""
        if path not in self._drafts and path not in self._gone:
            data = self._read(path)
            if data is None:
                return None
            source = Source.read(data)
            self._drafts[path] = Draft(origin=path, before=data, source=source, text=source.text)
        return self._drafts.get(path)

    def create(self, path: str, text: str) -> None:
        """Make a file where there is none; it takes the place of one that was deleted there, endings and all."""
        before = self._gone.get(path)
        source = Source() if before is None else Source.read(before)
        self._drafts[path] = Draft(origin=None if before is None else path, before=before, source=source, text=text)

    def remove(self, path: str) -> None:
        """Delete a file that there is."""
        draft = self._drafts.pop(path)
        if draft.origin is not None:
            self._gone.setdefault(draft.origin, draft.before)

    def move(self, old: str, new: str) -> None:
        """Give a file that there is another path."""
        draft = self._drafts.pop(old)
        if draft.origin == old:
            self._gone[old] = draft.before
        self._drafts[new] = draft

    def clashes(self) -> Iterator[str]:
        """What is wrong where a file would have to be a folder too."""
        for path in self._drafts:
            for folder in PurePosixPath(path).parents:
                if str(folder) in self._drafts:
                    yield f"{path} cannot be there: {folder} is a file and no folder. Take another path."

    def changes(self) -> tuple[FileChange, ...]:
        """All files that differ from what they were.

        Raises:
            EditError: A text cannot be written in the encoding of its file.
        """
        changes, problems = [], []
        moved = {draft.origin for draft in self._drafts.values()}
        for path, before in self._gone.items():
            if path not in self._drafts and path not in moved:
                changes.append(FileChange(path=path, before=before, after=None))
        for path, draft in self._drafts.items():
            try:
                after = draft.source.write(draft.text) if draft.text != draft.source.text else draft.before
            except EditError as error:
                problems += [f"{path}: {problem}" for problem in error.problems]
                continue
            after = b"" if after is None else after
            renamed = draft.origin if draft.origin != path else None
            if after != draft.before or renamed is not None:
                changes.append(FileChange(path=path, before=draft.before, after=after, renamed_from=renamed))
        if problems:
            raise EditError(*problems)
        return tuple(sorted(changes, key=lambda change: change.path))
