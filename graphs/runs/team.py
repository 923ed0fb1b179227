"""The team of a recorded run, wired as it was when the run began."""

from langchain_core.language_models import BaseChatModel
from langgraph.types import Checkpointer

from motet.graphs.repo import RepoPolicy, RepoState, create_repo_team
from motet.graphs.repo.team import RepoTeam
from motet.graphs.runs.request import RunRequest
from motet.graphs.state import TeamState
from motet.graphs.team import Team, create_team
from motet.tools.sandbox import Sandbox


def team_for(
    request: RunRequest,
    *,
    model: str | BaseChatModel | None = None,
    sandbox: str | Sandbox | None = None,
    checkpointer: Checkpointer = None,
) -> Team | RepoTeam:
    """Make the team that a run needs.

    Args:
        request: What was asked.
        model: In place of the recorded spec.
        sandbox: In place of the recorded spec.
        checkpointer: Where the run is recorded.

    Raises:
        ModelError: The recorded spec names no model on this machine.
    """
    if isinstance(request.policy, RepoPolicy):
        return create_repo_team(
            model=request.model if model is None else model,
            sandbox=request.sandbox if sandbox is None else sandbox,
            policy=request.policy,
            checkpointer=checkpointer,
        )
    return create_team(
        model=request.model if model is None else model,
        sandbox=request.sandbox if sandbox is None else sandbox,
        policy=request.policy,
        approve=request.approve,
        memory=request.memory,
        reviewer={"coverage": request.coverage},
        checkpointer=checkpointer,
    )


def lift_stop(state: TeamState | RepoState) -> tuple[dict[str, str], str]:
    """What lets a run that ended early go on where it stopped: an update, and the node to make it as.

    Example:
        ```python
        team.update_state(it.config, *lift_stop(team.get_state(it.config).values))
        ```
    """
    if "repository" in state:
        return {"stopped": ""}, "baseline" if state.get("baseline") else "reproducer"
    has_answers = bool(state.get("candidates") or state.get("void"))
    return {"stopped": ""}, "tester" if has_answers else "planner"
