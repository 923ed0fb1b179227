"""What it costs to record a run: a team that takes no time of its own, with and without checkpoints.

The model answers at once and no code is run, so that what remains is LangGraph, the team's nodes and the disk.

    python benchmarks/checkpoints.py [RUNS]
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableLambda
from langgraph.types import Durability

from motet.agents import Report
from motet.graphs import Policy, create_team
from motet.graphs.runs import RunRequest, RunStore
from motet.models import ScriptedChatModel
from motet.tools.testing import CaseResult

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
POLICY = Policy(candidates=4, inputs=0, repair_rounds=0)
DURABILITY: dict[str, Durability | None] = {"nothing": None, "async": "async", "sync": "sync"}


def fail(state: Mapping[str, Any]) -> dict[str, dict[int, Report]]:
    """Report on every answer, so that the team asks for all that its policy allows."""
    known = state.get("reports", {})
    wrong = CaseResult(name="example 1", outcome="failed", message="gave 1, expected 5")
    loads = CaseResult(name="loads", outcome="passed")
    new = [one.index for one in state["candidates"] if one.index not in known]
    return {
        "reports": {
            index: Report(candidate=index, loads=loads, examples=(wrong,), sandbox="none", isolated=True)
            for index in new
        }
    }


async def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    answers = [f"```python\ndef add(a, b):\n    return {number}\n```" for number in range(4)]
    times: dict[str, list[float]] = {way: [] for way in DURABILITY}
    sizes, steps = [], 0
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder), keep=10 * runs)
        for _ in range(runs):
            for way, durability in DURABILITY.items():
                run = store.create(RunRequest(task=TASK, policy=POLICY))
                async with store.aopen(run.id) as it:
                    team = create_team(
                        model=ScriptedChatModel(answers),
                        policy=POLICY,
                        tester=RunnableLambda(fail),
                        reviewer=RunnableLambda(lambda state: {"reviews": {}}),
                        checkpointer=None if way == "nothing" else it.checkpointer,
                    )
                    began = time.perf_counter()
                    await team.ainvoke(it.input, it.config, durability=durability)
                    times[way].append(time.perf_counter() - began)
                if way == "sync":
                    sizes.append(store.get(run.id).bytes)
                    steps = len(store.steps(run.id))
    print("| recorded | runs | median ms a run | ms a step above nothing |")
    print("|---|--:|--:|--:|")
    least = statistics.median(times["nothing"])
    for way in DURABILITY:
        median = statistics.median(times[way])
        print(f"| {way} | {runs} | {median * 1e3:.1f} | {(median - least) / steps * 1e3:.2f} |")
    print(f"\n{steps} steps a run; a record takes {statistics.median(sizes) / 1e3:.0f} kB.")


if __name__ == "__main__":
    asyncio.run(main())
