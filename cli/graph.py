"""`motet graph`: the team as Mermaid text."""

import typer


def graph() -> None:
    """Print the team's graph as Mermaid text, for a Markdown page or mermaid.live."""
    from motet.graphs import create_team

    typer.echo(create_team().get_graph().draw_mermaid())
