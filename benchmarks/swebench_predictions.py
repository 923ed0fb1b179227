"""Prediction files for SWE-bench's official harness, made by the repository team.

    python benchmarks/swebench_predictions.py INSTANCES.jsonl --repositories FOLDER --out predictions.jsonl
        [--model local] [--policy auto] [--sandbox auto] [--only ID ...] [--limit 10]

INSTANCES has SWE-bench's fields (`instance_id`, `repo`, `base_commit`, `problem_statement`); its patches and tests are
not looked at. FOLDER holds a clone of each repository as `owner+name`, bare or not. After Ctrl-C or a kill the same
command goes on: what is in the file is not run again, and what a started instance has paid for is in checkpoints.
"""

import argparse
import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from langgraph.checkpoint.sqlite import SqliteSaver

from motet.graphs.repo import RepoOutput, create_repo_team, prediction_of, resolve_repo_policy, write_predictions
from motet.graphs.repo.predictions import Prediction
from motet.models import model_name, resolve_model
from motet.tools.sandbox import resolve_sandbox


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("instances", type=Path)
    asked.add_argument("--repositories", type=Path, required=True)
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--model", default="local")
    asked.add_argument("--policy", default="auto")
    asked.add_argument("--sandbox", default="auto")
    asked.add_argument("--only", nargs="*", default=[])
    asked.add_argument("--limit", type=int)
    options = asked.parse_args()
    chat = resolve_model(options.model)
    name = f"motet-{model_name(chat)}"
    rows = [json.loads(line) for line in options.instances.read_text().splitlines()]
    rows = [row for row in rows if not options.only or row["instance_id"] in options.only][: options.limit]
    made = (
        [Prediction(**json.loads(line)) for line in options.out.read_text().splitlines()]
        if options.out.exists()
        else []
    )
    place = options.out.with_suffix(".work")
    place.mkdir(exist_ok=True)
    with closing(sqlite3.connect(place / "checkpoints.sqlite", check_same_thread=False)) as connection:
        policy = resolve_repo_policy(options.policy, chat)
        machine = resolve_sandbox(options.sandbox)
        team = create_repo_team(model=chat, policy=policy, sandbox=machine, checkpointer=SqliteSaver(connection))
        for row in rows:
            if row["instance_id"] in {one.instance_id for one in made}:
                continue
            result = solve(team, row, options.repositories, place)
            made.append(prediction_of(row["instance_id"], result, name=name))
            write_predictions(options.out, made)
            print(
                f"{row['instance_id']}: {result['verdict']}, {len(result['patch'].splitlines())} lines of patch, "
                f"{result['usage'].tokens:,} tokens, {result['usage'].seconds:.0f} s; {result['evidence'].reason}",
                flush=True,
            )


def solve(team: Any, row: dict[str, Any], repositories: Path, place: Path) -> RepoOutput:
    config = {"configurable": {"thread_id": row["instance_id"]}}
    root = place / row["instance_id"]
    if not root.exists():
        source = repositories / row["repo"].replace("/", "+")
        clone = next(
            one
            for one in (source, source / "repo", source / "repo.git")
            if (one / "HEAD").exists() or (one / ".git").exists()
        )
        draft = place / f".{row['instance_id']}"
        subprocess.run(["rm", "-rf", draft], check=True)
        subprocess.run(["git", "clone", "--quiet", "--shared", "--no-checkout", clone, draft], check=True)
        subprocess.run(["git", "-C", draft, "checkout", "--quiet", "--detach", row["base_commit"]], check=True)
        draft.rename(root)
    state = team.get_state(config)
    if state.created_at is None:
        work = str(place / f"{row['instance_id']}.work")
        given = {"repository": str(root), "issue": row["problem_statement"], "workspace": work}
        return team.invoke(given, config, durability="sync")
    return team.invoke(None, config, durability="sync") if state.next else state.values


if __name__ == "__main__":
    main()
