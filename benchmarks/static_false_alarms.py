"""How often the static checks block code that is right: the standard library's own modules, and canonical solutions.

    python benchmarks/static_false_alarms.py [FILE ...]

Without files the pure Python modules of this interpreter's standard library are checked, tests left out. A file is a
JSON-lines one (or `.gz`) of HumanEval (`prompt`, `canonical_solution`) or MBPP (`code`).
"""

import gzip
import json
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from motet.tools.checks import check
from motet.tools.sandbox import Limits, resolve_sandbox

LEFT_OUT = {"test", "tests", "idle_test", "site-packages", "dist-packages", "lib2to3", "__pycache__"}


def main() -> None:
    sources = dict(of_files(map(Path, sys.argv[1:])) if len(sys.argv) > 1 else standard_library())
    kinds: Counter[str] = Counter()
    alarmed = unchecked = 0
    seconds = []
    # Bubblewrap lends this very interpreter: what it has must be there.
    with resolve_sandbox("bubblewrap").session() as session:
        for name, code in sources.items():
            started = time.perf_counter()
            checks = check(session, code, limits=Limits(wall_seconds=60, cpu_seconds=60))
            seconds.append(time.perf_counter() - started)
            unchecked += checks.problem is not None
            alarmed += bool(checks.blocking)
            if checks.problem:
                print(name, checks.problem)
            for finding in checks.blocking:
                kinds[finding.kind] += 1
                print(f"{name}:{finding.line}: {finding.kind}: {finding.message}")
    print(f"\n{len(sources)} modules, {alarmed} with a blocking finding, {unchecked} not checked; {dict(kinds)}")
    print(f"median {sorted(seconds)[len(seconds) // 2] * 1000:.0f} ms a module, {sum(seconds):.0f} s in all")


def standard_library() -> Iterator[tuple[str, str]]:
    root = Path(sysconfig.get_path("stdlib"))
    for path in sorted(root.rglob("*.py")):
        if not LEFT_OUT & set(path.relative_to(root).parts):
            yield str(path.relative_to(root)), path.read_text("utf-8", "replace")


def of_files(paths: Iterator[Path]) -> Iterator[tuple[str, str]]:
    for path in paths:
        text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text("utf-8")
        for number, line in enumerate(text.splitlines()):
            row = json.loads(line)
            yield (
                f"{path.name}:{row.get('task_id', number)}",
                row.get("code") or row["prompt"] + row["canonical_solution"],
            )


if __name__ == "__main__":
    main()
