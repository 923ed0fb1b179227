"""What came of the stream in `memory_stream.py`: a row for each task and team, and the sums."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, get_args

from memory_stream_tasks import Kind
from pydantic import BaseModel, ConfigDict

from motet.graphs import TeamVerdict

Arm = Literal["without", "memory", "hints"]
ARMS: tuple[Arm, ...] = get_args(Arm)
VERDICTS: tuple[TeamVerdict, ...] = get_args(TeamVerdict)


class Row(BaseModel):
    """What a team made of a task."""

    model_config = ConfigDict(frozen=True)

    arm: Arm
    task: str
    kind: Kind
    of: str | None
    """The earlier task that it repeats."""
    verdict: TeamVerdict
    right: bool
    """Whether it passes the scoring tests."""
    tokens: int
    calls: int
    seconds: float
    """By the clock, from the task to the result."""
    remembered: bool
    """Whether the memory's solution is the answer."""
    reason: str
    code: str


Known = dict[str, dict[Arm, Row]]


def _of_a_verified_one(row: Row, known: Known) -> bool:
    """Whether what it rephrases was verified by the same team, so that there was something to recall."""
    earlier = known.get(row.of or "", {}).get(row.arm)
    return row.kind == "rephrasing" and earlier is not None and earlier.verdict == "verified"


GROUPS: dict[str, Callable[[Row, Known], bool]] = {
    "first": lambda row, _: row.kind == "first",
    "rephrasing": lambda row, _: row.kind == "rephrasing",
    "rephrasing of a verified one": _of_a_verified_one,
    "variant": lambda row, _: row.kind == "variant",
    "rephrasing and variant": lambda row, _: row.kind != "first",
    "all": lambda *_: True,
}


def table_head() -> str:
    """The head of the table of rows."""
    return (
        "| task | kind | team | verdict | scoring | from memory | tokens | calls | seconds | why |\n"
        "|---|---|---|---|---|---|--:|--:|--:|---|"
    )


def table_row(row: Row) -> str:
    """A row as a row of that table."""
    cells = [row.task, row.kind, row.arm, row.verdict, "passes" if row.right else "fails"]
    cells += ["yes" if row.remembered else ""]
    cells += [
        str(row.tokens),
        str(row.calls),
        f"{row.seconds:.1f}",
        " ".join(row.reason.replace("|", "/").split())[:110],
    ]
    return f"| {' | '.join(cells)} |"


def report(rows: Iterable[Row]) -> None:
    """Print the sums over those tasks that all teams have solved, so that they can be compared."""
    by_task: Known = {}
    for row in rows:
        by_task.setdefault(row.task, {})[row.arm] = row
    arms = [arm for arm in ARMS if any(arm in known for known in by_task.values())]
    complete = {task: known for task, known in by_task.items() if len(known) == len(arms)}
    print(f"\n{len(complete)} tasks are through with {len(arms)} teams ({', '.join(arms)}).\n")
    if not complete:
        return
    print("| tasks | team | tasks | right | from memory | tokens | calls | seconds | tokens, seconds to `without` |")
    print("|---|---|--:|--:|--:|--:|--:|--:|---|")
    for group, belongs in GROUPS.items():
        chosen = [known for known in complete.values() if belongs(known[arms[-1]], complete)]
        for arm in arms if chosen else ():
            print(_sums(group, arm, chosen))
    print("\n| team | verdict | right | wrong |\n|---|---|--:|--:|")
    for arm in arms:
        for verdict in VERDICTS:
            mine = [known[arm] for known in complete.values() if known[arm].verdict == verdict]
            right = sum(row.right for row in mine)
            print(f"| {arm} | {verdict} | {right} | {len(mine) - right} |")
    _differences(list(complete.values()), arms)


def _sums(group: str, arm: Arm, chosen: Sequence[dict[Arm, Row]]) -> str:
    mine = [known[arm] for known in chosen]
    tokens, seconds = sum(row.tokens for row in mine), sum(row.seconds for row in mine)
    beside = ""
    if "without" in chosen[0] and arm != "without":
        base = [known["without"] for known in chosen]
        beside = (
            f"{_ratio(tokens, sum(row.tokens for row in base))}, {_ratio(seconds, sum(row.seconds for row in base))}"
        )
    cells = [group, arm, len(mine), sum(row.right for row in mine), sum(row.remembered for row in mine)]
    cells += [tokens, sum(row.calls for row in mine), f"{seconds:.0f}", beside]
    return f"| {' | '.join(map(str, cells))} |"


def _ratio(mine: float, base: float) -> str:
    return f"{mine / base - 1:+.0%}" if base else "-"


def _differences(complete: Sequence[dict[Arm, Row]], arms: Sequence[Arm]) -> None:
    """Name every task that a memory made right or wrong."""
    for arm in arms:
        for now, word in ((True, "right"), (False, "wrong")):
            names = [
                f"{known[arm].task} ({known[arm].kind})"
                for known in complete
                if arm != "without"
                and "without" in known
                and known[arm].right is now
                and known["without"].right is not now
            ]
            if names:
                print(f"\n{arm}, {word} where `without` is not: {', '.join(names)}")
