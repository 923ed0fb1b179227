"""`motet show`: one run, from what was asked to where it stands."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text

from motet.cli.approval import answers, shown_as
from motet.cli.errors import BadInputError
from motet.cli.live import LiveView
from motet.cli.options import AsJson
from motet.cli.printing import printable
from motet.cli.result import MARKS, dollars
from motet.cli.runs import STYLES, megabytes

if TYPE_CHECKING:
    from motet.graphs import TeamState
    from motet.graphs.runs import Run, Step


def show(
    run: Annotated[
        str | None, typer.Argument(help="A run's id or the beginning of it; the latest if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show one run: what was asked, where it stands, what each voice did, what it took, and the result."""
    from motet.graphs.runs import RunStore, RunUnreadableError

    store = RunStore()
    found = store.get(run) if run else next(iter(store), None)
    if found is None:
        raise BadInputError(f"There are no runs in {store.folder} yet.")
    if found.status == "unreadable":
        raise RunUnreadableError(found.error)
    state, steps = store.state(found.id), store.steps(found.id)
    if as_json:
        typer.echo(json.dumps(_object(found, state, steps), indent=2, ensure_ascii=False))
    else:
        _print(found, state, steps)


def _object(run: "Run", state: "TeamState", steps: "list[Step]") -> dict[str, Any]:
    from motet.graphs.runs.showing import plain

    told = [
        {
            "role": step.role,
            "ended": step.ended.isoformat() if step.ended else None,
            "events": [{key: _plain(value) for key, value in event.items()} for event in step.events],
        }
        for step in steps
    ]
    calls = [call.model_dump(mode="json") for call in state.get("calls", [])]
    assert run.request is not None
    result = plain(run.request, state) if run.status == "finished" else None
    attempts = [attempt.model_dump(mode="json") for attempt in state.get("attempts", [])]
    return {**run.model_dump(mode="json"), "steps": told, "calls": calls, "attempts": attempts, "result": result}


def _plain(value: object) -> object:
    from pydantic import BaseModel

    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _print(run: "Run", state: "TeamState", steps: "list[Step]") -> None:
    from motet.graphs.runs.showing import shown

    console = Console(highlight=False, soft_wrap=True)
    request = run.request
    assert request is not None
    style = MARKS[run.verdict] if run.verdict else STYLES[run.status]
    console.print(Text.assemble(f"run {run.id}  ", (run.verdict or run.status, style), f"  {_why(run)}"))
    console.print(Padding(Text(request.task.strip(), style="bold"), (1, 2)))
    for name, value in _asked(run):
        console.print(Text.assemble((f"{name:>8}", "dim"), "  ", value))
    console.print()
    view = LiveView(console=console)
    for step in steps:
        for event in step.events:
            view.show(event)
    if run.questions:
        console.print(shown_as(run.questions[0]))
        for command in answers(run.id):
            console.print(f"  {command}", markup=False)
    if run.status != "finished":
        return
    console.print()
    console.print(Text.assemble((state["verdict"], style), "  ", state["evidence"].reason))
    result = shown(request, state)
    for line in result.lines:
        console.print(f"  {printable(line)}", markup=False)
    console.print()
    console.print(Syntax(printable(result.text).rstrip(), result.language, background_color="default", word_wrap=True))


def _why(run: "Run") -> str:
    """Where it stands, in words."""
    goes_on = f"`motet resume {run.id}` goes on with {' and '.join(dict.fromkeys(run.next)) or 'the beginning'}"
    if run.status == "running":
        return f"{run.owner} is at {' and '.join(dict.fromkeys(run.next)) or 'the beginning'}"
    if run.status == "failed":
        return f"{run.error}. {goes_on}"
    if run.status == "waiting":
        return "waits for your decision"
    return goes_on if run.resumable else (run.stopped or "")


def _asked(run: "Run") -> list[tuple[str, str]]:
    """The options, and what the run took so far."""
    request = run.request
    assert request is not None
    limits = request.limits.model_dump(exclude_none=True)
    lines = [
        ("in", request.repository.path if request.repository else ""),
        ("model", request.model),
        ("sandbox", request.sandbox),
        ("policy", request.policy.name),
        ("seed", str(request.seed)),
        ("limits", ", ".join(f"{name} {value:,}" for name, value in limits.items())),
        ("tests", f"{len(request.tests.splitlines())} lines of your own" if request.tests else ""),
        ("out", request.out or ""),
        ("begun", f"{run.created.astimezone():%Y-%m-%d %H:%M:%S} by motet {request.motet}"),
        ("so far", f"{_spent(run)}, to {run.updated.astimezone():%H:%M:%S}"),
        ("record", f"{run.folder}, {megabytes(run.bytes)}"),
    ]
    return [line for line in lines if line[1]]


def _spent(run: "Run") -> str:
    usage = run.usage
    cost = [dollars(usage.cost)] if usage.cost else []
    return ", ".join([f"{usage.calls} calls", f"{usage.tokens:,} tokens", *cost])
