"""A chunk: a piece of code with a name of its own."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["function", "class", "module"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A function, a class without its methods, or a module without what it defines.

    Nothing is cut in the middle, and every line of a file is in the text of one chunk: what stands inside of a function
    belongs to it, what is left of a class to the class, and what is left of a file to the module.
    """

    symbol: str
    """The qualified name inside of the file, `Class.method`; empty for a module."""
    kind: Kind
    start_line: int
    """The first line, decorators included; lines count from 1."""
    end_line: int
    """The last line. A class or a module spans what has chunks of its own, which its text leaves out."""
    text: str
    signature: str = ""
    """The head, from its name to its body."""
    docstring: str = ""
    decorators: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The last part of the qualified name."""
        return self.symbol.rpartition(".")[2]
