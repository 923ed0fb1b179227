"""What a repair is worth when it is told a diagnosis, one line, or nothing at all (a fresh answer instead).

First answers that fail the examples in their own task are collected: greedy, one call each, from HumanEval's first
twenty tasks and then MBPP in its order (the text and its first assert, as the team would see them). Each is then worked
on in three ways, with the same limit of tokens for an answer:

    line       a repair that is told the failing example in one line
    diagnosis  a repair that is told `Diagnosis.text()`
    fresh      no repair: another answer at temperature 0.8

Repairs are written at temperature 0 for the first seed, as the team writes them, and at 0.8 for the others. Every
answer is kept in a file, so that a second run asks for nothing twice and a broken-off one goes on.

    python benchmarks/diagnosis.py --data DIR              # DIR/humaneval/HumanEval.jsonl.gz, DIR/mbpp/*.jsonl
    python benchmarks/diagnosis.py --data DIR --minutes 9  # in pieces
    python benchmarks/diagnosis.py --data DIR --report     # what is known so far; asks no model

The scoring tests (HumanEval's `check`, the asserts of MBPP that were not shown) are run by this script in the sandbox
after an answer stands; no agent sees them.
"""

import argparse
import gzip
import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from motet.agents import Assignment, Candidate, Contract, Report, create_coder, read_contract
from motet.agents.answer import main_function
from motet.agents.examination import examine
from motet.agents.node import run_in_background
from motet.models import Usage, model_name, resolve_model
from motet.tools.sandbox import Limits, Sandbox, resolve_sandbox

ARMS = ("line", "diagnosis", "fresh")
TEMPERATURE = 0.8


class Task(NamedTuple):
    """A task as a user would give it, and what only this script knows of it."""

    name: str
    prompt: str
    solution: str
    scoring: str


class Answer(NamedTuple):
    """One answer of the model."""

    code: str | None
    """`None` where it was void: cut off, or no code."""
    input_tokens: int
    output_tokens: int

    @property
    def tokens(self) -> int:
        """Both together."""
        return self.input_tokens + self.output_tokens


def read_tasks(folder: Path, humaneval: int) -> Iterator[Task]:
    """The first tasks of HumanEval, then what there is of MBPP."""
    for path in sorted(folder.glob("humaneval/*.jsonl*")):
        for row in _rows(path)[:humaneval]:
            scoring = f"{row['test']}\n\ncheck({row['entry_point']})\n"
            yield Task(row["task_id"], row["prompt"], row["prompt"] + row["canonical_solution"], scoring)
    for path in sorted(folder.glob("mbpp/*.jsonl*")):
        for row in _rows(path):
            first, *hidden = row["test_list"]
            scoring = "\n".join([row["test_setup_code"], *hidden, *row["challenge_test_list"]])
            yield Task(f"MBPP/{row['task_id']}", f"{row['text']}\n{first}\n", row["code"], scoring)


def _rows(path: Path) -> list[dict[str, Any]]:
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


class OutOfTime(Exception):
    """The minutes of this piece are over, or no answer may be asked for."""


class Coder:
    """Asks the team's own coder, or remembers what it answered."""

    def __init__(self, model: str, keep: Path, until: float) -> None:
        self.chat = resolve_model(model)
        self.asked = 0
        self._name = model_name(self.chat)
        self._keep = keep
        self._until = until
        self._coder = create_coder(model=self.chat)
        self._known: dict[str, Answer] = {}
        if keep.exists():
            for line in keep.read_text("utf-8").splitlines():
                row = json.loads(line)
                self._known[row.pop("key")] = Answer(row["code"], row["input_tokens"], row["output_tokens"])

    def answer(self, contract: Contract, assignment: Assignment, arm: str = "first") -> Answer:
        """One answer. It is known by its task, its arm and what it repairs, so delete the file to ask again.

        Raises:
            OutOfTime: It is not known and may not be asked for.
        """
        target = assignment.target.code if assignment.target else None
        how = (assignment.wording, assignment.temperature, assignment.max_tokens, assignment.index)
        asked = json.dumps([self._name, contract.task, arm, how, target])
        key = hashlib.sha256(asked.encode()).hexdigest()
        if key not in self._known:
            if time.monotonic() > self._until:
                raise OutOfTime
            state = self._coder.invoke({"contract": contract, "assignment": assignment})
            spent = Usage.of(state["calls"])
            code = state["candidates"][0].code if state.get("candidates") else None
            self._known[key] = Answer(code, spent.input_tokens, spent.output_tokens)
            self.asked += 1
            self._keep.parent.mkdir(parents=True, exist_ok=True)
            with self._keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, **self._known[key]._asdict(), "told": assignment.failure}) + "\n")
        return self._known[key]


