"""How well tasks are read: the examples found in a benchmark's prompts, run against its own solutions.

    python benchmarks/contract_reading.py humaneval HumanEval.jsonl.gz
    python benchmarks/contract_reading.py mbpp mbpp.jsonl
    python benchmarks/contract_reading.py leetcode LeetCodeDataset-train.jsonl.gz --sample 300

Only what a user would have given is read; the record's entry point is compared with what was read, and its solution
runs the examples. An example that the solution fails was misread, or is wrong in the task: each is shown, for judging.
The solutions are trusted: they run in a plain subprocess.
"""

import argparse
import gzip
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from motet.agents.cases import example_cases
from motet.agents.inputs import mutate_inputs
from motet.agents.reading import read_contract

RUNNER = """
import doctest, io, json, resource, signal, sys
def late(*_):
    raise TimeoutError
signal.signal(signal.SIGALRM, late)
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
job = json.load(sys.stdin)
space = {"__name__": "solution"}
exec(job["code"], space)
for case in job["cases"]:
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        if case["kind"] == "call":
            value = eval(case["code"], space)
            verdict = None if case["expected"] is None or value == eval(case["expected"]) else repr(value)
        elif case["kind"] == "statement":
            exec(case["code"], space)
            verdict = None
        else:
            lines = case["code"].splitlines()
            session = "".join(f"{'>>>' if line[:1].strip() else '...'} {line}\\n" for line in lines)
            test = doctest.DocTestParser().get_doctest(session + case["expected"] + "\\n", space, "example", None, 0)
            report = io.StringIO()
            failed = doctest.DocTestRunner(verbose=False).run(test, out=report.write).failed
            verdict = report.getvalue() if failed else None
    except BaseException as error:
        verdict = f"{type(error).__name__}: {error}"
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(json.dumps(verdict))
"""


class Task(NamedTuple):
    """One record of a benchmark, as far as it is used here."""

    name: str
    prompt: str
    entry_point: str
    solution: str


def humaneval(record: dict[str, Any]) -> Task:
    solution = record["prompt"] + record["canonical_solution"]
    return Task(record["task_id"], record["prompt"], record["entry_point"], solution)


def mbpp(record: dict[str, Any]) -> Task:
    first = record["test_list"][0]
    called = first.removeprefix("assert").strip(" (").partition("(")[0]
    return Task(f"MBPP/{record['task_id']}", f"{record['text']}\n{first}\n", called, record["code"])


def leetcode(record: dict[str, Any]) -> Task:
    prompt = f"{record['meta']['question_title']}\n\n```python\n{record['meta']['lang_code']}\n```\n"
    solution = f"{record['prompt']}\n{record['completion']}"
    return Task(f"LeetCode/{record['task_id']}", prompt, record["entry_point"], solution)


SETS: dict[str, Callable[[dict[str, Any]], Task]] = {"humaneval": humaneval, "mbpp": mbpp, "leetcode": leetcode}


def records(path: Path) -> Iterator[dict[str, Any]]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    yield from (json.loads(line) for line in data.decode().split("\n") if line.strip())


def run(solution: str, cases: list[dict[str, Any]]) -> list[str | None]:
    """What was wrong with each case, or `None`."""
    job = json.dumps({"code": solution, "cases": cases})
    argv = [sys.executable, "-c", RUNNER]
    done = subprocess.run(argv, input=job, capture_output=True, text=True, timeout=120, check=False)
    verdicts = [json.loads(line) for line in done.stdout.splitlines() if line == "null" or line.startswith('"')]
    return verdicts + [f"no result: {done.stderr[-200:]}"] * (len(cases) - len(verdicts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=SETS)
    parser.add_argument("path", type=Path)
    parser.add_argument("--sample", type=int, help="read only so many tasks, evenly spread")
    options = parser.parse_args()
    tasks = [SETS[options.kind](record) for record in records(options.path)]
    if options.sample and options.sample < len(tasks):
        tasks = [tasks[at * len(tasks) // options.sample] for at in range(options.sample)]

    forms: Counter[str] = Counter()
    misread, silent, misnamed = [], [], []
    examples = inputs = answered = hung = 0
    reading = 0.0
    for task in tasks:
        since = time.perf_counter()
        contract = read_contract(task.prompt)
        reading += time.perf_counter() - since
        forms.update(example.form for example in contract.examples)
        if contract.entry_point != task.entry_point:
            misnamed.append(f"{task.name}: {contract.entry_point} instead of {task.entry_point}")
        if not contract.examples:
            silent.append(task.name)
            continue
        cases = [case.model_dump() for case in example_cases(contract)]
        mutants = mutate_inputs(contract, count=16, seed=0)
        observed = [{"kind": "call", "code": call, "expected": None} for call in mutants]
        verdicts = run(task.solution, cases + observed)
        examples += len(cases)
        inputs += len(mutants)
        answered += verdicts[len(cases) :].count(None)
        hung += sum(str(verdict).startswith("TimeoutError") for verdict in verdicts[len(cases) :])
        wrong = [(case, verdict) for case, verdict in zip(cases, verdicts, strict=False) if verdict is not None]
        if wrong:
            misread.append((task.name, wrong))

    read = len(tasks) - len(silent)
    print(f"prompts                            {len(tasks)}")
    print(f"with at least one example          {read} ({read / len(tasks):.1%})")
    print(f"examples                           {examples}: {dict(forms.most_common())}")
    print(f"entry points not read              {len(misnamed)} {misnamed}")
    print(f"example sets the solution fails    {len(misread)} ({len(misread) / max(1, read):.1%} of those read)")
    for name, wrong in misread:
        for case, verdict in wrong:
            print(f"    {name}: {case['code'][:120]} expected {str(case['expected'])[:80]}, got {str(verdict)[:80]}")
    print(f"mutated inputs                     {inputs}, of which the solution answers {answered} and hangs on {hung}")
    print(f"reading, per prompt                {reading / len(tasks) * 1000:.1f} ms")
    print(f"without examples                   {' '.join(silent)[:2000]}")


if __name__ == "__main__":
    main()
