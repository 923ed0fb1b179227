"""Shows a result: the code first, then how it was tested, the verdict, and what it cost."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from motet.graphs import TeamOutput, TeamUsage

MARKS = {"verified": "bold green", "plausible": "bold yellow", "unverified": "bold red"}


def print_result(result: "TeamOutput", *, out: Path | None) -> None:
    """Print the code on standard output and everything about it on standard error."""
    from motet.graphs.telling import tested

    about = Console(stderr=True, highlight=False)
    if result["code"]:
        printed = Console(highlight=False)
        if printed.is_terminal:
            printed.print(Syntax(result["code"].rstrip(), "python", background_color="default"))
        else:
            printed.file.write(result["code"])
    about.print()
    evidence = result["evidence"]
    about.print(Text.assemble((result["verdict"], MARKS[result["verdict"]]), "  ", evidence.reason), soft_wrap=True)
    for line in tested(evidence):
        about.print(f"  {line}", markup=False, soft_wrap=True)
    if out and result["code"]:
        about.print(f"  written to {out}", markup=False)
    about.print(cost_table(result["usage"]))


def cost_table(usage: "TeamUsage") -> Table:
    """Tokens, calls and seconds by role; dollars too, where something has cost any."""
    is_priced = any(spent.cost for spent in usage.by_model.values())
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("  role", "calls", "tokens", "seconds", *(["cost"] if is_priced else [])):
        table.add_column(column, justify="left" if column == "  role" else "right", style="dim")
    for role, spent in {**usage.by_role, "all": usage}.items():
        cost = [dollars(spent.cost)] if is_priced else []
        table.add_row(f"  {role}", str(spent.calls), f"{spent.tokens:,}", f"{spent.seconds:.1f}", *cost)
    return table


def dollars(cost: float | None) -> str:
    """An amount of money as people read it."""
    if cost is None:
        return "not priced"
    if 0 < cost < 0.0001:
        return "under $0.0001"
    return f"${cost:.4f}" if 0 < cost < 1 else f"${cost:,.2f}"
