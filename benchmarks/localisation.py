"""How well the codebase index answers "where would this change go": tasks in SWE-bench's schema, no model call.

For each task the repository is checked out at its base commit, the issue's text is the question, and what its patch
changed is the answer. As in LocAgent (Chen et al., 2025), a task counts at k only if *all* files, or functions, that
the patch changed are among the first k; a task whose patch changes no function that was there is left out of these.

    python benchmarks/localisation.py TASKS.jsonl --repositories FOLDER            # all signals, and each left out
    python benchmarks/localisation.py TASKS.jsonl --repositories FOLDER --rows     # where each task's answer stands

FOLDER holds a clone of each repository as `owner+name`, bare or not. Work trees and indexes are kept under `--keep`, so
that a second run embeds nothing again.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from motet.memory.index import SIGNALS, CodeIndex, Signal, chunks_of
from motet.memory.index.postings import Postings
from motet.memory.index.words import Words

DEPTH = 400
"""Places that are asked for; further ones count as not found."""
PLAIN = re.compile(r"\w+")
SETTINGS: dict[str, tuple[Signal, ...]] = {
    "all signals": (),
    **{f"without {signal}": (signal,) for signal in SIGNALS},
    "words alone": tuple(one for one in SIGNALS if one != "words"),
    "dense alone": tuple(one for one in SIGNALS if one != "dense"),
}
Function = tuple[str, str]


@dataclass
class Task:
    """One row of the data, and what its patch changed."""

    name: str
    repository: str
    commit: str
    question: str
    patch: str
    files: list[str] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)


@dataclass
class Result:
    """Where the last of a task's answers stands, from 0; `None` where it was not found."""

    file: int | None
    function: int | None
    counts_functions: bool
    seconds: float


def read_tasks(path: Path) -> list[Task]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [
        Task(row["instance_id"], row["repo"], row["base_commit"], row["problem_statement"], row["patch"])
        for row in rows
    ]


def git(folder: Path, *arguments: str, text: str | None = None) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], input=text, capture_output=True, text=True, check=True
    )
    return done.stdout


def check_out(task: Task, repositories: Path, keep: Path) -> Path | None:
    """Put the work tree of a task's repository to its commit; nothing where that cannot be had."""
    name = task.repository.replace("/", "+")
    source = next((one for one in (repositories / name / "repo", repositories / name) if one.is_dir()), None)
    if source is None:
        return None
    tree = keep / "trees" / name
    if not tree.is_dir():
        tree.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "clone", "--quiet", "--shared", "--no-checkout", str(source), str(tree)], check=True)
    try:
        git(tree, "checkout", "--quiet", "--force", "--detach", task.commit)
    except subprocess.CalledProcessError:
        return None
    git(tree, "clean", "-fdq")
    return tree


def find_answers(task: Task, tree: Path) -> None:
    """Note what the patch changes: the files that are there, and their functions whose code is another afterwards."""
    task.files = [path for path in re.findall(r"^--- a/(\S+)", task.patch, re.MULTILINE) if path.endswith(".py")]
    before = {path: functions_of(tree, path) for path in task.files}
    git(tree, "apply", "--whitespace=nowarn", "-", text=task.patch)
    try:
        for path in task.files:
            after = functions_of(tree, path)
            task.functions += [(path, name) for name, code in before[path].items() if after.get(name) != code]
    finally:
        git(tree, "checkout", "--quiet", "--force", task.commit)
        git(tree, "clean", "-fdq")


def functions_of(tree: Path, path: str) -> dict[str, str]:
    if not (tree / path).exists():
        return {}
    chunks = chunks_of(path, (tree / path).read_text("utf-8", errors="replace"))
    return {chunk.symbol: chunk.text for chunk in chunks if chunk.kind == "function"}


def judge(task: Task, places: Sequence[tuple[str, str, str]], seconds: float) -> Result:
    """Find the answers among places, which are a path, a symbol and a kind, the best first."""
    files = list(dict.fromkeys(path for path, _, _ in places))
    functions = list(dict.fromkeys((path, symbol) for path, symbol, kind in places if kind == "function"))
    return Result(_last(task.files, files), _last(task.functions, functions), bool(task.functions), seconds)


