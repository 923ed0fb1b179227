"""What a person sees while a command works."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress


@contextmanager
def progress_bar(what: str, total: int | None) -> Generator[Callable[..., None]]:
    """Show a bar on standard error, where somebody is looking.

    Yields:
        To be told how many are done, and of how many where that was not known before.
    """

    def tell(done: int, of: int | None = total) -> None:
        bar.update(task, completed=done, total=of)

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=total)
        yield tell


@contextmanager
def busy(what: str) -> Generator[None]:
    """Spin on standard error, where somebody is looking."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(what):
        yield
