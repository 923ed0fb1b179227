"""What can be asked of a piece of code, and what came back."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.tools.encodable import Encodable
from motet.tools.sandbox import Execution

CaseKind = Literal["call", "statement", "doctest"]
Outcome = Literal["passed", "failed", "error", "timeout", "not_run"]


class Case(BaseModel):
    """One question to a module of code, asked in the namespace of that module."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Unique within a run."""
    kind: CaseKind
    """How `code` is judged.

    `call`: `code` is an expression whose value is compared with that of `expected`, outside of the process that ran it;
    without `expected` it is only observed. `statement`: `code` is statements that must not raise, such as an assert.
    `doctest`: what `code` prints and evaluates to is compared with the text `expected`, as the doctest module does.
    """
    code: str
    expected: str | None = None


class CaseResult(BaseModel):
    """What one case, or one test of a pytest file, showed."""

    model_config = ConfigDict(frozen=True)

    name: str
    outcome: Outcome
    """`failed`: the wrong value, or an assertion; `error`: any other exception; `not_run`: its process ended before."""
    message: Encodable = ""
    """Why it did not pass, with both sides where there are two."""
    seconds: float = 0.0
    value: Encodable | None = None
    """For a call: the value it gave, as Python source where it is plain data, else its `repr`; `None` if it raised."""
    exception: str | None = None
    """The type of the exception that it raised, if it did."""


class TestRun(BaseModel):
    """One result for each test that was asked for, in order, whatever the code did."""

    __test__ = False  # not a test class, whatever pytest thinks of its name
    model_config = ConfigDict(frozen=True)

    results: tuple[CaseResult, ...]
    execution: Execution
    """The sandbox's word on the whole run; with the verdict `infrastructure` the results tell nothing of the code."""
    tampering: str | None = None
    """What the code did to the test run itself, if it did; nothing then counts as passed."""

    @property
    def passed(self) -> bool:
        """Whether there were tests and every one passed."""
        return bool(self.results) and all(result.outcome == "passed" for result in self.results)
