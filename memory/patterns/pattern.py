"""A pattern: a task, its solution, and the proof that it is one."""

import hashlib
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from motet.memory.patterns.interface import Interface
from motet.memory.patterns.kinship import naming_text
from motet.tools.testing import Case, UserTests


class PatternTests(BaseModel):
    """What a solution is held against, at its admission and at each check after that."""

    model_config = ConfigDict(frozen=True)

    cases: tuple[Case, ...] = ()
    """Examples of the task and tests of its user. A benchmark's scoring tests have no way into here."""
    files: dict[str, str] = Field(default_factory=dict)
    """Pytest files of the user's, which import the solution as `solution`."""

    def __bool__(self) -> bool:
        return bool(self.cases or self.files)

    @property
    def pytest(self) -> UserTests | None:
        """The pytest files as tests that can be run."""
        return UserTests("pytest", files=self.files) if self.files else None


class Source(BaseModel):
    """Where a solution comes from and what it took."""

    model_config = ConfigDict(frozen=True)

    model: str | None = None
    """The model that wrote it, if one did."""
    run: str | None = None
    """The run that it was found in."""
    tokens: int = 0
    """Of the whole run, input and output."""
    calls: int = 0
    seconds: float = 0.0
    """How long the team was at work."""
    cost: float | None = None
    """US dollars, where the models have prices."""


class Proof(BaseModel):
    """How a solution was verified: what ran, where, and what it showed."""

    model_config = ConfigDict(frozen=True)

    command: str
    """Runs it again."""
    sandbox: str
    """The kind of sandbox that it ran in; always one that keeps code away from the host."""
    environment: str
    """The interpreter there, such as `Python 3.13.1`."""
    passed: int
    """How many tests ran, all of which passed."""
    coverage: float | None = None
    """Percent of its lines and branches that they reach; `None` where that could not be measured."""
    seconds: float
    """How long the tests took."""
    reason: str = ""
    """What else spoke for it when it was found, such as independent answers that behave alike."""
    at: datetime


class Earlier(BaseModel):
    """A solution that a better one took the place of."""

    model_config = ConfigDict(frozen=True)

    solution: str
    source: Source
    proof: Proof
    reason: str
    """Why the other is better."""


class Draft(BaseModel):
    """What is put forward for the memory. Nothing here is believed: `PatternMemory.admit` runs it."""

    model_config = ConfigDict(frozen=True)

    task: Annotated[str, Field(min_length=1)]
    gist: str = ""
    """The task without its examples, by which it is compared with others; the whole task if left out."""
    interface: Interface = Interface()
    solution: Annotated[str, Field(min_length=1)]
    """A whole module."""
    tests: PatternTests
    source: Source = Source()
    reason: str = ""
    """What else speaks for it."""

    @property
    def id(self) -> str:
        """The same for a task in the same words with the same way to call it."""
        return pattern_id(self.task, self.gist, self.interface)


class Pattern(BaseModel):
    """Something that was solved, with all that shows it."""

    model_config = ConfigDict(frozen=True)

    id: str
    task: str
    """In the words in which it was given. Data: it may come from anywhere, and is never shown to a model."""
    gist: str
    """What of it is compared with other tasks."""
    interface: Interface
    solution: str
    tests: PatternTests
    proof: Proof
    source: Source
    earlier: tuple[Earlier, ...] = ()
    """Solutions that this one took the place of, the oldest first."""
    created_at: datetime
    quarantined: str | None = None
    """Why it is not recalled any more, if it is not."""

    @property
    def title(self) -> str:
        """The task's first sentence, for lists."""
        words = " ".join(self.task.split())
        return words if len(words) <= 80 else words[:79] + "…"


def pattern_id(task: str, gist: str, interface: Interface) -> str:
    """Name a task, in 16 hexadecimal digits, by its words without examples and by what is to be called."""
    told = f"{naming_text(task, gist)}\n{interface.kind} {interface.entry_point or ''}"
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]
