"""Floor 5: state, wiring, policy and verdicts. What the roles do inside stays theirs."""

from motet.agents import TeamContext
from motet.graphs.auto_policy import resolve_policy
from motet.graphs.chat import ChatInput, ChatOutput, as_chat, create_chat_team
from motet.graphs.drawing import Drawing, draw
from motet.graphs.policies import LARGE, MEDIUM, POLICIES, SMALL
from motet.graphs.policy import Policy
from motet.graphs.recording import Recording, arecord, record
from motet.graphs.state import TeamInput, TeamOutput, TeamState, TeamUsage
from motet.graphs.team import build_team, create_team
from motet.graphs.tool import as_tool
from motet.graphs.verdict import Evidence, TeamVerdict

__all__ = [
    "LARGE",
    "MEDIUM",
    "POLICIES",
    "SMALL",
    "ChatInput",
    "ChatOutput",
    "Drawing",
    "Evidence",
    "Policy",
    "Recording",
    "TeamContext",
    "TeamInput",
    "TeamOutput",
    "TeamState",
    "TeamUsage",
    "TeamVerdict",
    "arecord",
    "as_chat",
    "as_tool",
    "build_team",
    "create_chat_team",
    "create_team",
    "draw",
    "record",
    "resolve_policy",
]
