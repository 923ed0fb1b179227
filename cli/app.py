"""The command and its parts."""

from typing import Annotated

import typer

from motet.cli.apply import apply, undo
from motet.cli.doctor import doctor
from motet.cli.errors import friendly_errors
from motet.cli.fix import fix
from motet.cli.graph import graph
from motet.cli.index import index
from motet.cli.memory import memory_app
from motet.cli.models import models_app
from motet.cli.resume import resume
from motet.cli.runs import runs_app
from motet.cli.sandbox import sandbox_app
from motet.cli.search import search
from motet.cli.show import show
from motet.cli.solve import solve

app = typer.Typer(
    name="motet",
    help="A team of coding agents: planner, coder, tester and reviewer, with a model inside and a real sandbox.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(solve)
app.command()(fix)
app.command()(apply)
app.command()(undo)
app.add_typer(runs_app, name="runs")
app.command()(show)
app.command()(resume)
app.command()(doctor)
app.command()(graph)
app.command()(index)
app.command()(search)
app.add_typer(memory_app, name="memory")
app.add_typer(models_app, name="models")
app.add_typer(sandbox_app, name="sandbox")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"motet {version('motet')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A team of coding agents: planner, coder, tester and reviewer, with a model inside and a real sandbox."""


def main() -> None:
    """Run the command line."""
    with friendly_errors():
        app()
