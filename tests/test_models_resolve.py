"""From a spec to a model: what is understood, what is refused and how clearly, and that it stays cheap."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import BaseModel

from motet.models import (
    ModelCallError,
    Retry,
    ScriptedChatModel,
    TruncatedAnswer,
    UnknownModelError,
    ask,
    ensure_ready,
    model_name,
    parameters_billions,
    resolve_model,
)


class Reply(BaseModel):
    text: str


class Server(ThreadingHTTPServer):
    """An OpenAI-compatible server that answers with the statuses it is told, then with 200."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.failures: list[int] = []
        self.finish_reason = "stop"
        self.requests: list[dict] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Request(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.answer(200, {"data": [{"id": "house-model-7b"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(asked)
        if self.server.failures:
            self.answer(self.server.failures.pop(0), {"error": {"message": "not now", "type": "x"}})
            return
        message = {"role": "assistant", "content": "hello"}
        usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
        choice = {"index": 0, "finish_reason": self.server.finish_reason, "message": message}
        self.answer(200, {"id": "1", "model": asked["model"], "choices": [choice], "usage": usage, "created": 1})

    def answer(self, status: int, body: dict) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ("gpt", "PROVIDER:MODEL"),
        ("", "PROVIDER:MODEL"),
        ("local:gpt", "qwen2.5-coder-1.5b"),
        ("local:/no/such/file.gguf", "/no/such/file.gguf"),
        ("nobody:some-model", "nobody"),
        ("anthropic:some-model", "motet[anthropic]"),
        ("groq:some-model", "langchain-groq"),
        ("openai:some-model", "OPENAI_API_KEY"),
        (7, "neither"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_to_do(spec: str, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UnknownModelError) as caught:
        resolve_model(spec)
    assert named in str(caught.value)


def test_a_provider_with_its_key_is_made_without_retries_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    model = resolve_model("openai:gpt-5")
    assert (model_name(model), model.max_retries) == ("gpt-5", 0)


def test_a_chat_model_is_taken_as_it_is() -> None:
    model = ScriptedChatModel()
    assert resolve_model(model) is model


async def test_a_url_is_asked_which_model_it_has_and_a_name_behind_it_is_used(server: Server) -> None:
    for spec, name in ((server.url, "house-model-7b"), (f"{server.url}#other", "other")):
        answer = await ask(resolve_model(spec), "hi", role="coder")
        assert (answer.text, answer.record.model, answer.record.tokens) == ("hello", name, 4)
    assert [asked["model"] for asked in server.requests] == ["house-model-7b", "other"]


async def test_each_failure_of_a_server_is_one_request_and_refusals_are_not_repeated(server: Server) -> None:
    model = resolve_model(f"{server.url}#m")
    server.failures = [503, 429]
    answer = await ask(model, "hi", role="coder", retry=Retry(wait_seconds=0))
    assert (answer.record.retries, len(server.requests)) == (2, 3)
    server.failures = [404]
    with pytest.raises(ModelCallError, match="not now"):
        await ask(model, "hi", role="coder", retry=Retry(wait_seconds=0))
    assert len(server.requests) == 4


async def test_a_truncated_answer_in_a_schema_says_what_it_cost(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.finish_reason = "length"
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    for model in (resolve_model(f"{server.url}#m"), resolve_model("openai:gpt-4o")):
        with pytest.raises(TruncatedAnswer) as caught:
            await ask(model, "hi", role="coder", schema=Reply)
        assert caught.value.record.tokens == 4
        assert not caught.value.record.estimated


def test_a_url_where_nothing_answers_is_told_as_soon_as_it_is_made_ready() -> None:
    with pytest.raises(UnknownModelError, match="Is the server running"):
        ensure_ready(resolve_model("http://127.0.0.1:9/v1"))


def test_the_embedded_model_is_cheap_to_name_and_loads_nothing(tmp_path: Path) -> None:
    program = (
        "import sys, motet.models as models\n"
        "assert not {'openai', 'xllamacpp', 'langchain'} & set(sys.modules), 'by importing'\n"
        "model = models.resolve_model('local')\n"
        "assert 'xllamacpp' not in sys.modules, 'by resolving'\n"
        "assert models.model_name(model) == 'qwen2.5-coder-1.5b'\n"
    )
    environment = {"MOTET_CACHE": str(tmp_path), "MOTET_FORBID_MODEL_REQUESTS": "1", "PATH": ""}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("qwen2.5-coder-1.5b", 1.5),
        ("llama3.1:8b", 8.0),
        ("Qwen/Qwen2.5-Coder-32B-Instruct", 32.0),
        ("qwen3-30b-a3b", 30.0),
        ("mixtral-8x7b-instruct", 56.0),
        ("smollm2-360m", 0.36),
        ("gpt-4o-mini", None),
        ("claude-sonnet-4-5", None),
    ],
)
def test_sizes_are_read_from_names(name: str, size: float | None) -> None:
    assert parameters_billions(name) == size
