"""Which memory a command works on, and how it is opened."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from motet.cli.errors import BadInputError

if TYPE_CHECKING:
    from motet.memory import PatternMemory

MemoryPlace = Annotated[
    str | None,
    typer.Option("--memory", metavar="FOLDER_OR_URL", help="A folder, or a Chroma server's URL; your own if left out."),
]
MemoryEmbeddings = Annotated[
    str, typer.Option(help="The embeddings that the memory was made with: local, or provider:name.")
]


@contextmanager
def opened(
    place: str | None, embeddings: str, *, make: bool = False, reembed: bool = False
) -> "Generator[tuple[PatternMemory, str]]":
    """Open a memory for a command, and close it again.

    Args:
        place: What the user gave as `--memory`.
        embeddings: What the user gave as `--embeddings`.
        make: Whether to make a folder that is not there; a mistyped name is told otherwise.
        reembed: Whether to embed everything anew where the embeddings are others.

    Yields:
        The memory, and where it lies.

    Raises:
        BadInputError: It cannot be opened; the message says what to do.
    """
    from sqlite3 import DatabaseError

    from motet.memory import ChromaStore, EmbeddingMismatchError, memory_folder, open_memory
    from motet.memory.embeddings import resolve_embeddings

    where = str(memory_folder()) if place in (None, "local") else str(place)
    is_folder = "://" not in where
    if place not in (None, "local") and is_folder and not make and not Path(where).is_dir():
        raise BadInputError(f"There is no memory in {where!r}. Give a folder that exists, or leave --memory out.")
    model = resolve_embeddings(embeddings)
    if prepare := getattr(model, "prepare", None):
        prepare()  # a fetch has a progress bar of its own
    with _busy("opening the memory" if not reembed else "embedding everything anew, where that is needed"):
        try:
            memory = open_memory(where, embeddings=model, reembed=reembed)
        except EmbeddingMismatchError as error:
            raise BadInputError(
                f"The memory in {where} was made with the embeddings {error.stored}, and not with {error.given}. "
                f"Name them with --embeddings, or embed everything anew with `motet memory reembed {embeddings}`."
            ) from error
        except (DatabaseError, ValueError, NotADirectoryError, PermissionError) as error:
            raise BadInputError(f"The memory in {where} cannot be opened: {error}") from error
    try:
        yield memory, where
    finally:
        if isinstance(memory.store, ChromaStore):
            memory.store.close()


@contextmanager
def progress_bar(what: str, total: int) -> Generator[Callable[[int], None]]:
    """Show a bar on standard error, where somebody is looking.

    Yields:
        To be told how many are done.
    """
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def _busy(what: str) -> Generator[None]:
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(what):
        yield
