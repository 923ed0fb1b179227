"""Checks the suite of repair tasks, or makes it anew: the oracle must solve each task, and no patch none.

The packages are fetched from PyPI; all that is theirs runs in the sandbox. No model has a part in it.

    python benchmarks/repair_suite.py                               # check the suite that is in the repository
    python benchmarks/repair_suite.py --make --out SUITE.jsonl      # make one, about half an hour
    python benchmarks/repair_suite.py --make --only toolz --out TOOLZ.jsonl
"""

import argparse
import os
import platform
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path

from motet.evals.repairs import RepairTask, check_suite, make_tasks, read_packages, read_suite, write_suite
from motet.evals.repairs.repair_task import SUITE
from motet.tools.sandbox import Sandbox, resolve_sandbox


def make(out: Path, *, only: list[str], seed: int, sandbox: Sandbox) -> None:
    tasks: list[RepairTask] = []
    for package in read_packages().values():
        if package.tasks and (not only or package.name in only):
            started = time.monotonic()
            tasks += make_tasks(package, count=package.tasks, seed=seed, sandbox=sandbox)
            print(f"{package.name}: {len(tasks)} tasks in all, {time.monotonic() - started:.0f} s", flush=True)
            write_suite(tasks, out)


def check(suite: Path, sandbox: Sandbox) -> bool:
    tasks = read_suite(suite)
    print(f"`{' '.join(['python', *sys.argv])}`, {date.today()}, {platform.machine()}, {os.cpu_count()} cores,")
    print(f"sandbox {sandbox.kind}\n")
    print("| task | level | must pass | oracle | no patch | seconds |")
    print("|---|---|--:|---|---|--:|", flush=True)
    sound = 0
    for task, checked in zip(tasks, check_suite(tasks, sandbox=sandbox), strict=True):
        counts = f"{len(task.fail_to_pass)} + {len(task.pass_to_pass)}"
        seconds = checked.oracle.seconds + checked.nop.seconds
        verdicts = f"{checked.oracle.verdict} | {checked.nop.verdict}"
        print(f"| {task.id} | {task.level} | {counts} | {verdicts} | {seconds:.1f} |", flush=True)
        sound += checked.is_sound
    levels = Counter(task.level for task in tasks)
    kinds = {operator for task in tasks for operator in task.operators}
    print(f"\n{sound} of {len(tasks)} tasks are sound; {len({task.package for task in tasks})} packages,")
    print(
        f"{', '.join(f'{count} of level {level}' for level, count in levels.items())}, {len(kinds)} kinds of mistakes."
    )
    return sound == len(tasks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", type=Path, default=SUITE)
    parser.add_argument("--make", action="store_true", help="make a suite instead of checking one")
    parser.add_argument(
        "--only", action="append", default=[], metavar="PACKAGE", help="make tasks of this package only"
    )
    parser.add_argument("--out", type=Path, default=SUITE)
    parser.add_argument("--sandbox", default="auto")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sandbox = resolve_sandbox(options.sandbox)
    if options.make:
        make(options.out, only=options.only, seed=options.seed, sandbox=sandbox)
    elif not check(options.suite, sandbox):
        sys.exit("The suite is not sound: see the rows above.")


if __name__ == "__main__":
    main()
