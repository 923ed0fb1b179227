"""The real embedded model: its server, its limits, and that it leaves nothing behind."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from pydantic import BaseModel

from motet.models import (
    ContextOverflow,
    Ledger,
    Sampling,
    ServerFailedError,
    ask,
    ensure_ready,
    ensure_weights,
    resolve_model,
)
from motet.models.embedded import EmbeddedChatModel

pytestmark = pytest.mark.model
SMALL = "local:qwen2.5-coder-0.5b"


class Answer(BaseModel):
    prime: bool
    digits: list[int]


@pytest.fixture(scope="module")
def model() -> EmbeddedChatModel:
    model = resolve_model(SMALL)
    assert isinstance(model, EmbeddedChatModel)
    ensure_ready(model)
    return model


def slots(model: EmbeddedChatModel) -> list[dict]:
    server = model.find_server(None)
    headers = {"Authorization": f"Bearer {server.api_key}"}
    return httpx.get(f"{server.address}/slots", headers=headers, trust_env=False).json()


async def test_the_default_model_writes_code_that_runs() -> None:
    prompt = "Write a Python function double(n) that returns twice n. Reply with one fenced block only."
    answer = await ask(resolve_model("local"), prompt, role="coder", sampling=Sampling(temperature=0, max_tokens=80))
    code = answer.text.split("```")[1].removeprefix("python")
    names: dict = {}
    exec(code, names)
    assert names["double"](21) == 42
    assert answer.record.model == "qwen2.5-coder-1.5b"
    assert answer.record.input_tokens > 0
    assert not answer.record.estimated


async def test_proxies_of_the_environment_are_not_asked_and_no_other_key_opens_the_server(
    model: EmbeddedChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "OPENAI_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_KEY", "not for this server")
    await ask(model, "Say hi.", role="x", sampling=Sampling(max_tokens=40, stop=(".", "!", "?")))
    address = model.find_server(None).address
    assert address.startswith("http://127.0.0.1:")
    with httpx.Client(trust_env=False) as client:
        assert client.get(f"{address}/slots", headers={"Authorization": "Bearer x"}).status_code == 401


async def test_an_answer_in_a_schema_cannot_be_anything_else(model: EmbeddedChatModel) -> None:
    for question in ("Is 7 prime? Give its digits.", "Write a poem about the sea."):
        answer = await ask(model, question, role="x", schema=Answer, sampling=Sampling(temperature=0, max_tokens=200))
        assert isinstance(answer.read_as(Answer).prime, bool)


async def test_a_prompt_that_does_not_fit_is_an_error_that_says_by_how_much(model: EmbeddedChatModel) -> None:
    with pytest.raises(ContextOverflow, match="too many") as caught:
        await ask(model, "hello " * 9000, role="x")
    assert caught.value.needed > 9000
    assert caught.value.available == 8192


async def test_a_second_prompt_with_the_same_beginning_is_read_from_the_cache(model: EmbeddedChatModel) -> None:
    rules = "You answer with one word and never explain. " * 12
    records = [
        (await ask(model, [("system", rules), ("user", end)], role="x", sampling=Sampling(max_tokens=30))).record
        for end in ("Name a colour.", "Name a fruit.")
    ]
    assert records[1].cached_tokens > 0.8 * records[1].input_tokens


async def test_a_cancelled_call_stops_the_server_and_what_it_wrote_is_counted(model: EmbeddedChatModel) -> None:
    endless = model.model_copy(update={"extra_body": {"ignore_eos": True}})
    ledger = Ledger()
    task = asyncio.create_task(ledger.ask(endless, "Count.", role="x", sampling=Sampling(max_tokens=4000)))
    while not any(slot["is_processing"] for slot in slots(model)):
        await asyncio.sleep(0.05)
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(30):
        while any(slot["is_processing"] for slot in slots(model)):
            await asyncio.sleep(0.05)
    (record,) = ledger.calls
    assert record.estimated
    assert 0 < record.output_tokens < 4000


def test_one_client_serves_many_event_loops_and_sync_callers(model: EmbeddedChatModel) -> None:
    short = Sampling(max_tokens=30, stop=("\n", ".", "!"))
    for _ in range(2):
        asyncio.run(ask(model, "Say hi.", role="x", sampling=short))
    assert model.invoke("Say hi.", stop=["\n", ".", "!"]).usage_metadata


def test_a_file_that_is_no_model_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF and then nonsense")
    with pytest.raises(ServerFailedError, match=str(path)):
        resolve_model(f"local:{path}").invoke("hi")


def test_a_process_ends_with_its_own_status_while_the_server_is_writing_and_so_does_a_forked_child() -> None:
    program = f"""
import os, sys, threading
from motet.models import resolve_model
model = resolve_model("local:{ensure_weights("qwen2.5-coder-0.5b")}")
begun = threading.Event()
def write():
    for _ in model.bind(extra_body={{"ignore_eos": True}}, max_tokens=4000).stream("Count."):
        begun.set()
threading.Thread(target=write, daemon=True).start()
begun.wait()
child = os.fork()
if child == 0:
    sys.exit(5)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
sys.exit(7)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=os.environ)
    assert (done.stdout, done.returncode) == ("5\n", 7), done.stderr
