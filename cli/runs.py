"""`motet runs`: the recorded runs."""

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from motet.cli.options import AsJson
from motet.cli.result import MARKS
from motet.cli.task import first_line

if TYPE_CHECKING:
    from motet.graphs.runs import Run

runs_app = typer.Typer(help="The recorded runs.", invoke_without_command=True)

STYLES = {"running": "cyan", "waiting": "magenta", "interrupted": "yellow", "failed": "red", "unreadable": "red"}


@runs_app.callback()
def list_runs(context: typer.Context, as_json: AsJson = False) -> None:
    """List the recorded runs, the newest first. The latest 200 are kept."""
    if context.invoked_subcommand is not None:
        return
    from motet.graphs.runs import RunStore

    store = RunStore()
    runs = list(store)
    if as_json:
        typer.echo(json.dumps([run.model_dump(mode="json") for run in runs], indent=2, ensure_ascii=False))
    elif runs:
        console = Console(highlight=False)
        console.print(_table(runs, width=console.width))
        taken = sum(run.bytes for run in runs)
        typer.echo(f"{len(runs)} run{'s' * (len(runs) != 1)}, {megabytes(taken)} in {store.folder}", err=True)
    else:
        typer.echo(f"There are no runs in {store.folder} yet.", err=True)


@runs_app.command()
def rm(runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids, or the beginnings of them.")]) -> None:
    """Remove runs for good."""
    from motet.graphs.runs import RunStore

    store = RunStore()
    found = [store.get(name) for name in runs]
    for run in {run.id: run for run in found}.values():
        typer.echo(f"{run.id} removed, {megabytes(store.remove(run.id))} freed")


@runs_app.command()
def prune() -> None:
    """Remove all finished runs; what can be gone on with stays."""
    from motet.graphs.runs import RunStore

    store = RunStore()
    finished = [run.id for run in store if run.status == "finished"]
    freed = sum(store.remove(run) for run in finished)
    typer.echo(f"{len(finished)} finished run{'s' * (len(finished) != 1)} removed, {megabytes(freed)} freed")


def _table(runs: "list[Run]", *, width: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    # A narrow terminal cuts the task, and nothing else: Rich would rather leave out whole columns.
    room = max(20, width - 60)
    for column, least in (("run", 6), ("begun", 16), ("stands", 11)):
        table.add_column(column, no_wrap=True, min_width=least)
    for column in ("calls", "tokens"):
        table.add_column(column, justify="right", no_wrap=True, min_width=len(column))
    table.add_column("task", no_wrap=True)
    for run in runs:
        stands = run.verdict or run.status
        style = MARKS[run.verdict] if run.verdict else STYLES[run.status]
        table.add_row(
            run.id,
            f"{run.created.astimezone():%Y-%m-%d %H:%M}",
            f"[{style}]{stands}[/]",
            str(run.usage.calls),
            f"{run.usage.tokens:,}",
            first_line(run.request.task if run.request else (run.error or ""), room),
        )
    return table


def megabytes(count: int) -> str:
    """Bytes in a unit that people read."""
    return f"{count / 1e6:,.1f} MB"