class Failing(NamedTuple):
    """A first answer that fails an example of its task."""

    task: Task
    contract: Contract
    candidate: Candidate
    report: Report


class Trial(NamedTuple):
    """What came of one further answer."""

    task: str
    arm: str
    seed: int
    examples: bool
    """Whether it passes every example of the task."""
    right: bool
    """Whether it passes the scoring tests."""
    same: bool
    """Whether it is the failing program again, but for comments and layout."""
    tokens: int


def first_failure(task: Task, coder: Coder, sandbox: Sandbox) -> Failing | None:
    """Ask for the first answer; `None` where it passes, is void, or the examples were read wrongly."""
    contract = read_contract(task.prompt)
    if not contract.examples:
        return None
    answer = coder.answer(contract, Assignment(index=0, kind="first"))
    if answer.code is None:
        return None
    contract = read_contract(task.prompt, entry_point=contract.entry_point or main_function(answer.code))
    candidate = Candidate(index=0, code=answer.code, entry_point=contract.entry_point, origin="first")
    report = run(candidate, contract, sandbox, diagnose=True)
    if report.loads.outcome == "passed" and not report.failures():
        return None
    reference = Candidate(index=1, code=task.solution, entry_point=contract.entry_point, origin="first")
    misread = run(reference, contract, sandbox).failures()
    return None if misread else Failing(task, contract, candidate, report)


def try_all(work: list[Failing], coder: Coder, sandbox: Sandbox, seeds: int, *, quiet: bool) -> Iterator[Trial]:
    """Every failing answer in every way, seed by seed, so that a broken-off run is even."""
    try:
        for seed in range(seeds):
            for failing in work:
                for arm in ARMS:
                    trial = try_once(failing, arm, seed, coder, sandbox)
                    if not quiet:
                        print(f"{trial}", file=sys.stderr)
                    yield trial
    except OutOfTime:
        print("out of time", file=sys.stderr)


def try_once(failing: Failing, arm: str, seed: int, coder: Coder, sandbox: Sandbox) -> Trial:
    task, contract, candidate, report = failing
    if arm == "fresh":
        # As the team samples: every other answer is asked for in other words.
        wording = "coder" if seed % 2 else "coder_variant"
        assignment = Assignment(index=seed + 1, kind="sample", temperature=TEMPERATURE, wording=wording)
    else:
        failed = next(iter(report.failures()), report.loads)
        line = f"{failed.name}: {failed.message}"
        told = report.diagnosis.text() if arm == "diagnosis" and report.diagnosis else line
        temperature = TEMPERATURE if seed else 0.0
        assignment = Assignment(index=seed + 1, kind="repair", temperature=temperature, target=candidate, failure=told)
    answer = coder.answer(contract, assignment, arm)
    if answer.code is None:
        return Trial(task.name, arm, seed, False, False, False, answer.tokens)
    new = Candidate(index=1, code=answer.code, entry_point=contract.entry_point, origin="sample")
    shown = run(new, contract, sandbox)
    passes = shown.loads.outcome == "passed" and not shown.failures()
    same = new.fingerprint == candidate.fingerprint
    return Trial(task.name, arm, seed, passes, scores(answer.code, task, sandbox), same, answer.tokens)


