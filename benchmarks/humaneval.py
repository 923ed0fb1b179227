"""Solves HumanEval tasks with a team and holds each verdict against the official tests.

The team is given the prompt alone. The official tests are read after a task's run has ended, and run in the sandbox in
another process; they never reach an agent, a prompt or a memory.

    python benchmarks/humaneval.py PATH/HumanEval.jsonl.gz                 # ten tasks, every seventeenth
    python benchmarks/humaneval.py PATH/HumanEval.jsonl.gz --every 1       # all 164

Beside the team stands its own first answer, which is what one greedy call of the model gives.
"""

import argparse
import gzip
import json
import os
import platform
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path

from motet.graphs import TeamContext, create_team
from motet.models import resolve_model
from motet.tools.sandbox import Limits, Sandbox, resolve_sandbox


def read_tasks(path: Path) -> list[dict[str, str]]:
    """The benchmark's rows."""
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def truth(sandbox: Sandbox, code: str, task: dict[str, str]) -> bool:
    """Whether code passes the official tests."""
    program = f"{code}\n\n{task['test']}\n\ncheck({task['entry_point']})\nprint('all official tests passed')\n"
    with sandbox.session() as session:
        done = session.run(["python3", "check.py"], files={"check.py": program}, limits=Limits(wall_seconds=30))
    return done.verdict == "ok" and "all official tests passed" in done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--every", type=int, default=17, help="take every Nth task, from the first")
    parser.add_argument("--most", type=int, default=10_000, help="at most so many tasks")
    parser.add_argument("--model", default="local")
    parser.add_argument("--sandbox", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="a JSON line for every task, for a closer look")
    options = parser.parse_args()
    tasks = read_tasks(options.data)[:: options.every][: options.most]
    sandbox = resolve_sandbox(options.sandbox)
    team = create_team(model=resolve_model(options.model), sandbox=sandbox)
    print(f"`{' '.join(['python', *sys.argv])}`, {date.today()}, {platform.machine()}, {os.cpu_count()} cores,")
    print(f"model {options.model}, sandbox {sandbox.kind}, seed {options.seed}\n")
    print("| task | verdict | truth | first answer | tokens | calls | seconds | why |")
    print("|---|---|---|---|--:|--:|--:|---|", flush=True)
    counts: Counter[tuple[str, bool]] = Counter()
    first_right = spent_tokens = 0
    started = time.monotonic()
    for task in tasks:
        result = None
        first = ""
        run = team.stream(
            {"task": task["prompt"]},
            context=TeamContext(seed=options.seed),
            stream_mode=["custom", "values"],
            version="v2",
        )
        for part in run:
            if part["type"] == "custom" and part["data"]["event"] == "candidate":
                first = first or part["data"]["candidate"].code
            elif part["type"] == "values":
                result = part["data"]
        assert result is not None
        right, first_was_right = truth(sandbox, result["code"], task), truth(sandbox, first, task)
        counts[result["verdict"], right] += 1
        first_right += first_was_right
        usage, evidence = result["usage"], result["evidence"]
        spent_tokens += usage.tokens
        marks = ["passes" if one else "fails" for one in (right, first_was_right)]
        print(
            f"| {task['task_id']} | {result['verdict']} | {marks[0]} | {marks[1]} | {usage.tokens} | {usage.calls} |"
            f" {usage.seconds:.1f} | {evidence.reason.replace('|', '/')[:110]} |",
            flush=True,
        )
        if options.out:
            row = {"task_id": task["task_id"], "right": right, "first_right": first_was_right, "code": result["code"]}
            row |= {"verdict": result["verdict"], "evidence": evidence.model_dump(), "usage": usage.model_dump()}
            with options.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    print(f"\n{len(tasks)} tasks in {time.monotonic() - started:.0f} s, {spent_tokens} tokens.")
    for verdict in ("verified", "plausible", "unverified"):
        print(f"{verdict}: {counts[verdict, True]} right, {counts[verdict, False]} wrong")
    right_in_all = sum(count for (_, right), count in counts.items() if right)
    print(f"team: {right_in_all} of {len(tasks)} right; first answer alone: {first_right} of {len(tasks)}")


if __name__ == "__main__":
    main()
