"""What a long-term memory brings to a team that meets things again: 40 tasks in a row, with and without it.

The tasks stand in `memory_stream_tasks.toml`; a third rephrases or varies what came before. Three teams solve them in
turns, each task by all before the next comes:

    without  no memory
    memory   a memory that is empty at first; what it recalls is run again, and no model is shown any of it
    hints    the same, and a similar solution is shown to the model as an example

Answers are judged by scoring tests, in the sandbox, after a run has ended; no agent, prompt or memory sees them. Every
row is kept in a file as it comes, and a run that is broken off goes on where it was.

    python benchmarks/memory_stream.py                        # all three, with the embedded model
    python benchmarks/memory_stream.py --arms without,memory
    python benchmarks/memory_stream.py --report               # what is known so far; asks no model
    python benchmarks/memory_stream.py --check                # the tasks themselves: references, examples, traps
    python benchmarks/memory_stream.py --pairs                # how like the tasks are, by the embedding model

Which team comes first changes from task to task, since the model's server remembers the beginning of a prompt.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from memory_stream_report import ARMS, Arm, Row, report, table_head, table_row
from memory_stream_tasks import Task, check, read_stream, scores, show_pairs

from motet.graphs import TeamContext, create_team, resolve_policy
from motet.graphs.team import Team
from motet.memory import PatternMemory, open_memory, resolve_embeddings
from motet.models import resolve_model
from motet.tools.sandbox import Sandbox, resolve_sandbox


class Contender:
    """One team, with the memory that it has, if it has one.

    Args:
        arm: Which one.
        model: What its coder asks.
        sandbox: Where everything runs.
        folder: Where its memory lies.
        embeddings: What compares tasks there.
        solved: The texts of the tasks that it is through with. What else lies in its memory comes from a run that was
            broken off after it had learned its answer, which must not be recalled when it is run again.
    """

    def __init__(
        self,
        arm: Arm,
        *,
        model: BaseChatModel,
        sandbox: Sandbox,
        folder: Path,
        embeddings: str,
        solved: Collection[str],
    ) -> None:
        self.arm: Arm = arm
        remember = "example" if arm == "hints" else "answer"
        policy = resolve_policy("auto", model).model_copy(update={"remember": remember})
        memory: PatternMemory | None = None
        if arm != "without":
            memory = open_memory(folder / f"memory-{arm}", embeddings=embeddings)
            memory.forget([pattern.id for pattern in memory.patterns() if pattern.task not in solved])
        self._team: Team = create_team(model=model, sandbox=sandbox, policy=policy, memory=memory)
        self._sandbox = sandbox

    def solve(self, task: Task, seed: int) -> Row:
        """Have a task solved, and judge the answer."""
        started = time.monotonic()
        result = self._team.invoke({"task": task.text}, context=TeamContext(seed=seed))
        seconds = time.monotonic() - started
        usage, evidence = result["usage"], result["evidence"]
        return Row(
            arm=self.arm,
            task=task.name,
            kind=task.kind,
            of=task.of,
            verdict=result["verdict"],
            right=bool(result["code"]) and scores(self._sandbox, result["code"], task),
            tokens=usage.tokens,
            calls=usage.calls,
            seconds=seconds,
            remembered=evidence.remembered is not None,
            reason=evidence.reason,
            code=result["code"],
        )


def read_rows(path: Path) -> list[Row]:
    """The rows that are known; one that was cut off in the middle is none."""
    if not path.exists():
        return []
    lines = path.read_text("utf-8").splitlines(keepends=True)
    return [Row.model_validate_json(line) for line in lines if line.endswith("\n") and line.strip()]


def run(tasks: Sequence[Task], contenders: Sequence[Contender], path: Path, seed: int) -> None:
    """Have every task solved by everybody, but for what is known."""
    known = {(row.task, row.arm): row for row in read_rows(path)}
    with path.open("a", encoding="utf-8") as file:
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            file.write("\n")
        for place, task in enumerate(tasks):
            first = place % len(contenders)
            for contender in [*contenders[first:], *contenders[:first]]:
                row = known.get((task.name, contender.arm))
                if row is None:
                    row = contender.solve(task, seed)
                    file.write(f"{row.model_dump_json()}\n")
                    file.flush()
                print(table_row(row), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="local")
    parser.add_argument("--embeddings", default="local")
    parser.add_argument("--sandbox", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--arms", default=",".join(ARMS), help="which teams take part, by commas")
    parser.add_argument("--most", type=int, default=10_000, help="only so many tasks, from the first")
    parser.add_argument("--only", help="only these tasks, by commas")
    parser.add_argument(
        "--keep", type=Path, default=Path(".benchmarks/memory_stream"), help="where rows and memories lie"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--report", action="store_true", help="tell what is known so far")
    what.add_argument("--check", action="store_true", help="check the tasks, and ask no model")
    what.add_argument("--pairs", action="store_true", help="print how like the tasks are, and ask no model for code")
    options = parser.parse_args()
    arms = [arm for arm in ARMS if arm in options.arms.split(",")]
    if len(arms) != len(options.arms.split(",")):
        parser.error(f"--arms {options.arms}: there are {', '.join(ARMS)}")
    tasks = read_stream()[: options.most]
    if options.only:
        tasks = [task for task in tasks if task.name in options.only.split(",")]
    if options.check:
        sys.exit(check(tasks, resolve_sandbox(options.sandbox)) > 0)
    if options.pairs:
        return show_pairs(tasks, resolve_embeddings(options.embeddings), options.embeddings)
    rows = options.keep / "rows.jsonl"
    if not options.report:
        options.keep.mkdir(parents=True, exist_ok=True)
        model, sandbox = resolve_model(options.model), resolve_sandbox(options.sandbox)
        print(f"`{' '.join(['python', *sys.argv])}`, {date.today()}, {platform.machine()}, {os.cpu_count()} cores,")
        print(f"model {options.model}, sandbox {sandbox.kind}, seed {options.seed}\n\n{table_head()}", flush=True)
        known = [(row.arm, row.task) for row in read_rows(rows)]
        contenders = [
            Contender(
                arm,
                model=model,
                sandbox=sandbox,
                folder=options.keep,
                embeddings=options.embeddings,
                solved={task.text for task in read_stream() if (arm, task.name) in known},
            )
            for arm in arms
        ]
        run(tasks, contenders, rows, options.seed)
    report([row for row in read_rows(rows) if row.arm in arms])
    return None


if __name__ == "__main__":
    main()
