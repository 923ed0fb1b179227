"""What the framework itself costs: a team whose model and sandbox answer at once, beside as many empty LangGraph nodes.

    python benchmarks/overhead.py time [ROUNDS]      # milliseconds a node; both take turns in one process
    python benchmarks/overhead.py memory [RUNS]      # resident memory over many runs in one process

All four roles are motet's own: contracts are read, inputs made, prompts rendered, answers parsed, calls accounted for,
candidates compared. What is left out is `examine`, the tester's work in the sandbox, which answers at once with a ready
report. The empty graph has the same nodes and edges and walks the same way through them; its state is one number.
"""

import argparse
import asyncio
import gc
import operator
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self, TypedDict
from unittest.mock import patch

from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from motet.agents import Candidate, Report
from motet.graphs import create_team
from motet.models import ScriptedChatModel
from motet.tools.testing import CaseResult

TASK = {"task": "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."}
ANSWERS = (
    "```python\ndef add(a, b):\n    return a + b\n```",
    "```python\ndef add(a, b):\n    return sum((a, b))\n```",
)
PASSED = tuple(CaseResult(name=f"example {number}", outcome="passed") for number in (1, 2))
OBSERVED = tuple(CaseResult(name=f"add({number}, 1)", outcome="passed", value=str(number + 1)) for number in range(16))


class NoSandbox:
    """Gives out sessions in which nothing runs."""

    kind = "none"
    capabilities = None

    def session(self) -> Self:
        """One that fits the tester."""
        return self

    def close(self) -> None:
        """There is nothing to end."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


async def examined_at_once(session: Any, candidate: Candidate, *args: Any, **options: Any) -> Report:
    loads = CaseResult(name="loads", outcome="passed")
    return Report(
        candidate=candidate.index,
        loads=loads,
        examples=PASSED,
        observations=OBSERVED,
        sandbox="none",
        isolated=True,
        inspected=True,
    )


def make_team() -> Any:
    answers = {"number": 0}

    def answer(messages: Any) -> str:
        answers["number"] += 1
        return ANSWERS[answers["number"] % 2]

    class Endless(ScriptedChatModel):
        """Answers for ever, and keeps nothing of what it was asked."""

        def _generate(self, *args: Any, **options: Any) -> Any:
            self._refill()
            return super()._generate(*args, **options)

        async def _agenerate(self, *args: Any, **options: Any) -> Any:
            self._refill()
            return await super()._agenerate(*args, **options)

        def _refill(self) -> None:
            self._script.lines[:] = [answer]
            self._script.asked.clear()

    return create_team(model=Endless(), policy="1.5b", sandbox=NoSandbox())  # ty: ignore[invalid-argument-type]


class Steps(TypedDict, total=False):
    """The state of the empty graph."""

    done: Annotated[int, operator.add]


def make_empty(path: list[str]) -> Any:
    """A graph of nodes that do nothing, with the team's edges, which goes the way that the team went."""

    def nothing(state: Steps) -> Steps:
        return {"done": 1}

    async def anothing(state: Steps) -> Steps:
        return {"done": 1}

    def on(state: Steps) -> Any:
        following = path[state["done"]]
        return [Send(following, {})] if following in ("coder", "reviewer") else following

    graph = StateGraph(Steps)  # ty: ignore[invalid-argument-type]
    for name in dict.fromkeys(path):
        graph.add_node(name, RunnableLambda(nothing, anothing))
    graph.add_edge(START, "planner")
    graph.add_conditional_edges("planner", on, ["coder"])
    graph.add_edge("coder", "tester")
    graph.add_conditional_edges("tester", on, ["tester", "coder", "reviewer", "finish"])
    graph.add_conditional_edges("reviewer", on, ["coder", "finish"])
    graph.add_edge("finish", END)
    return graph.compile()


def measure_time(rounds: int) -> None:
    team = make_team()
    path = [node for part in team.stream(TASK, stream_mode="updates") for node in part]
    empty = make_empty(path)
    walked = [node for part in empty.stream({"done": 0}, stream_mode="updates") for node in part]
    assert walked == path, f"the empty graph went {walked} and the team {path}"
    print(f"{len(path)} nodes in a run: {' > '.join(path)}\n")

    async def again(graph: Any, given: Any) -> None:
        await graph.ainvoke(given)

    ways: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "sync": (lambda: team.invoke(TASK), lambda: empty.invoke({"done": 0})),
        "async": (
            lambda: loop.run_until_complete(again(team, TASK)),
            lambda: loop.run_until_complete(again(empty, {"done": 0})),
        ),
    }
    loop = asyncio.new_event_loop()
    print("| | team, ms a node | empty nodes, ms a node | above LangGraph, ms a node | ratio |")
    print("|---|--:|--:|--:|--:|")
    for way, contenders in ways.items():
        seconds: list[list[float]] = [[], []]
        for contender in contenders:
            for _ in range(5):
                contender()
        for _ in range(rounds):
            for at, contender in enumerate(contenders):
                started = time.perf_counter()
                contender()
                seconds[at].append(time.perf_counter() - started)
        mine, theirs = (1000 * statistics.median(each) / len(path) for each in seconds)
        print(f"| {way}, median of {rounds} | {mine:.2f} | {theirs:.2f} | {mine - theirs:.2f} | {mine / theirs:.1f} |")
    loop.close()


def measure_memory(runs: int) -> None:
    team = make_team()
    print("| runs | resident MiB | objects |")
    print("|--:|--:|--:|")
    for number in range(1, runs + 1):
        team.invoke(TASK)
        if number in (10, 50) or number % (runs // 10) == 0:
            gc.collect()
            print(f"| {number} | {resident_mib():.1f} | {len(gc.get_objects())} |", flush=True)


def resident_mib() -> float:
    """Resident memory of this process, as Linux tells it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["time", "memory"])
    parser.add_argument("times", type=int, nargs="?")
    options = parser.parse_args()
    print(f"`{' '.join(['python', *sys.argv])}`, {date.today()}, {platform.machine()}, {os.cpu_count()} cores\n")
    with patch("motet.agents.tester.examine", examined_at_once):
        if options.what == "time":
            measure_time(options.times or 100)
        else:
            measure_memory(options.times or 1000)


if __name__ == "__main__":
    main()
