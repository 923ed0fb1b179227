"""A run, kept to be read: what each voice did, in order, and what came of it. Made for notebooks.

`motet.graphs.runs` keeps runs on the disk so that they can go on; a recording only looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_type_hints

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.types import Command

from motet.agents import TeamContext
from motet.graphs.recording_page import page
from motet.graphs.state import TeamOutput
from motet.graphs.turns import Turn, turns_of

Given = str | Mapping[str, Any] | Command[Any] | None
"""A task in words, a graph's whole input, an answer that a run waits for, or nothing to go on with a run."""
_RESULT = frozenset(get_type_hints(TeamOutput))
_STREAM: Mapping[str, Any] = {"stream_mode": ["custom", "values"], "version": "v2", "subgraphs": True}


@dataclass(frozen=True, repr=False)
class Recording:
    """What happened in a run. Notebooks show it voice by voice; `print` does so in plain text."""

    task: str
    result: TeamOutput | None
    """`None` where the run waits for a human."""
    events: tuple[Mapping[str, Any], ...]
    """All that the voices told, in order: dicts with `role`, `event` and what belongs to it."""

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The events that are worth a look, made readable."""
        return turns_of(self.events)

    def _repr_html_(self) -> str:
        return page(self.task, self.turns, self.result)

    def __repr__(self) -> str:
        return "\n".join(line for turn in self.turns for line in turn.as_text())


def record(
    team: Runnable[Any, Any],
    given: Given,
    config: RunnableConfig | None = None,
    *,
    context: TeamContext | None = None,
) -> Recording:
    """Run a team and keep what its voices do.

    Args:
        team: A team, or any graph with a team in it.
        given: The task in words, or whatever `invoke` takes.
        config: As for `invoke`.
        context: As for `invoke`.

    Example:
        ```python
        recording = record(create_team(), "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0.")
        recording.result["verdict"]
        ```
    """
    whole = _whole(given)
    return _read(whole, list(team.stream(whole, config, context=context, **_STREAM)))


async def arecord(
    team: Runnable[Any, Any],
    given: Given,
    config: RunnableConfig | None = None,
    *,
    context: TeamContext | None = None,
) -> Recording:
    """As `record`, for async callers."""
    whole = _whole(given)
    return _read(whole, [part async for part in team.astream(whole, config, context=context, **_STREAM)])


def _whole(given: Given) -> Given:
    return {"task": given} if isinstance(given, str) else given


def _read(given: Given, parts: list[Mapping[str, Any]]) -> Recording:
    events = tuple(part["data"] for part in parts if part["type"] == "custom" and _is_event(part["data"]))
    last = next((part["data"] for part in reversed(parts) if part["type"] == "values" and not part["ns"]), {})
    ended = any(event["event"] == "verdict" for event in events)
    result = cast(TeamOutput, {key: value for key, value in last.items() if key in _RESULT}) if ended else None
    asked = given if isinstance(given, Mapping) else {}
    return Recording(task=last.get("task") or asked.get("task") or "", result=result, events=events)


def _is_event(data: Any) -> bool:
    return isinstance(data, Mapping) and isinstance(data.get("role"), str) and isinstance(data.get("event"), str)
