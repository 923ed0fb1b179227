"""`motet memory`: what the team remembers."""

import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motet.cli.errors import FAILURE, BadInputError
from motet.cli.memory_place import MemoryEmbeddings, MemoryPlace, embed_anew, opened
from motet.cli.memory_views import details, print_pattern, print_patterns, print_stats, summary
from motet.cli.options import AsJson
from motet.cli.printing import print_json
from motet.cli.task import first_line
from motet.cli.waiting import busy, progress_bar

if TYPE_CHECKING:
    from motet.memory import Pattern, PatternMemory

memory_app = typer.Typer(help="What the team remembers: solutions that proved themselves.", no_args_is_help=True)

Ids = Annotated[list[str] | None, typer.Argument(metavar="PATTERN", help="Ids, or the beginnings of them.")]
Limit = Annotated[int, typer.Option(min=0, help="How many to show at most; 0 shows all.")]
InSandbox = Annotated[str, typer.Option("--sandbox", help="Where their tests run: auto, docker or bubblewrap.")]


@memory_app.command()
def stats(place: MemoryPlace = "local", embeddings: MemoryEmbeddings = "local", as_json: AsJson = False) -> None:
    """Count what is remembered, and what it has been good for."""
    with opened(place, embeddings) as (memory, where):
        with busy("counting"):
            counted = memory.stats()
        if as_json:
            print_json({**counted.model_dump(mode="json"), "memory": where})
        else:
            print_stats(counted, where)


@memory_app.command("list")
def list_command(
    quarantined: Annotated[bool, typer.Option("--quarantined", help="Those in quarantine instead.")] = False,
    limit: Limit = 50,
    place: MemoryPlace = "local",
    embeddings: MemoryEmbeddings = "local",
    as_json: AsJson = False,
) -> None:
    """List the patterns, the latest written first."""
    with opened(place, embeddings) as (memory, where):
        found = memory.patterns(quarantined=quarantined)
        with busy("reading"):
            shown = list(islice(found, limit or None))
            rows = [summary(pattern, memory.worth(pattern.id)) for pattern in shown]
            more = next(found, None) is not None if limit else False
    if as_json:
        print_json(rows)
    elif rows:
        print_patterns(rows)
        if more:
            typer.echo(f"These are the latest {limit}; --limit 0 shows all.", err=True)
    else:
        typer.echo(f"There are no patterns {'in quarantine ' if quarantined else ''}in {where} yet.", err=True)


@memory_app.command()
def show(
    pattern: Annotated[str, typer.Argument(help="An id, or the beginning of one.")],
    place: MemoryPlace = "local",
    embeddings: MemoryEmbeddings = "local",
    as_json: AsJson = False,
) -> None:
    """Show one pattern: the task, the solution, its tests, how it was proved, and what came of its uses."""
    with opened(place, embeddings) as (memory, _):
        (found,) = _find(memory, [pattern])
        uses = memory.uses(found.id)
    if as_json:
        print_json(details(found, uses))
    else:
        print_pattern(found, uses)


@memory_app.command()
def search(
    text: Annotated[str, typer.Argument(help="A task, or some words of it.")],
    limit: Limit = 10,
    place: MemoryPlace = "local",
    embeddings: MemoryEmbeddings = "local",
    as_json: AsJson = False,
) -> None:
    """Search the patterns by meaning and by words, the most similar first."""
    if not text.strip():
        raise BadInputError('There is nothing to search for. Say some words, such as: motet memory search "leap years"')
    with opened(place, embeddings) as (memory, where):
        found = memory.search(text, limit=limit or memory.stats().patterns)
        rows = [
            {**summary(pattern, memory.worth(pattern.id)), "similarity": round(similarity, 4)}
            for pattern, similarity in found
        ]
    if as_json:
        print_json(rows)
    elif rows:
        print_patterns(rows)
    else:
        typer.echo(f"There are no patterns in {where} yet.", err=True)


