"""How patterns are shown. Their words may come from anywhere, so none can steer the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from motet.cli.printing import printable
from motet.cli.result import dollars
from motet.cli.task import first_line

if TYPE_CHECKING:
    from motet.memory import MemoryStats, Pattern, Use, Worth


def summary(pattern: "Pattern", worth: "Worth | None" = None) -> dict[str, Any]:
    """A pattern in a few words, as plain data."""
    told = {
        "id": pattern.id,
        "task": pattern.task,
        "entry_point": pattern.interface.entry_point,
        "model": pattern.source.model,
        "tests": pattern.proof.passed,
        "created_at": pattern.created_at.isoformat(),
        "quarantined": pattern.quarantined,
    }
    return told if worth is None else {**told, "uses": worth.uses, "helped": worth.helped}


def details(pattern: "Pattern", uses: "Sequence[Use]") -> dict[str, Any]:
    """All of a pattern, as plain data."""
    return {**pattern.model_dump(mode="json"), "uses": [use.model_dump(mode="json") for use in uses]}


def print_stats(stats: "MemoryStats", where: str) -> None:
    """Print a memory in figures."""
    lines = {
        "patterns": f"{stats.patterns:,}",
        "in quarantine": f"{stats.quarantined:,}",
        "superseded": f"{stats.superseded:,} earlier solutions are kept as history",
        "uses": f"{stats.uses:,}, of which {stats.helped:,} helped",
        "cost": f"{stats.tokens:,} tokens to find them",
        "memory": where,
    }
    console = Console(highlight=False, soft_wrap=True)
    for name, value in lines.items():
        console.print(Text.assemble((f"{name:>13}", "dim"), "  ", value))


def print_patterns(rows: Sequence[dict[str, Any]], *, err: bool = False) -> None:
    """Print summaries as a table."""
    console = Console(highlight=False, stderr=err)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    like, used = "similarity" in rows[0], "uses" in rows[0]
    # A narrow terminal cuts the task, and nothing else: Rich would rather leave out whole columns.
    room = max(20, console.width - 40 - 12 * (like + used))
    columns = ["pattern", "added", *(["similarity"] if like else []), "tests", *(["helped"] if used else []), "task"]
    for column in columns:
        is_number = column in ("similarity", "tests", "helped")
        table.add_column(column, no_wrap=True, justify="right" if is_number else "left", min_width=len(column))
    for row in rows:
        cells = [row["id"], row["created_at"][:10]]
        cells += [f"{row['similarity']:.2f}"] if like else []
        cells += [str(row["tests"])]
        cells += [f"{row['helped']} of {row['uses']}"] if used else []
        table.add_row(*cells, Text(printable(first_line(row["task"], room)), style="red" if row["quarantined"] else ""))
    console.print(table)


def print_pattern(pattern: "Pattern", uses: "Sequence[Use]") -> None:
    """Print all of a pattern that people want to know."""
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text.assemble(f"pattern {pattern.id}", (_ill(pattern), "red")))
    console.print(Padding(Text(printable(pattern.task.strip()), style="bold"), (1, 2)))
    for name, value in _about(pattern, uses):
        console.print(Text.assemble((f"{name:>9}", "dim"), "  ", printable(value)))
    console.print()
    console.print(Syntax(printable(pattern.solution.rstrip()), "python", background_color="default", word_wrap=True))


def _ill(pattern: "Pattern") -> str:
    return f"  in quarantine: {printable(pattern.quarantined)}" if pattern.quarantined else ""


def _about(pattern: "Pattern", uses: "Sequence[Use]") -> list[tuple[str, str]]:
    proof, source = pattern.proof, pattern.source
    tests = f"{proof.passed} test{'s' * (proof.passed != 1)}"
    coverage = "" if proof.coverage is None else f", which reach {proof.coverage:g} % of it"
    spent = f"{source.tokens:,} tokens in {source.calls} calls, {source.seconds:.1f} s"
    lines = [
        ("proved", f"{proof.at:%Y-%m-%d %H:%M} by {tests}{coverage}, in {proof.sandbox}, {proof.environment}"),
        ("reason", proof.reason),
        ("again", proof.command),
        ("written", f"by {source.model or 'nobody knows whom'} for {spent}{_priced(source.cost)}"),
        ("run", source.run or ""),
        *(("test", _test(case.code, case.expected)) for case in pattern.tests.cases),
        *(("test file", f"{path}, {len(text.splitlines())} lines") for path, text in pattern.tests.files.items()),
        *(("used", f"{use.at:%Y-%m-%d} as an {use.kind}, {_came_of(use)}") for use in uses),
        *(("before", f"by {one.source.model or 'nobody knows whom'}, until {one.reason}") for one in pattern.earlier),
    ]
    return [line for line in lines if line[1]]


def _test(code: str, expected: str | None) -> str:
    return first_line(code if expected is None else f"{code} gives {expected}", 160)


def _came_of(use: "Use") -> str:
    return f"{'which helped' if use.helped else 'which did not help'}{f': {use.note}' if use.note else ''}"


def _priced(cost: float | None) -> str:
    return f", {dollars(cost)}" if cost else ""
