"""The repository team on the repair suite: what it solves, and what its first answer alone would have.

    python benchmarks/repair_team.py --out repairs.jsonl [--model local] [--sandbox auto] [--limit 10] [--seed 0]
    python benchmarks/repair_team.py --out repairs.jsonl --report

The single shot is the team's own first answer: one greedy call on the likeliest function with the same prompt, taken as
it comes. Both patches are scored by the hidden tests. Rows are appended as they come; what is there is not run again.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver

from motet.evals.repairs import RepairTask, lay_out, read_suite, score
from motet.graphs import TeamContext
from motet.graphs.repo import RepoState, create_repo_team, resolve_repo_policy
from motet.models import resolve_model
from motet.tools.sandbox import resolve_sandbox


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--suite", type=Path)
    asked.add_argument("--model", default="local")
    asked.add_argument("--policy", default="auto")
    asked.add_argument("--sandbox", default="auto")
    asked.add_argument("--limit", type=int)
    asked.add_argument("--level", choices=["function", "functions", "files"], help="only tasks of this level")
    asked.add_argument("--suite-seconds", type=float, default=30)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--report", action="store_true")
    options = asked.parse_args()
    tasks = read_suite(options.suite) if options.suite else read_suite()
    tasks = [task for task in tasks if options.level in (None, task.level)]
    random.Random(0).shuffle(tasks)  # so that a part of them is like the whole
    if not options.report:
        done = {row["task"] for row in read(options.out)}
        for task in tasks[: options.limit]:
            if task.id not in done:
                row = run(task, options)
                with options.out.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                print(
                    f"{row['task']}: {row['verdict']}, {'right' if row['team'] else 'wrong'}, "
                    f"first answer {'right' if row['single'] else 'wrong'}, {row['tokens']} tokens, {row['seconds']} s",
                    flush=True,
                )
    report(read(options.out), {task.id: task for task in tasks})


def run(task: RepairTask, options: argparse.Namespace) -> dict[str, Any]:
    chat = resolve_model(options.model)
    machine = resolve_sandbox(options.sandbox)
    policy = resolve_repo_policy(options.policy, chat).model_copy(update={"suite_seconds": options.suite_seconds})
    saver = InMemorySaver()
    team = create_repo_team(model=chat, policy=policy, sandbox=machine, checkpointer=saver)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "repository")
        lay_out(task, root)
        config: Any = {"configurable": {"thread_id": "1"}}
        began = time.monotonic()
        given: Any = {"repository": str(root), "issue": task.issue}
        result = team.invoke(given, config, context=TeamContext(seed=options.seed))
        seconds = time.monotonic() - began
        state: RepoState = team.get_state(config).values  # ty: ignore[invalid-assignment]
    candidates = state.get("candidates", [])
    first = next((one for one in candidates if one.index == 0), None)
    calls = [call for call in state.get("calls", []) if call.role == "coder"]
    truth = set(task.symbols)
    ranks = [rank for rank, one in enumerate(state["plan"].targets, 1) if f"{one.path}::{one.symbol}" in truth]
    team_score = score(task, result["patch"], sandbox=machine)
    single_score = score(task, first.patch, sandbox=machine) if first else None
    return {
        "task": task.id,
        "level": task.level,
        "verdict": result["verdict"],
        "reason": result["evidence"].reason,
        "team": team_score.solved,
        "single": bool(single_score and single_score.solved),
        "infra": "infra" in {team_score.verdict, single_score.verdict if single_score else ""},
        "rank": ranks[0] if ranks else None,
        "reproduced": bool(state["baseline"].given),
        "candidates": len(candidates),
        "void": [void.problem[:200] for void in state.get("void", [])],
        "tokens": result["usage"].tokens,
        "single_tokens": calls[0].input_tokens + calls[0].output_tokens if calls else 0,
        "calls": result["usage"].calls,
        "seconds": round(seconds, 1),
    }


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def report(rows: Sequence[dict[str, Any]], tasks: dict[str, RepairTask]) -> None:
    rows = [row for row in rows if row["task"] in tasks and not row["infra"]]
    print("\n| level | tasks | single shot | team | function at 1 | at 4 | tokens single | team | seconds |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for level in ("function", "functions", "files", "all"):
        some = [row for row in rows if level in (row["level"], "all")]
        if not some:
            continue
        mean = {name: sum(row[name] for row in some) / len(some) for name in ("single_tokens", "tokens", "seconds")}
        found = [sum((row["rank"] or 99) <= top for row in some) for top in (1, 4)]
        print(
            f"| {level} | {len(some)} | {sum(r['single'] for r in some)} | {sum(r['team'] for r in some)} | "
            f"{found[0]} | {found[1]} | {mean['single_tokens']:,.0f} | "
            f"{mean['tokens']:,.0f} | {mean['seconds']:.0f} |"
        )
    for verdict in ("verified", "plausible", "unverified"):
        some = [row for row in rows if row["verdict"] == verdict]
        print(f"{verdict}: {sum(row['team'] for row in some)} of {len(some)} right")


if __name__ == "__main__":
    main()
