"""What a search gives."""

from pydantic import BaseModel, ConfigDict

from motet.memory.index.chunk import Kind


class Found(BaseModel):
    """A piece of code that a question is about."""

    model_config = ConfigDict(frozen=True)

    path: str
    """From the root of the index, with `/`."""
    start_line: int
    """The first line, decorators included; lines count from 1."""
    end_line: int
    """The last line. A class or a module spans what has chunks of its own, which its text leaves out."""
    symbol: str
    """The qualified name in its file, `Class.method`; empty for a module."""
    kind: Kind
    score: float
    """How well it answers; only to be compared with others of the same search."""
    text: str
    """The code."""


class FoundFile(BaseModel):
    """A file that a question is about."""

    model_config = ConfigDict(frozen=True)

    path: str
    """From the root of the index, with `/`."""
    score: float
    """How well it answers; only to be compared with others of the same search."""


class Reference(BaseModel):
    """A line in which a name stands."""

    model_config = ConfigDict(frozen=True)

    path: str
    """From the root of the index, with `/`."""
    line: int
    """Counts from 1."""
    text: str
    """The line, without the blanks around it."""
    symbol: str
    """The function or the class that it is in; empty at the level of the module."""
    defines: bool
    """Whether the name is defined there."""


class IndexStats(BaseModel):
    """An index in figures."""

    model_config = ConfigDict(frozen=True)

    files: int
    """Files that can be found."""
    chunks: int
    """Functions, classes and modules in them."""
    embedded: int
    """Chunks that have a vector; tests have none."""
    pending: int
    """Vectors that are still to be made."""
    skipped: int
    """Source files that are left out, for reasons that `CodeIndex.refresh` gives."""
    folder: str
    """Where the index lies."""
    bytes: int
    """What it takes there, for all worktrees and branches together."""
    problem: str | None
    """Why there are no embeddings, if there is a reason."""
