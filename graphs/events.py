"""Every custom event of a team's stream. `motet.agents.events` has those of the roles, each with its meaning."""

from typing import Annotated, Literal

from pydantic import Field

from motet.agents.events import RoleEvent, Told
from motet.graphs.verdict import Evidence, TeamVerdict


class VerdictEvent(Told):
    """The run has ended."""

    event: Literal["verdict"]
    verdict: TeamVerdict
    evidence: Evidence


TeamEvent = Annotated[RoleEvent | VerdictEvent, Field(discriminator="event")]
"""Whatever a team tells. `pydantic.TypeAdapter(TeamEvent)` checks one, or makes JSON of it."""