@memory_app.command()
def forget(
    patterns: Ids = None,
    quarantined: Annotated[bool, typer.Option("--quarantined", help="All that are in quarantine.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    place: MemoryPlace = "local",
    embeddings: MemoryEmbeddings = "local",
    as_json: AsJson = False,
) -> None:
    """Delete patterns for good, with what is known of their uses."""
    if not patterns and not quarantined:
        raise BadInputError("Say which patterns to forget: ids that `motet memory list` shows, or --quarantined.")
    with opened(place, embeddings) as (memory, _):
        found = _find(memory, patterns or [])
        found += [one for one in memory.patterns(quarantined=True) if quarantined and one not in found]
        if found and not yes:
            _confirm(found, as_json=as_json)
        memory.forget([pattern.id for pattern in found])
    if as_json:
        print_json({"forgotten": [pattern.id for pattern in found]})
    else:
        typer.echo(f"{_count(found)} forgotten")


@memory_app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The file to write: a line of JSON for each pattern.")],
    patterns: Ids = None,
    place: MemoryPlace = "local",
    embeddings: MemoryEmbeddings = "local",
    as_json: AsJson = False,
) -> None:
    """Write patterns to a file that `motet memory import` takes on another machine; without ids, all."""
    with opened(place, embeddings) as (memory, _):
        ids = [pattern.id for pattern in _find(memory, patterns)] if patterns else None
        try:
            with busy("writing"):
                count = memory.export(file, ids)
        except OSError as error:
            raise BadInputError(f"{str(file)!r} cannot be written: {error.strerror}.") from None
    if as_json:
        print_json({"exported": count, "file": str(file)})
    else:
        typer.echo(f"{count} pattern{'s' * (count != 1)} written to {file}")


@memory_app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A file that `motet memory export` wrote.")],
    sandbox: InSandbox = "auto",
    place: MemoryPlace = "local",
    embeddings: MemoryEmbeddings = "local",
    as_json: AsJson = False,
) -> None:
    """Take in patterns from a file. Each has to pass its tests here; what does not is refused with the reason.

    Exit code: 0 all were taken in, 1 some were refused.
    """
    from motet.tools.sandbox import resolve_sandbox

    try:
        with file.open("rb") as lines:
            count = sum(bool(line.strip()) for line in lines)
    except OSError as error:
        raise BadInputError(f"{str(file)!r} cannot be read: {error.strerror}.") from None
    machine = resolve_sandbox(sandbox)
    with opened(place, embeddings, make=True) as (memory, where), progress_bar("proving", count) as done:
        report = memory.load(file, sandbox=machine, progress=done)
    if as_json:
        print_json({**report.model_dump(mode="json"), "memory": where})
    else:
        for line in report.refused:
            typer.echo(f"refused: {first_line(line, 200)}", err=True)
        typer.echo(
            f"{report.admitted} new, {report.merged} known before, {report.superseded} better than what was known,"
            f" {len(report.refused)} refused"
        )
    raise typer.Exit(FAILURE if report.refused else 0)


@memory_app.command()
def check(
    patterns: Ids = None,
    quarantined: Annotated[
        bool, typer.Option("--quarantined", help="Those in quarantine, which may come back.")
    ] = False,
    sandbox: InSandbox = "auto",
    place: MemoryPlace = "local",
    embeddings: MemoryEmbeddings = "local",
    as_json: AsJson = False,
) -> None:
    """Run patterns' tests again; without ids, those of all. One that fails goes into quarantine and is not recalled.

    Exit code: 0 all pass, 1 some are in quarantine now.
    """
    from motet.tools.sandbox import resolve_sandbox

    machine = resolve_sandbox(sandbox)
    with opened(place, embeddings) as (memory, _):
        chosen = _find(memory, patterns) if patterns else list(memory.patterns(quarantined=quarantined))
        with progress_bar("checking", len(chosen)) as done:
            checked = []
            for number, pattern in enumerate(chosen, 1):
                checked.append(memory.check(pattern.id, sandbox=machine))
                done(number)
    ill = [pattern for pattern in checked if pattern.quarantined]
    if as_json:
        print_json([{"id": pattern.id, "quarantined": pattern.quarantined} for pattern in checked])
    else:
        for pattern in ill:
            typer.echo(f"{pattern.id} is in quarantine: {first_line(pattern.quarantined or '', 200)}", err=True)
        typer.echo(f"{_count(checked)} checked, {len(ill)} in quarantine")
    raise typer.Exit(FAILURE if ill else 0)


@memory_app.command()
def reembed(
    embeddings: Annotated[
        str, typer.Argument(help="The embeddings to change to: local, or provider:name as LangChain knows them.")
    ] = "local",
    place: MemoryPlace = "local",
    as_json: AsJson = False,
) -> None:
    """Embed all patterns anew, where the memory was made with other embeddings."""
    embed_anew(place, embeddings)
    with opened(place, embeddings) as (memory, where):
        count = memory.stats().patterns
    if as_json:
        print_json({"patterns": count, "embeddings": embeddings, "memory": where})
    else:
        typer.echo(f"{count} pattern{'s' * (count != 1)} in {where} embedded with {embeddings}")


def _find(memory: "PatternMemory", names: Iterable[str]) -> "list[Pattern]":
    """The patterns that ids, or beginnings of them, name; each once."""
    found: dict[str, Pattern] = {}
    for name in names:
        exact = memory.get(name)
        with busy("looking"):
            fitting = [exact] if exact else [one for one in _all(memory) if one.id.startswith(name.lower())]
        if not fitting:
            raise BadInputError(f"There is no pattern {name!r}; `motet memory list` shows those there are.")
        if len(fitting) > 1:
            raise BadInputError(f"{len(fitting)} patterns begin with {name!r}; give more of the id.")
        found[fitting[0].id] = fitting[0]
    return list(found.values())


def _all(memory: "PatternMemory") -> "Iterable[Pattern]":
    yield from memory.patterns()
    yield from memory.patterns(quarantined=True)


def _confirm(patterns: "list[Pattern]", *, as_json: bool) -> None:
    if as_json or not sys.stdin.isatty():
        raise BadInputError(f"{_count(patterns)} would be forgotten for good; --yes says that this is meant.")
    print_patterns([summary(pattern) for pattern in patterns], err=True)
    if not typer.confirm(f"Forget {_count(patterns)} for good?", err=True):
        raise typer.Exit(FAILURE)


def _count(patterns: "list[Pattern]") -> str:
    return f"{len(patterns)} pattern{'s' * (len(patterns) != 1)}"
