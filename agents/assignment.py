"""What the coder is asked for next. The graph's wiring decides it; the coder only carries it out."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.agents.attempt import Attempt
from motet.agents.candidate import Candidate


class Assignment(BaseModel):
    """One candidate to write."""

    model_config = ConfigDict(frozen=True)

    index: int
    """The candidate's place in the order of proposals."""
    kind: Literal["first", "sample", "repair"]
    temperature: float = 0.0
    wording: Literal["coder", "coder_variant"] = "coder"
    """Which wording of the prompt; another wording is a cheap source of difference between samples."""
    max_tokens: int = 1024
    """An answer that is longer is void."""
    target: Candidate | None = None
    """What is to be repaired."""
    failure: str | None = None
    """Why: what a machine found, in words for the model."""
    attempts: tuple[Attempt, ...] = ()
    """What the coder is told of other answers that failed."""
    reason: str = ""
    """Why this comes next, for people."""
