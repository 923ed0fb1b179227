"""Every custom event of a repository team's stream. `motet.agents.repo.events` has those of the roles."""

from typing import Annotated, Literal

from pydantic import Field

from motet.agents.events import Told
from motet.agents.repo.events import RepoRoleEvent
from motet.graphs.repo.verdict import PatchEvidence
from motet.graphs.verdict import TeamVerdict


class PatchVerdictEvent(Told):
    """The run has ended."""

    event: Literal["patch_verdict"]
    verdict: TeamVerdict
    evidence: PatchEvidence


RepoTeamEvent = Annotated[RepoRoleEvent | PatchVerdictEvent, Field(discriminator="event")]
"""Whatever a repository team tells. `pydantic.TypeAdapter(RepoTeamEvent)` checks one, or makes JSON of it."""
