"""`motet sandbox`: the image that Docker sandboxes run in."""

from typing import Annotated

import typer

sandbox_app = typer.Typer(help="The sandbox that code runs in.", no_args_is_help=True)


@sandbox_app.callback()
def _group() -> None:
    """The sandbox that code runs in."""


@sandbox_app.command()
def build(
    force: Annotated[bool, typer.Option(help="Build again, although the image is there.")] = False,
) -> None:
    """Build the image for the Docker sandbox; without it, `auto` takes bubblewrap."""
    from motet.tools.sandbox.image import build_image, image_exists, image_name

    if image_exists() and not force:
        typer.echo(f"{image_name()} is there already; --force builds it again", err=True)
        typer.echo(image_name())
        return
    typer.echo(build_image(lambda line: typer.echo(line, err=True)))
