"""What a team's stream tells: every event is described and names its role, and two voices can be told apart."""

import ast
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from pydantic import TypeAdapter

from motet.agents import Plan
from motet.cli.live import LiveView
from motet.graphs import POLICIES, create_team
from motet.graphs.events import TeamEvent
from motet.graphs.repo.events import RepoTeamEvent
from motet.models import Fault, ScriptedChatModel, truncated
from motet.tools.sandbox import SandboxError, resolve_sandbox

ROOT = Path(__file__).parent.parent


def kinds(events):
    return {get_args(kind.__annotations__["event"])[0]: kind for kind in get_args(get_args(events)[0])}


def fields(events):
    return {name: set(get_type_hints(kind)) for name, kind in kinds(events).items()}


KINDS = kinds(TeamEvent)
FIELDS = {"team": fields(TeamEvent), "repo": fields(RepoTeamEvent)}
ADAPTER = TypeAdapter(TeamEvent)

RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```"
WORSE = "```python\ndef add(a, b):\n    return 7\n```"
TASK = "Write add(a, b)."
MODES = ["custom", "messages", "updates"]


class FailsOnce:
    """A sandbox whose second session is lost."""

    kind = "unsafe-host"

    def __init__(self):
        self.real = resolve_sandbox("unsafe-host")
        self.capabilities = self.real.capabilities
        self.sessions = 0

    def session(self):
        self.sessions += 1
        if self.sessions == 2:
            raise SandboxError("the container was killed")
        return self.real.session()


def emitted():
    """Every call of `emit` in the source: the event's name and the data that go with it."""
    for path in [*(ROOT / "agents").rglob("*.py"), *(ROOT / "graphs").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "emit":
                name = node.args[2]
                if isinstance(name, ast.Constant):
                    of = "repo" if path.parent.name == "repo" else "team"
                    yield of, path.name, name.value, {keyword.arg for keyword in node.keywords}


def test_every_event_that_the_source_emits_is_described_with_all_its_fields():
    calls = list(emitted())
    assert len(calls) > 15
    assert {of for of, *_ in calls} == {"team", "repo"}
    for of, where, name, data in calls:
        assert data == FIELDS[of][name] - {"role", "event"}, f"{where} emits {name!r} with {data}"


def test_a_rich_run_tells_only_what_is_described_and_from_whom():
    policy = POLICIES["api"].model_copy(update={"candidates": 5, "repair_rounds": 1})
    fates = iter([WRONG, truncated("```python\ndef"), WORSE, Fault.SERVER_ERROR, RIGHT, WRONG])
    model = ScriptedChatModel(
        coder=[lambda messages: next(fates, Fault.SERVER_ERROR)] * 20,
        planner=[Plan(steps=["Add."])],
        tester=['{"calls": ["add(1, 2)"]}'],
        reviewer=["not what was asked for"] * 3,
    )
    team = create_team(model=model, policy=policy, sandbox=FailsOnce())
    task = {"task": TASK, "tests": "assert add(20, 22) == 42"}
    parts = list(team.stream(task, stream_mode=MODES, version="v2", subgraphs=True))
    events = [part["data"] for part in parts if part["type"] == "custom"]
    seen = {event["event"] for event in events}
    assert seen >= {
        "contract",
        "plan",
        "writing",
        "candidate",
        "void",
        "testing",
        "sandbox_failed",
        "report",
        "verdict",
    }
    for event in events:
        ADAPTER.validate_python(event)
        assert set(event) == FIELDS["team"][event["event"]]
    roles = {"planner", "coder", "tester", "reviewer", "finish"}
    assert {event["role"] for event in events} <= roles
    updates = {node for part in parts if part["type"] == "updates" for node in part["data"]}
    assert updates == roles
    assert all(part["data"][1]["motet_role"] in roles for part in parts if part["type"] == "messages")


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_two_coders_at_once_can_be_told_apart_in_all_modes(way):
    model = ScriptedChatModel(coder=[RIGHT, WRONG, RIGHT, WRONG])
    policy = POLICIES["api"].model_copy(update={"plan": False, "comment": False, "model_inputs": 0, "verify_inputs": 0})
    team = create_team(model=model, policy=policy, sandbox="unsafe-host")
    options = {"stream_mode": MODES, "version": "v2", "subgraphs": True}
    if way == "sync":
        parts = list(team.stream({"task": TASK}, **options))
    else:
        parts = [part async for part in team.astream({"task": TASK}, **options)]
    texts = {}
    for part in parts:
        if part["type"] == "messages":
            message, metadata = part["data"]
            assert (metadata["motet_role"], metadata["langgraph_node"]) == ("coder", "coder")
            texts.setdefault(metadata["motet_candidate"], []).append(message.text)
    written = {
        part["data"]["index"]: part["data"]["candidate"].code
        for part in parts
        if part["type"] == "custom" and part["data"]["event"] == "candidate"
    }
    assert set(texts) >= {0, 1}
    for index, code in written.items():
        assert code.strip() in "".join(texts[index]), "the message of a candidate names the candidate"


@pytest.mark.model
async def test_the_embedded_model_streams_token_by_token_with_its_role():
    policy = POLICIES["0.5b"].model_copy(update={"candidates": 2, "patience": 1})
    team = create_team(model="local:qwen2.5-coder-0.5b", policy=policy, sandbox="unsafe-host")
    tokens = []
    async for part in team.astream({"task": TASK, "tests": "assert add(1, 2) == 3"}, stream_mode=MODES, version="v2"):
        if part["type"] == "messages":
            message, metadata = part["data"]
            assert metadata["motet_role"] == "coder"
            assert metadata["motet_candidate"] == 0 or tokens
            tokens.append(message.text)
    assert len([token for token in tokens if token]) > 5
    assert "def add" in "".join(tokens)


QUIET = {"inputs", "no_comment", "verdict"}
"""What the live view does not show: nobody waits for it, or it is printed with the result."""


def test_the_live_view_has_a_line_for_whatever_is_told():
    assert {name for name in KINDS if not hasattr(LiveView, f"_on_{name}")} == QUIET


def test_the_page_lists_every_event_with_its_fields():
    page = (ROOT / "docs" / "streaming.md").read_text()
    for name in KINDS:
        told = ", ".join(f"`{field}`" for field in get_type_hints(KINDS[name]) if field not in ("role", "event"))
        assert f"| `{name}` | {told} |" in page, f"| `{name}` | {told} |"
