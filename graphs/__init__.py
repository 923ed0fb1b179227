"""Floor 5: state, wiring, policy and verdicts. What the roles do inside stays theirs."""

from motet.agents import TeamContext
from motet.graphs.auto_policy import resolve_policy
from motet.graphs.policies import LARGE, MEDIUM, POLICIES, SMALL
from motet.graphs.policy import Policy
from motet.graphs.state import TeamInput, TeamOutput, TeamState, TeamUsage
from motet.graphs.team import build_team, create_team
from motet.graphs.verdict import Evidence, TeamVerdict

__all__ = [
    "LARGE",
    "MEDIUM",
    "POLICIES",
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
