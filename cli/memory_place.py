"""Which memory a command works on, and how it is opened."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motet.cli.errors import BadInputError
from motet.cli.waiting import busy, progress_bar

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from motet.memory import PatternMemory

MemoryPlace = Annotated[
    str,
    typer.Option(
        "--memory",
        envvar="MOTET_MEMORY",
        help="Which memory: local (your own), a folder, or the URL of a Chroma server.",
    ),
]
MemoryEmbeddings = Annotated[
    str, typer.Option(help="The embeddings that the memory was made with: local, or provider:name.")
]


@contextmanager
def opened(place: str, embeddings: str, *, make: bool = False) -> "Generator[tuple[PatternMemory, str]]":
    """Open a memory for a command, and close it again.

    Args:
        place: What the user gave as `--memory`.
        embeddings: What the user gave as `--embeddings`.
        make: Whether to make a folder that is not there; a mistyped name is told otherwise.

    Yields:
        The memory, and where it lies.

    Raises:
        BadInputError: It cannot be opened; the message says what to do.
    """
    from motet.memory import ChromaStore, EmbeddingMismatchError, open_memory

    where = _find_place(place, make=make)
    model = ready_embeddings(embeddings)
    with busy("opening the memory"), _told(where):
        try:
            memory = open_memory(where, embeddings=model)
        except EmbeddingMismatchError as error:
            raise BadInputError(
                f"The memory in {where} was made with the embeddings {error.stored}, and not with {error.given}. "
                f"Name them with --embeddings, or embed everything anew with `motet memory reembed {embeddings}`."
            ) from error
    try:
        yield memory, where
    finally:
        if isinstance(memory.store, ChromaStore):
            memory.store.close()


def embed_anew(place: str, embeddings: str) -> None:
    """Embed everything in a memory with other embeddings, and show how far that is.

    Raises:
        BadInputError: The memory cannot be opened; the message says what to do.
    """
    from motet.memory import reembed_memory

    where = _find_place(place)
    model = ready_embeddings(embeddings)
    with progress_bar("embedding", None) as done, _told(where):
        reembed_memory(where, embeddings=model, progress=done)


def _find_place(place: str, *, make: bool = False) -> str:
    from motet.memory import memory_folder

    if place == "off":
        raise BadInputError("The memory is off; say which one to look at, such as --memory local.")
    if place == "local":
        return str(memory_folder())
    if place.startswith(("http://", "https://")):
        return place
    if "://" in place:
        raise BadInputError(f"--memory {place!r}: a Chroma server's URL begins with http:// or https://.")
    folder = Path(place).expanduser()
    if not make and not folder.is_dir():
        raise BadInputError(f"There is no memory in {place!r} yet. Give a folder that has one, or local for your own.")
    return str(folder)


def ready_embeddings(spec: str) -> "Embeddings":
    """Make embeddings from what a user typed, and fetch their model now, with a progress bar.

    Raises:
        UnknownModelError: Nothing answers to the spec.
        ModelError: The model cannot be had.
    """
    from motet.memory.embeddings import resolve_embeddings

    model = resolve_embeddings(spec)
    if prepare := getattr(model, "prepare", None):
        prepare()  # a fetch has a progress bar of its own
    return model


@contextmanager
def _told(where: str) -> Generator[None]:
    """Say in one line what is wrong with a folder, a database or a server."""
    from sqlite3 import DatabaseError

    try:
        yield
    except (DatabaseError, ValueError, NotADirectoryError, PermissionError) as error:
        raise BadInputError(f"The memory in {where} cannot be opened: {error}") from error
