"""`motet index`: read a repository, so that questions about it are answered at once."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from motet.cli.code_place import CodeEmbeddings, opened_code
from motet.cli.options import AsJson
from motet.cli.printing import print_json, printable
from motet.cli.waiting import progress_bar

SHOWN = 10
"""Skipped files that are named; `--json` names all."""


def index(
    path: Annotated[Path, typer.Argument(help="The folder of a repository, or a part of one.")] = Path(),
    embeddings: CodeEmbeddings = "local",
    as_json: AsJson = False,
) -> None:
    """Index the code of a folder, or bring its index up to date. After Ctrl-C, the same command goes on from there."""
    started = time.monotonic()
    with opened_code(path, embeddings, fetch=True) as code:
        with progress_bar("reading", None) as done:
            report = code.refresh(done)
        with progress_bar("embedding", None) as done:
            embedded = code.embed(done)
        stats = code.stats()
    seconds = time.monotonic() - started
    if as_json:
        told = {"read": report.read, "parsed": report.parsed, "removed": report.removed, "newly_embedded": embedded}
        skipped = [{"path": one.path, "reason": one.reason} for one in report.skipped]
        print_json({**stats.model_dump(mode="json"), **told, "skipped": skipped, "seconds": round(seconds, 2)})
        return
    lines = {
        "files": f"{stats.files:,}, of which {report.read:,} were read now"
        + (f"; {report.removed:,} are gone" if report.removed else ""),
        "chunks": f"{stats.chunks:,} functions, classes and modules, {stats.embedded:,} of them embedded",
        "index": f"{stats.bytes / 1e6:,.1f} MB in {stats.folder}",
        "time": f"{seconds:,.1f} s",
    }
    console = Console(highlight=False, soft_wrap=True)
    for name, value in lines.items():
        console.print(Text.assemble((f"{name:>7}", "dim"), "  ", value))
    for one in report.skipped[:SHOWN]:
        typer.echo(printable(f"left out: {one.path}: {one.reason}"), err=True)
    if len(report.skipped) > SHOWN:
        typer.echo(f"left out: {len(report.skipped) - SHOWN:,} more; --json names them all", err=True)
