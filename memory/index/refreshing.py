"""Brings what is kept of a folder up to date: only what changed is read, and only what is new is cut into chunks."""

import io
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from motet.memory.index.storage import Entry, Storage, document_id, entry_of
from motet.memory.index.tree import Skipped, SourceFile, read, scan

Progress = Callable[[int, int], None]
"""Told how much is done, and how much there is."""

BATCH_BYTES = 4_000_000
"""So much is taken in at once; Ctrl-C or a crash loses no more."""
BATCH_FILES = 2000
UNSURE_NS = 2_000_000_000
"""A file that had changed less than this before it was read may have changed again by the same clock tick."""


@dataclass(frozen=True)
class Refreshed:
    """What bringing an index up to date came to."""

    files: int
    """How many are in the index now."""
    read: int
    """How many of them had to be read."""
    parsed: int
    """How many were cut into chunks; what is known from another branch or worktree is not."""
    removed: int
    """How many are gone."""
    skipped: tuple[Skipped, ...]
    """Source files that are left out, with the reasons."""


def refresh(root: Path, storage: Storage, view: int, progress: Progress) -> Refreshed:
    """Bring a view up to date with its folder.

    Args:
        root: The folder.
        storage: Keeps the view.
        view: Which.
        progress: Told how many of the files that must be read are done.

    Raises:
        NoRepositoryError: It is no folder, or git is not installed.
    """
    before = storage.entries(view)
    found = list(scan(root))
    now = {one.path for one in found}
    sources = [one for one in found if isinstance(one, SourceFile)]
    lost = storage.lost(view)
    unread = [one for one in sources if one.path in lost or not _unchanged(before.get(one.path), one)]
    taking = _Taking(root, storage, view)
    done = 0
    for batch in _batches(unread):
        taking.take(batch)
        done += len(batch)
        progress(done, len(unread))
    skipped = {one.path: Entry(0, 0, 0, None, one.reason) for one in found if isinstance(one, Skipped)}
    changed = {path: entry for path, entry in skipped.items() if before.get(path) != entry}
    gone = (before.keys() - now) | taking.gone
    if changed or gone:
        with storage.writing():
            storage.change(view, changed, gone)
    entries = storage.entries(view)
    return Refreshed(
        files=sum(entry.document is not None for entry in entries.values()),
        read=len(unread),
        parsed=taking.parsed,
        removed=len(gone & before.keys()),
        skipped=tuple(Skipped(path, entry.skipped) for path, entry in sorted(entries.items()) if entry.skipped),
    )


class _Taking:
    """Takes in files, a batch in a transaction."""

    def __init__(self, root: Path, storage: Storage, view: int) -> None:
        self._root, self._storage, self._view = root, storage, view
        self.parsed = 0
        self.gone: set[str] = set()

    def take(self, files: Sequence[SourceFile]) -> None:
        texts: dict[str, tuple[str, str]] = {}
        entries: dict[str, Entry] = {}
        for file in files:
            content = read(self._root, file.path)
            if content is None:
                self.gone.add(file.path)
            elif isinstance(content, Skipped):
                entries[file.path] = entry_of(file, None, content.reason)
            else:
                text = decoded(file.path, content)
                name = document_id(file.path, text)
                entries[file.path] = entry_of(file, name)
                texts[name] = file.path, text
        with self._storage.writing():
            fresh = texts.keys() - self._storage.known(texts)
            if fresh:
                from motet.memory.index.ingestion import Ingestion  # two seconds, and most calls find nothing new

                ingestion = Ingestion(self._storage)
                ingestion.take([(name, *texts[name]) for name in sorted(fresh)])
            self._storage.change(self._view, entries, ())
        self.parsed += len(fresh)


def forget_stale(storage: Storage) -> set[str]:
    """Forget what no folder has had for long, and give the names of the vectors that are of no use any more."""
    with storage.writing():
        stale = storage.stale()
        if not stale:
            return set()
        from motet.memory.index.ingestion import Ingestion

        Ingestion(storage).forget(stale)
        return storage.forget(stale)


def decoded(path: str, content: bytes) -> str:
    """Read bytes as text, by the encoding that a Python file declares; what cannot be read so is replaced."""
    encoding = "utf-8-sig"
    if path.endswith((".py", ".pyw")):
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        except SyntaxError:  # it declares none that there is, or is not in the one that it declares
            encoding = "utf-8-sig"
    try:
        text = content.decode(encoding, errors="replace")
    except (LookupError, UnicodeError):  # some encodings are not for text, such as rot13, or replace nothing
        text = content.decode("utf-8-sig", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unchanged(entry: Entry | None, file: SourceFile) -> bool:
    return (
        entry is not None
        and (entry.size, entry.changed_ns) == (file.size, file.changed_ns)
        and entry.seen_ns - entry.changed_ns > UNSURE_NS
    )


def _batches(files: Sequence[SourceFile]) -> Iterator[list[SourceFile]]:
    batch: list[SourceFile] = []
    size = 0
    for file in files:
        if batch and (size + file.size > BATCH_BYTES or len(batch) >= BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size
    if batch:
        yield batch
