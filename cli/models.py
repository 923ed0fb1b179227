"""`motet models`: the embedded models' weights on this machine."""

import json
from typing import Annotated

import typer

from motet.cli.options import AsJson

models_app = typer.Typer(help="The embedded models' weights on this machine.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A name that `motet models list` shows.")]


@models_app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """List the embedded models and what of them is here."""
    from motet.models import DEFAULT, DEFAULT_EMBEDDINGS, EmbeddingModel, list_models

    statuses = list_models()
    if as_json:
        typer.echo(json.dumps([status.model_dump(mode="json") for status in statuses], indent=2))
        return
    for status in statuses:
        model = status.model
        partly = f"fetched to {status.partial_bytes / model.bytes:.0%}" if status.partial_bytes else "not here"
        kind = ", an embedding model" if isinstance(model, EmbeddingModel) else ""
        default = ", the default" if model in (DEFAULT, DEFAULT_EMBEDDINGS) else ""
        here = "here" if status.cached else partly
        typer.echo(f"{model.name}{kind}{default}: {_megabytes(model.bytes)}, {model.license}, {here}")
        for path in (status.path, *status.companions):
            typer.echo(f"    {path}")


@models_app.command("pull")
def pull_command(name: Name = "qwen2.5-coder-1.5b") -> None:
    """Fetch a model's weights; an interrupted fetch goes on where it stopped."""
    from motet.models import pull

    typer.echo(pull(name))


@models_app.command("remove")
def remove_command(name: Name) -> None:
    """Remove a model's weights, half-fetched ones too."""
    from motet.models import remove

    typer.echo(f"{_megabytes(remove(name))} freed")


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
