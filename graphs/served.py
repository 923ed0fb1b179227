"""The graphs that `langgraph.json` names for LangGraph's server and Studio.

Functions, and not graphs, because nothing may happen at import; the server asks them when it needs a graph. It keeps
checkpoints itself, so none are given here. The model is `local` unless `MOTET_MODEL` names another; a run can take
another one, a budget and a seed in its context.
"""

import os

from motet.graphs.chat import Chat, as_chat
from motet.graphs.team import Team, create_team


def team() -> Team:
    """From a task to code with evidence."""
    return create_team(model=os.environ.get("MOTET_MODEL", "local"))


def chat() -> Chat:
    """The same as a conversation."""
    return as_chat(team(), name="chat")
