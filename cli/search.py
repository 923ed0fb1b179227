"""`motet search`: where in a repository a question leads."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from motet.cli.code_place import CodeEmbeddings, opened_code
from motet.cli.errors import BadInputError
from motet.cli.options import AsJson
from motet.cli.printing import print_json, printable
from motet.cli.waiting import progress_bar

if TYPE_CHECKING:
    from motet.memory.index import Found, Signal

LINES = 3
"""Lines of each place that a person is shown."""


def search(
    path: Annotated[Path, typer.Argument(help="The folder of a repository, or a part of one.")],
    question: Annotated[str, typer.Argument(help="Words, a name, or a bug report; '-' reads it from standard input.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many places to give at most.")] = 10,
    without: Annotated[
        list[str] | None,
        typer.Option(help="A signal to leave out: words, names, mentions, frames, graph or dense; may be repeated."),
    ] = None,
    embeddings: CodeEmbeddings = "local",
    as_json: AsJson = False,
) -> None:
    """Find the functions, classes and modules that a question is about, the best first.

    What has changed since the last time is read first. Only what `motet index` has embedded is compared by meaning.
    """
    signals = _signals(without or [])
    asked = _question(question)
    with opened_code(path, embeddings, fetch=False) as code:
        with progress_bar("reading", None) as done:
            files = code.refresh(done).files
        found = code.search(asked, k, without=signals, refresh=False)
    if as_json:
        names = {"path", "start_line", "end_line", "symbol", "kind", "score"}
        print_json([one.model_dump(include=names) for one in found])
    elif found:
        _print(found)
    else:
        why = "has to do with that" if files else "is source code that git would take"
        typer.echo(f"Nothing in {path} {why}.", err=True)


def _question(given: str) -> str:
    text = given
    if given == "-":
        if sys.stdin is None:
            raise BadInputError("There is no standard input to read the question from.")
        text = sys.stdin.buffer.read().decode("utf-8", errors="replace")
    if not text.strip():
        raise BadInputError('There is nothing to search for. Ask, such as: motet search . "where are cookies merged"')
    return text


def _signals(names: list[str]) -> "list[Signal]":
    from motet.memory.index import SIGNALS

    for name in names:
        if name not in SIGNALS:
            raise BadInputError(f"--without {name}: the signals are {', '.join(SIGNALS)}.")
    return [signal for signal in SIGNALS if signal in names]


def _print(found: "list[Found]") -> None:
    console = Console(highlight=False, soft_wrap=True)
    for one in found:
        place = f"{one.path}:{one.start_line}-{one.end_line}"
        console.print(Text.assemble((printable(place), "bold"), "  ", (printable(one.symbol or "(module)"), "cyan")))
        for line in [line for line in one.text.split("\n") if line.strip()][:LINES]:
            console.print(Text(f"    {printable(line)}", "dim"))
