"""Which codebase index a command works on, and how it is opened."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motet.cli.errors import BadInputError
from motet.cli.memory_place import ready_embeddings

if TYPE_CHECKING:
    from motet.memory.index import CodeIndex

CodeEmbeddings = Annotated[
    str, typer.Option(help="What compares by meaning: local, provider:name as LangChain knows them, or off.")
]


@contextmanager
def opened_code(path: Path, embeddings: str, *, fetch: bool) -> "Generator[CodeIndex]":
    """Open the index of a folder for a command, and close it again.

    Args:
        path: What the user gave.
        embeddings: What the user gave as `--embeddings`.
        fetch: Whether to fetch the embedding model now, where it is not there.

    Raises:
        BadInputError: It cannot be opened; the message says what to do.
    """
    from sqlite3 import DatabaseError

    from motet.memory.index import CodeIndex, NoRepositoryError, index_folder

    try:
        model = None if embeddings == "off" else ready_embeddings(embeddings) if fetch else embeddings
        with CodeIndex(path, embeddings=model, background=False) as code:
            yield code
    except NoRepositoryError as error:
        raise BadInputError(str(error)) from error
    except DatabaseError as error:
        raise BadInputError(
            f"The index of {path} cannot be used: {error}. It can be made again: delete its folder in {index_folder()}."
        ) from error
    except (PermissionError, NotADirectoryError, FileNotFoundError, FileExistsError) as error:
        place = f"Indexes are kept in {index_folder()}; MOTET_CACHE names another folder."
        raise BadInputError(f"{error.strerror}: {error.filename}. {place}") from error
