"""How a long fetch tells the person who waits for it."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Is told how far a fetch has come."""

    def __call__(self, done_bytes: int, total_bytes: int, what: str) -> None:
        """Take note.

        Args:
            done_bytes: What is here, earlier attempts included.
            total_bytes: What there will be.
            what: What is being done, in a few words.
        """


def silent(done_bytes: int, total_bytes: int, what: str) -> None:
    """Tell nobody."""


@contextmanager
def terminal_progress() -> Generator[Progress]:
    """A progress bar on a terminal's stderr; one line for each new thing done where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield _announce_changes(lambda what: print(what, file=sys.stderr, flush=True))
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task("", total=None)

        def show(done_bytes: int, total_bytes: int, what: str) -> None:
            bars.update(bar, completed=done_bytes, total=total_bytes, description=what)

        yield show


def _announce_changes(announce: Callable[[str], None]) -> Progress:
    said = ""

    def note(done_bytes: int, total_bytes: int, what: str) -> None:
        nonlocal said
        if what != said:
            said = what
            announce(f"{what} ({total_bytes / 1e6:,.1f} MB)")

    return note
