"""Puts the memory into a team's graph: before anybody writes it is searched, and after the end it learns."""

from collections.abc import Callable, Collection
from typing import Any

from langgraph.graph import END

from motet.agents import create_learn, create_recall
from motet.agents.context import MemorySpec
from motet.agents.learn import LearnInput
from motet.agents.recall import RecallInput
from motet.graphs.approvals import TeamGraph
from motet.graphs.policy import Policy
from motet.graphs.state import TeamState
from motet.tools.sandbox import Sandbox

Route = Callable[[TeamState], Any]


class Remembering:
    """The part of a team's wiring that has to do with its memory. Without one it adds nothing.

    Args:
        memory: The memory, or a spec for `resolve_memory`; `off` is none.
        sandbox: Where what is remembered is run.
        policy: The team's.
    """

    def __init__(self, memory: MemorySpec | None, *, sandbox: str | Sandbox, policy: Policy) -> None:
        self._memory = None if memory == "off" else memory
        self._sandbox = sandbox
        self._policy = policy

    def first(self, beginnings: Collection[str]) -> list[str]:
        """Where a run goes on once its contract is read."""
        return [*beginnings] if self._memory is None else ["recall", "finish"]

    def begin(self, otherwise: Route) -> Route:
        """The way there: to the memory first, if there is one."""
        return otherwise if self._memory is None else lambda _: "recall"

    def add(
        self, graph: TeamGraph, after_recall: Route, *, beginnings: Collection[str], endings: Collection[str]
    ) -> None:
        """Wire it, between the reading of the contract and the first answer, and behind `finish`.

        Args:
            graph: It has its other nodes already.
            after_recall: Where a run goes on with what came to mind.
            beginnings: Where it goes without an answer.
            endings: Where it goes with one that needs no reviewer.
        """
        if self._memory is None:
            graph.add_edge("finish", END)
            return
        policy = self._policy
        recalls = create_recall(
            memory=self._memory,
            sandbox=self._sandbox,
            example=policy.remember == "example",
            enough=policy.verify_examples,
            timeout=policy.role_seconds,
        )
        learns = create_learn(memory=self._memory, sandbox=self._sandbox, timeout=policy.role_seconds)
        graph.add_node("recall", recalls, input_schema=RecallInput)
        graph.add_node("learn", learns, input_schema=LearnInput)
        graph.add_conditional_edges("recall", after_recall, sorted({*beginnings, "reviewer", *endings}))
        graph.add_edge("finish", "learn")
        graph.add_edge("learn", END)
