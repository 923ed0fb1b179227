"""The contract: what a task asks for, in a form that machines can check."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

ExampleForm = Literal["doctest", "comparison", "arrow", "returns", "input_output", "prose", "assert"]


class Example(BaseModel):
    """An example that the task itself gives: the most trusted test there is, if it was read rightly."""

    model_config = ConfigDict(frozen=True)

    form: ExampleForm
    """How the task wrote it."""
    code: str
    """What is run: an expression, or for `assert` a whole assert statement (or several lines that end in one)."""
    expected: str | None
    """The value expected, as Python source; for `doctest` the text that the interpreter would show; `None` where `code`
    asserts by itself."""
    text: str
    """The words of the task that it was read from."""


class Parameter(BaseModel):
    """One parameter of the entry point."""

    model_config = ConfigDict(frozen=True)

    name: str
    annotation: str | None = None
    default: str | None = None


class Contract(BaseModel):
    """A task as read without any model: everything here stands in the task's own words."""

    model_config = ConfigDict(frozen=True)

    task: str
    """The task, whole."""
    kind: Literal["function", "class", "program"] = "function"
    """What is to be written; `program` is a script whose output counts."""
    entry_point: str | None = None
    """What the tests will call, if the task says it: a function or a class, or `Class().method` where a class with one
    method to write is only the coat of a function."""
    signature: str | None = None
    """Its `def` line up to the colon, normalised, such as `def add(a: int, b: int) -> int:`; a method's has `self`."""
    parameters: tuple[Parameter, ...] = ()
    """Its parameters without `self`, `*args` and `**kwargs`."""
    returns: str | None = None
    """The annotation of the return value."""
    imports: tuple[str, ...] = ()
    """Import lines in the task, as they stand."""
    preamble: str = ""
    """Code before the entry point that the solution may rely on: helper functions and constants, imports left out."""
    constraints: tuple[str, ...] = ()
    """Sentences of the task that limit inputs or the solution, such as `1 <= n <= 1000` or `must not use sorted`."""
    examples: tuple[Example, ...] = ()

    @property
    def defines(self) -> str | None:
        """The top-level name that a solution must define: `Solution` where the entry point is `Solution().solve`."""
        return self.entry_point.partition("(")[0].partition(".")[0] if self.entry_point else None
