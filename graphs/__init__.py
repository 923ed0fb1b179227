"""Floor 5: state, wiring, policy and verdicts. What the roles do inside stays theirs."""

from motet.agents import TeamContext
from motet.graphs.policy import LARGE, MEDIUM, SMALL, Policy, resolve_policy
from motet.graphs.state import TeamInput, TeamOutput, TeamState, TeamUsage
from motet.graphs.team import build_team, create_team
from motet.graphs.verdict import Evidence, TeamVerdict

__all__ = [
    "LARGE",
    "MEDIUM",
    "SMALL",
    "Evidence",
    "Policy",
    "TeamContext",
    "TeamInput",
    "TeamOutput",
    "TeamState",
    "TeamUsage",
    "TeamVerdict",
    "build_team",
    "create_team",
    "resolve_policy",
]
