"""Kills a team's process at every point of a run in turn, and goes on in another process.

Started as a program: `testing_kills.py FOLDER POLICY WAY`. It forks, so that parts are imported and probed once, and
prints a JSON object for the undisturbed run and for each point at which a run was killed.
"""

import asyncio
import itertools
import json
import os
import signal
import sys
from pathlib import Path

from langchain_core.callbacks import BaseCallbackHandler
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from motet.graphs import Policy
from motet.graphs.runs import RunRequest, RunStore, team_for
from motet.models import ScriptedChatModel
from motet.tools.sandbox import resolve_sandbox

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
POLICIES = {
    "one by one": Policy(name="one", candidates=3, model_inputs=0),
    "at once": Policy(name="two", candidates=3, batch=2, parallel=True, plan=True, comment=True, model_inputs=0),
}
CODE = ["return a - b", "return a + b", "return sum((a, b))", "return b + a"]


class Killer:
    """Counts what happens, and ends the process when its turn has come."""

    def __init__(self, turn, log):
        self.turn, self.log, self.count = turn, log, itertools.count()

    def happens(self, what):
        if next(self.count) == self.turn:
            self.log.write_text(what)
            os.kill(os.getpid(), signal.SIGKILL)


class Nodes(BaseCallbackHandler):
    run_inline = True

    def __init__(self, killer):
        self.killer, self.nodes = killer, set()

    def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id=None, metadata=None, name=None, **rest):
        # The role in a node is a chain of its own by the same name.
        if name == (metadata or {}).get("langgraph_node", "") and parent_run_id not in self.nodes:
            self.nodes.add(run_id)
            self.killer.happens(f"entry of {name}")


def watch(killer):
    """Have the killer told before and after what a node found is saved."""

    def names(content):
        return ", ".join(key for key, _ in content if not key.startswith(("branch:", "__")))

    def put_writes(self, config, content, *rest):
        killer.happens(f"before saving {names(content)}")
        put(self, config, content, *rest)
        killer.happens(f"after saving {names(content)}")

    async def aput_writes(self, config, content, *rest):
        killer.happens(f"before saving {names(content)}")
        await aput(self, config, content, *rest)
        killer.happens(f"after saving {names(content)}")

    put, aput = SqliteSaver.put_writes, AsyncSqliteSaver.aput_writes
    SqliteSaver.put_writes, AsyncSqliteSaver.aput_writes = put_writes, aput_writes


def scripted(killer, asked):
    """A model that answers the same request with the same text in every process, and counts what it was asked."""

    def answer(messages):
        request = model.asked[-1]
        with asked.open("a") as file:
            file.write(f"{request.role} {request.seed}\n")
        killer.happens(f"call of {request.role}")
        if request.role == "planner":
            return '{"steps": ["Add both."]}'
        if request.role == "reviewer":
            return '{"comments": ["Fine."]}'
        return f"```python\ndef add(a, b):\n    {CODE[request.seed]}\n```"

    model = ScriptedChatModel([answer] * 20)
    return model


def work(store, run, turn, way):
    killer = Killer(turn, store.folder / f"{run}.log")
    watch(killer)
    model = scripted(killer, store.folder / f"{run}.asked")
    nodes = {"callbacks": [Nodes(killer)]}
    if way == "sync":
        with store.open(run) as it:
            team = team_for(it.request, model=model, checkpointer=it.checkpointer)
            return team.invoke(it.input, {**it.config, **nodes}, durability="sync")

    async def awaited():
        async with store.aopen(run) as it:
            team = team_for(it.request, model=model, checkpointer=it.checkpointer)
            return await team.ainvoke(it.input, {**it.config, **nodes}, durability="sync")

    return asyncio.run(awaited())


def in_a_process_of_its_own(store, run, turn, way):
    """Returns whether it came to its end."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work(store, run, turn, way)
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) not in (0, -signal.SIGKILL):
        raise SystemExit(f"turn {turn} ended with {os.waitstatus_to_exitcode(status)}")
    return status == 0


def outcome(store, run):
    record = store.get(run)
    state = store.state(run)
    asked = (store.folder / f"{run}.asked").read_text().splitlines()
    return {
        "status": record.status,
        "verdict": state.get("verdict"),
        "code": state.get("code"),
        "asked": sorted(asked),
        "calls": sorted(call.id for call in state.get("calls", [])),
        "spent": record.usage.calls,
    }


def main():
    folder, policy, way = sys.argv[1:]
    store = RunStore(Path(folder), keep=10_000)
    assert resolve_sandbox("bubblewrap").capabilities.isolated
    request = RunRequest(task=TASK, sandbox="bubblewrap", policy=POLICIES[policy])
    found = []
    for turn in itertools.chain([-1], itertools.count()):
        run = store.create(request).id
        (store.folder / f"{run}.asked").touch()
        if in_a_process_of_its_own(store, run, turn, way):
            found.append({"killed": None, "after": outcome(store, run)})
            if turn >= 0:
                break
            continue
        killed = (store.folder / f"{run}.log").read_text()
        before = outcome(store, run)
        assert in_a_process_of_its_own(store, run, -1, way)
        found.append({"killed": killed, "before": before, "after": outcome(store, run)})
    print(json.dumps(found))


if __name__ == "__main__":
    main()
