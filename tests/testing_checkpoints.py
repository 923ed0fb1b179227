"""Runs a whole team on SQLite checkpoints, holds what they give back against what it was, and goes on from each.

Started as a program, `testing_checkpoints.py FOLDER`, because LangGraph reads `LANGGRAPH_STRICT_MSGPACK` at import. It
prints from how many checkpoints it went on, and whatever LangGraph logs ends up on standard error.
"""

import logging
import sys
from pathlib import Path

from langgraph.checkpoint.serde.event_hooks import register_serde_event_listener
from langgraph.checkpoint.sqlite import SqliteSaver

from motet.graphs import Policy, create_team
from motet.models import ScriptedChatModel, truncated

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
CODE = ["a - b", "a * b", "a + b", "sum((a, b))", "a + b"]
POLICY = Policy(name="all", plan=True, candidates=4, batch=2, parallel=True, comment=True, model_inputs=0)
CONFIG = {"configurable": {"thread_id": "1"}}


def scripted():
    def answer(messages):
        request = model.asked[-1]
        if request.role == "planner":
            return '{"steps": ["Add both."]}'
        if request.role == "reviewer":
            return '{"comments": ["Fine."]}'
        if request.seed == 1:
            return truncated("```python\ndef add(a, b):\n    return")
        return f"```python\ndef add(a, b):\n    return {CODE[request.seed]}\n```"

    model = ScriptedChatModel([answer] * 200)
    return model


def main():
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    register_serde_event_listener(lambda event: print(event, file=sys.stderr))
    with SqliteSaver.from_conn_string(str(Path(sys.argv[1]) / "checkpoints.sqlite")) as saver:
        team = create_team(model=scripted(), policy=POLICY, sandbox="bubblewrap", checkpointer=saver)
        lived = list(team.stream({"task": TASK}, CONFIG, stream_mode="values", durability="sync"))
        history = list(team.get_state_history(CONFIG))
        read = [snapshot.values for snapshot in reversed(history)][1:]
        # Equality tells a list from a tuple and a model from a dictionary, all the way down.
        assert read == lived, "a checkpoint gives something else than what was put in it"
        keys = {
            "contract",
            "plan",
            "candidates",
            "void",
            "inputs",
            "reports",
            "attempts",
            "reviews",
            "calls",
            "verdict",
            "evidence",
        }
        assert keys <= set(read[-1]), keys - set(read[-1])
        for snapshot in history[1:]:
            again = team.invoke(None, snapshot.config, durability="sync")
            assert (again["verdict"], again["code"]) == (read[-1]["verdict"], read[-1]["code"])
        print(len(history) - 1)


if __name__ == "__main__":
    main()
