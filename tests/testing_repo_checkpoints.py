"""Runs a repository team on SQLite checkpoints, holds what they give back against what it was, and goes on from each.

Started as a program, `testing_repo_checkpoints.py FOLDER`, because LangGraph reads `LANGGRAPH_STRICT_MSGPACK` at
import. It prints from how many checkpoints it went on, and whatever LangGraph logs ends up on standard error.
"""

import logging
import sys
from pathlib import Path

from langgraph.checkpoint.serde.event_hooks import register_serde_event_listener
from langgraph.checkpoint.sqlite import SqliteSaver
from testing_repo import ISSUE, VOID, forget_places, search_replace, shop, team

from motet.graphs.repo import RepoPolicy

LINE = '    return float(text.replace(",", ","))\n'
STRIPPED = "    return float(text.strip())\n"
MENDED = '    return float(text.replace(",", "."))\n'
POLICY = RepoPolicy(name="all", edit="blocks", candidates=2, batch=2, repair_rounds=1, widen=True, comment=True)
CONFIG = {"configurable": {"thread_id": "1"}}


def scripted(saver):
    """A team whose first answers are void and wrong, and whose repair is right."""

    def answer(messages):
        request = model.asked[-1]
        if request.role == "planner":
            return '{"places": [], "steps": ["Take the comma."]}'
        if request.role == "reviewer":
            return '{"remarks": [{"path": "shop/money.py", "line": 13, "text": "Fine."}]}'
        if "was made for it, and is not right yet" in messages[-1].text:
            return search_replace("shop/money.py", STRIPPED, MENDED)
        return VOID["cut off"] if request.seed == 1 else search_replace("shop/money.py", LINE, STRIPPED)

    voices, model = team(
        *[answer] * 99, planner=[answer] * 99, reviewer=[answer] * 99, policy=POLICY, options={"checkpointer": saver}
    )
    return voices, model


def main():
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    register_serde_event_listener(lambda event: print(event, file=sys.stderr))
    folder = Path(sys.argv[1])
    asked = {"repository": str(shop(folder / "shop")), "issue": ISSUE, "workspace": str(folder / "work")}
    with SqliteSaver.from_conn_string(str(folder / "checkpoints.sqlite")) as saver:
        voices, model = scripted(saver)
        lived = list(voices.stream(asked, CONFIG, stream_mode="values", durability="sync"))
        history = list(voices.get_state_history(CONFIG))
        read = [snapshot.values for snapshot in reversed(history)][1:]
        # Equality tells a list from a tuple and a model from a dictionary, all the way down.
        last = {key: read[-1][key] for key in lived[-1]}
        assert last == lived[-1], "a checkpoint gives something else than what was put in it"
        keys = {"plan", "baseline", "candidates", "void", "reports", "reviews", "calls", "verdict", "evidence", "patch"}
        assert keys <= set(read[-1]), keys - set(read[-1])
        spent = [len(snapshot.values.get("calls", [])) for snapshot in history]
        went_on = 0
        for snapshot, known in list(zip(history, spent, strict=True))[1:-1:2]:
            forget_places()
            before = len(model.asked)
            again = voices.invoke(None, snapshot.config, durability="sync")
            assert (again["verdict"], again["patch"]) == (read[-1]["verdict"], read[-1]["patch"]), snapshot.next
            assert len(model.asked) - before == spent[0] - known, "what was answered is not asked for again"
            went_on += 1
        assert read[-1]["verdict"] == "verified"
        print(went_on)


if __name__ == "__main__":
    main()
