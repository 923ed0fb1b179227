"""An OpenAI-compatible server that always says the same."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ModelServer(ThreadingHTTPServer):
    """Says `answer` to every request, `delay` seconds after it came.

    With `hold`, it keeps silent from so many answers on, until `go_on` is called.
    """

    daemon_threads = True

    def __init__(self, answer: str, *, delay: float = 0, hold: int | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.delay, self.hold = answer, delay, hold
        self.asked, self.held, self.released = threading.Event(), threading.Event(), threading.Event()
        self.requests: list[dict] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def spec(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1#tiny-1b"

    def go_on(self) -> None:
        self.hold = None
        self.released.set()


class Handler(BaseHTTPRequestHandler):
    server: ModelServer

    def do_POST(self) -> None:
        self.server.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.asked.set()
        time.sleep(self.server.delay)
        if self.server.hold is not None and len(self.server.requests) > self.server.hold:
            self.server.held.set()
            self.server.released.wait(120)
        choice = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": self.server.answer},
        }
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        body = json.dumps(
            {"id": "1", "object": "chat.completion", "model": "tiny-1b", "choices": [choice], "usage": usage}
        )
        try:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())
        except (BrokenPipeError, ConnectionResetError):
            """Whoever asked is gone."""

    def log_message(self, *args) -> None:
        """Keep the test's output clean."""
