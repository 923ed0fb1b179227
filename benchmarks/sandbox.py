"""How many runs of `python3 -c pass` a second each kind of sandbox makes, next to a plain subprocess.

    python benchmarks/sandbox.py [REPETITIONS]

The kinds take turns in one process, so that whatever else the machine does hits all of them alike.
"""

import atexit
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from motet.tools.sandbox import NoSandboxError, Session, resolve_sandbox
from motet.tools.sandbox.toolbox import python_binary

ARGV = ["python3", "-c", "pass"]
COLD_EVERY = 5
"""A cold container costs as much as fifty warm runs; it has a turn in every fifth round."""


def main() -> None:
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    python = empty_environment()
    contenders: dict[str, Callable[[], None]] = {"plain subprocess": lambda: plain(python)}
    missing: list[str] = []
    sessions: list[Session] = []
    for kind in ("bubblewrap", "docker"):
        try:
            session = resolve_sandbox(kind).session()
        except NoSandboxError as error:
            missing.append(f"{kind}: not measured. {error}")
            continue
        sessions.append(session)
        contenders[f"{kind}{' warm' if kind == 'docker' else ''}"] = lambda session=session: check(session)
    if "docker warm" in contenders:
        contenders["docker cold"] = cold
    for contender in contenders.values():
        contender()
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(repetitions):
        for name, contender in contenders.items():
            if name == "docker cold" and turn % COLD_EVERY:
                continue
            started = time.perf_counter()
            contender()
            seconds[name].append(time.perf_counter() - started)
    for session in sessions:
        session.close()
    report(seconds, missing)


def empty_environment() -> Path:
    """The interpreter that bubblewrap's runs have, started as there: without what is installed beside it here."""
    folder = tempfile.TemporaryDirectory(prefix="motet-benchmark-")
    atexit.register(folder.cleanup)
    subprocess.run([python_binary(), "-m", "venv", "--without-pip", folder.name], check=True)
    return Path(folder.name, "bin", "python3")


def plain(python: Path) -> None:
    subprocess.run([python, *ARGV[1:]], check=True)


def check(session: Session) -> None:
    execution = session.run(ARGV)
    assert execution.verdict == "ok", execution


def cold() -> None:
    """A new sandbox with an empty pool: nothing is ready."""
    from motet.tools.sandbox.docker import DockerSandbox

    sandbox = DockerSandbox(pool_size=0)
    try:
        with sandbox.session() as session:
            check(session)
    finally:
        sandbox.close()


def report(seconds: dict[str, list[float]], missing: list[str]) -> None:
    base = statistics.median(seconds["plain subprocess"])
    load = os.getloadavg()[0]
    print(f"`{' '.join(ARGV)}`, {os.cpu_count()} processors ({platform.machine()}), load {load:.1f}, one at a time.")
    print("Docker's runs have the Python of their image, the others the one that motet runs on.\n")
    print("| kind | runs | median ms | 95th percentile ms | runs/s | above plain, ms | ratio to plain |")
    print("|---|---|---|---|---|---|---|")
    for name, values in seconds.items():
        median = statistics.median(values)
        high = statistics.quantiles(values, n=20, method="inclusive")[-1]
        cells = (
            name,
            len(values),
            f"{median * 1e3:.1f}",
            f"{high * 1e3:.1f}",
            f"{len(values) / sum(values):.1f}",
            f"{(median - base) * 1e3:.1f}",
            f"{median / base:.2f}",
        )
        print(f"| {' | '.join(map(str, cells))} |")
    for line in missing:
        print(f"\n{line}")


if __name__ == "__main__":
    main()