def _last(wanted: Sequence[object], found: Sequence[object]) -> int | None:
    ranks = [found.index(one) if one in found else None for one in wanted]
    return None if not ranks or None in ranks else max(rank for rank in ranks if rank is not None)


def plainly(index: CodeIndex) -> Callable[[str], list[tuple[str, str, str]]]:
    """The usual baseline: BM25 over the same chunks, words as they stand there, in lower case."""
    view = index.view(refresh=False)
    counters = [
        Counter(PLAIN.findall(f"{view.paths[file]}\n{chunk.text}".lower()))
        for file in range(len(view.paths))
        for chunk in index.chunks(view, file)
    ]
    words = Words(Postings.of(counters), len(counters))

    def search(question: str) -> list[tuple[str, str, str]]:
        scores = words.scores({word: float(n) for word, n in Counter(PLAIN.findall(question.lower())).items()})
        best = [int(row) for row in np.argsort(-scores, kind="stable")[: 10 * DEPTH] if scores[row] > 0]
        return [
            (view.paths[view.rows[row].file], view.rows[row].place.symbol, view.rows[row].place.kind) for row in best
        ]

    return search


def run(tasks: Sequence[Task], options: argparse.Namespace) -> Iterator[tuple[Task, dict[str, Result]]]:
    """Solve each task in every setting."""
    for task in tasks:
        tree = check_out(task, options.repositories, options.keep)
        if tree is None:
            print(f"{task.name}: its repository or commit is not in {options.repositories}", file=sys.stderr)
            continue
        find_answers(task, tree)
        embeddings = None if options.embeddings == "off" else options.embeddings
        folder = options.keep / "indexes" / tree.name
        with CodeIndex(tree, embeddings=embeddings, folder=folder, background=False) as index:
            index.refresh()
            index.embed(lambda done, total: None)
            index.search("warm up", refresh=False)
            results = {}
            for name, without in SETTINGS.items():
                started = time.perf_counter()
                found = index.search(task.question, DEPTH, without=without, refresh=False)
                seconds = time.perf_counter() - started
                results[name] = judge(task, [(one.path, one.symbol, one.kind) for one in found], seconds)
            search = plainly(index)
            started = time.perf_counter()
            results["plain BM25"] = judge(task, search(task.question), time.perf_counter() - started)
        print(f"{task.name}", file=sys.stderr, flush=True)
        yield task, results


def share(results: Sequence[int | None], k: int) -> str:
    return f"{100 * sum(rank is not None and rank < k for rank in results) / max(1, len(results)):.1f}"


def report(done: Sequence[tuple[Task, dict[str, Result]]]) -> None:
    print("| setting | file@1 | file@5 | file@10 | function@5 | function@10 | seconds, median | most |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for name in (*SETTINGS, "plain BM25"):
        mine = [results[name] for _, results in done]
        files = [one.file for one in mine]
        functions = [one.function for one in mine if one.counts_functions]
        seconds = sorted(one.seconds for one in mine)
        cells = [share(files, 1), share(files, 5), share(files, 10), share(functions, 5), share(functions, 10)]
        print(f"| {name} | {' | '.join(cells)} | {seconds[len(seconds) // 2]:.3f} | {seconds[-1]:.3f} |")
    counted = sum(results["all signals"].counts_functions for _, results in done)
    print(f"\n{len(done)} tasks, {counted} of them for functions.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", type=Path)
    parser.add_argument("--repositories", type=Path, required=True, help="clones, each as owner+name")
    parser.add_argument("--keep", type=Path, default=Path(".benchmarks/localisation"))
    parser.add_argument("--embeddings", default="local", help="or `off`")
    parser.add_argument("--rows", action="store_true", help="print where each task's answers stand")
    options = parser.parse_args()
    options.keep = options.keep.absolute()
    print(f"`{' '.join(['python', *sys.argv])}`, {date.today()}, {platform.machine()}, {os.cpu_count()} cores,")
    print(f"embeddings {options.embeddings}\n", flush=True)
    done = []
    for task, results in run(read_tasks(options.tasks), options):
        done.append((task, results))
        if options.rows:
            best = results["all signals"]
            print(
                f"{task.name}: file {best.file}, function {best.function if best.counts_functions else '-'}", flush=True
            )
    if done:
        report(done)


if __name__ == "__main__":
    main()
