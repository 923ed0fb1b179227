"""Room in a team's state for keys of the user's own: they go in, every role can read them, and they come out."""

from typing import Any, get_type_hints

from langgraph.graph import StateGraph
from typing_extensions import TypedDict

from motet.graphs.state import TeamInput, TeamOutput, TeamState


def own_keys(schema: type[TeamState]) -> dict[str, Any]:
    """The keys that a state has besides a team's, with their types.

    Raises:
        ValueError: It lacks keys of the team's.
    """
    hints, ours = get_type_hints(schema, include_extras=True), get_type_hints(TeamState)
    if missing := sorted(ours.keys() - hints.keys()):
        raise ValueError(
            f"The state schema {schema.__name__!r} lacks {', '.join(missing)}. Make it a subclass of `TeamState`:"
            f" `class {schema.__name__}(TeamState, total=False): ...`."
        )
    return {key: hint for key, hint in hints.items() if key not in ours}


def with_own_keys(schema: type[TeamState]) -> tuple[type[TeamInput], type[TeamOutput]]:
    """What a team with such a state is given, and what it gives back."""
    Own = TypedDict("Own", own_keys(schema), total=False)  # ty: ignore[invalid-argument-type] - known at run time only

    class Input(TeamInput, Own):
        """What the team is given."""

    class Output(TeamOutput, Own):
        """What the team gives back."""

    return Input, Output


def read_whole_state(graph: StateGraph[Any, Any, Any, Any], schema: type[TeamState]) -> None:
    """Let what decides the way read the user's keys too: it hands the state on to the coder and the reviewer."""
    for branches in graph.branches.values():
        for name, branch in branches.items():
            branches[name] = branch._replace(input_schema=schema)
