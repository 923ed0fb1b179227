"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from motet.cli.errors import BadInputError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else on standard output.")]
MaxTokens = Annotated[int | None, typer.Option(help="Stop when this many tokens are spent.")]
MaxSeconds = Annotated[
    float | None, typer.Option(help="Stop after this time at work, counted from when sandbox and model are ready.")
]

MaxCalls = Annotated[int | None, typer.Option(help="Stop when models were asked this many times.")]
MaxCost = Annotated[
    float | None, typer.Option(help="Stop when this many US dollars are spent; the model must have a price.")
]
Memory = Annotated[
    str,
    typer.Option(
        envvar="MOTET_MEMORY",
        help="The memory of solved tasks: local (your own), a folder, the URL of a Chroma server, or off.",
    ),
]
PricesFile = Annotated[
    Path | None,
    typer.Option("--prices", help="What models cost: a TOML or JSON file with dollars for a million tokens."),
]


def check_limit(option: str, limit: float | None) -> None:
    """See that a limit leaves something to work with.

    Raises:
        BadInputError: It does not.
    """
    if limit is not None and not limit > 0:
        raise BadInputError(f"{option} {limit} leaves nothing to work with; give a positive number.")


def whole_place(memory: str) -> str:
    """A memory's spec that means the same in another folder."""
    is_folder = memory not in ("local", "off") and "://" not in memory
    return str(Path(memory).expanduser().absolute()) if is_folder else memory


def whole_spec(model: str) -> str:
    """A model's spec that means the same in another folder."""
    kind, _, rest = model.partition(":")
    return f"local:{Path(rest).expanduser().absolute()}" if kind == "local" and rest.endswith(".gguf") else model