def run(candidate: Candidate, contract: Contract, sandbox: Sandbox, *, diagnose: bool = False) -> Report:
    """What the team's tester would report."""
    with sandbox.session() as session:
        return run_in_background(examine(session, candidate, contract, diagnosed=diagnose))


def scores(code: str, task: Task, sandbox: Sandbox) -> bool:
    """Whether code passes the scoring tests."""
    program = f"{code}\n\n{task.scoring}\nprint('all scoring tests passed')\n"
    with sandbox.session() as session:
        done = session.run(["python3", "check.py"], files={"check.py": program}, limits=Limits(wall_seconds=30))
    return done.verdict == "ok" and "all scoring tests passed" in done.stdout


def show(work: list[Failing], trials: list[Trial]) -> None:
    """The sums, then every task."""
    print("| arm | tries | pass the examples | right | same program again | tokens a try | tokens for one right |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    whole = [seed for seed in {trial.seed for trial in trials} if sum(t.seed == seed for t in trials) == len(work) * 3]
    for arm in ARMS:
        mine = [trial for trial in trials if trial.arm == arm and trial.seed in whole]
        if mine:
            right, tokens = sum(trial.right for trial in mine), sum(trial.tokens for trial in mine)
            price = f"{tokens / right:,.0f}" if right else "-"
            passing = sum(trial.examples for trial in mine)
            same = sum(trial.same for trial in mine)
            print(f"| {arm} | {len(mine)} | {passing} | {right} | {same} | {tokens / len(mine):.0f} | {price} |")
    print("\nRight of the tries, by task (kind of failure):\n")
    print(f"| task | failure | {' | '.join(ARMS)} |")
    print(f"|---|---|{'--:|' * len(ARMS)}")
    for failing in work:
        kind = failing.report.diagnosis.kind if failing.report.diagnosis else "-"
        cells = []
        for arm in ARMS:
            mine = [t for t in trials if t.task == failing.task.name and t.arm == arm and t.seed in whole]
            cells.append(f"{sum(trial.right for trial in mine)}/{len(mine)}")
        print(f"| {failing.task.name} | {kind} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder with humaneval/ and mbpp/")
    parser.add_argument("--humaneval", type=int, default=20, help="how many of HumanEval's tasks to begin with")
    parser.add_argument("--want", type=int, default=20, help="how many failing first answers to work on")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=1e6, help="ask for no further answer after so many minutes")
    parser.add_argument("--report", action="store_true", help="ask for no answer at all")
    parser.add_argument("--model", default="local")
    parser.add_argument("--sandbox", default="auto")
    parser.add_argument("--keep", type=Path, default=Path(".benchmarks/diagnosis.jsonl"), help="where answers are kept")
    options = parser.parse_args()
    until = 0.0 if options.report else time.monotonic() + 60 * options.minutes
    sandbox = resolve_sandbox(options.sandbox)
    coder = Coder(options.model, options.keep, until)
    print(f"`{' '.join(['python', *sys.argv])}`, {date.today()}, {platform.machine()}, {os.cpu_count()} cores,")
    print(f"model {options.model}, sandbox {sandbox.kind}\n", flush=True)
    work: list[Failing] = []
    looked_at = 0
    try:
        for task in read_tasks(options.data, options.humaneval):
            if len(work) == options.want:
                break
            found = first_failure(task, coder, sandbox)
            looked_at += 1
            work += [found] if found else []
            if not options.report:
                print(f"{task.name}: {'fails its examples' if found else '-'}  ({len(work)} found)", file=sys.stderr)
    except OutOfTime:
        print(f"out of time after {looked_at} tasks, {len(work)} found", file=sys.stderr)
    print(f"{looked_at} tasks; in {len(work)} the first answer fails an example of its task.\n")
    trials = list(try_all(work, coder, sandbox, options.seeds, quiet=options.report))
    show(work, trials)


if __name__ == "__main__":
    main()
