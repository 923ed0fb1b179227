"""What the coder of a repository is asked for next. The graph's wiring decides it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.agents.repo.change_plan import Target
from motet.agents.repo.patch_candidate import PatchCandidate, PatchOrigin


class PatchAssignment(BaseModel):
    """One patch to write."""

    model_config = ConfigDict(frozen=True)

    index: int
    """The patch's place in the order of proposals."""
    kind: PatchOrigin
    target: Target | None = None
    """The function to change, for a coder that changes one at a time."""
    temperature: float = 0.0
    wording: Literal["repo_function", "repo_function_variant"] = "repo_function"
    """Which wording of the prompt, for that coder."""
    max_tokens: int = 2048
    repairs: PatchCandidate | None = None
    """What it begins with: what is to be repaired, or what has mended one of several faults."""
    failure: str = ""
    """Why: what a machine found, in words for the model."""
    reason: str = ""
    """Why this comes next, for people."""
    siblings: int = 0
    """How many others are asked for at the same time. Where this one fails, they may have more luck."""
