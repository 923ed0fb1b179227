"""`motet graph`: the team as Mermaid text, and the numbers that it goes by."""

from typing import Annotated

import typer


def graph(
    policies: Annotated[
        bool,
        typer.Option("--policies", help="Print the policies instead: how much a team tries, and why, as Markdown."),
    ] = False,
) -> None:
    """Print the team's graph as Mermaid text, for a Markdown page or mermaid.live."""
    from motet.graphs import create_team
    from motet.graphs.policies import policy_table

    typer.echo(policy_table() if policies else create_team().get_graph().draw_mermaid())
