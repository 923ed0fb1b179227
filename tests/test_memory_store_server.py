"""The ways to a store: through TLS with a header that is required, from async code, with other embeddings."""

import ssl
import subprocess
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from blockbuster import blockbuster_ctx

from motet.memory import ChromaStore, EmbeddingMismatchError
from motet.memory.conformance import WordEmbeddings

INDEX = {"dims": 256, "embed": WordEmbeddings(), "fields": ["text"]}
HEADERS = {"Authorization": "Bearer of good news"}


class Other(WordEmbeddings):
    """Two dimensions: one, and the text's length."""

    def embed_query(self, text):
        return [1.0, float(len(text))]


OTHER = {"dims": 2, "embed": Other(), "fields": ["text"]}


@pytest.fixture
def guarded(chroma_server, tmp_path):
    """A server behind TLS that lets nobody in without the header; its URL, and the certificate to trust."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    upstream = httpx.Client(base_url=chroma_server)

    class Guard(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Authorization") != HEADERS["Authorization"]:
                status, content = 401, b'{"error": "Unauthorized", "message": "who are you?"}'
            else:
                kind = {"Content-Type": self.headers.get("Content-Type", "application/json")}
                answer = upstream.request(self.command, self.path, content=body, headers=kind)
                status, content = answer.status_code, answer.content
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = pass_on

        def log_message(self, *_):
            pass

    class Door(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            pass  # clients that do not trust the certificate hang up

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Door(("127.0.0.1", 0), Guard) as server, upstream:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://localhost:{server.server_port}", str(certificate)
        server.shutdown()


def test_a_server_behind_tls_is_reached_with_its_header_and_its_certificate_alone(guarded):
    url, certificate = guarded
    name = f"guarded-{uuid.uuid4().hex}"
    with ChromaStore.connect(url, headers=HEADERS, verify=certificate, collection=name, index=INDEX) as store:
        store.put(("a",), "key", {"text": "some words"})
        assert store.search(("a",), query="words")[0].key == "key"
    with pytest.raises(ValueError, match=r"https://localhost.*(CERTIFICATE|certificate)"):
        ChromaStore.connect(url, headers=HEADERS, collection=name, index=INDEX)
    with pytest.raises(ValueError, match="who are you"):
        ChromaStore.connect(url, verify=certificate, collection=name, index=INDEX)


@pytest.mark.parametrize("door", ["folder", "server"])
async def test_nothing_blocks_the_event_loop(door, tmp_path, request):
    where = request.getfixturevalue("chroma_server") if door == "server" else None
    name = f"awaited-{uuid.uuid4().hex}"
    store = ChromaStore.connect(where, collection=name, index=INDEX) if where else ChromaStore(tmp_path, index=INDEX)
    with store, blockbuster_ctx():
        await store.aput(("a",), "key", {"text": "some words"})
        assert (await store.aget(("a",), "key")).value == {"text": "some words"}
        assert [item.key for item in await store.asearch(("a",), query="words")] == ["key"]
        assert [item.key for item in await store.asearch_words(("a",), "word")] == ["key"]
        assert await store.alist_namespaces() == [("a",)]
        assert await store.areembed() == 1
        await store.adelete(("a",), "key")


@pytest.fixture(params=["folder", "server"])
def reopen(request, tmp_path):
    """Opens one store again and again."""
    url = request.getfixturevalue("chroma_server") if request.param == "server" else None
    name = f"again-{uuid.uuid4().hex}"

    def reopen(**options):
        return ChromaStore.connect(url, collection=name, **options) if url else ChromaStore(tmp_path, **options)

    return reopen


def test_everything_is_embedded_anew_at_once_or_not_at_all(reopen):
    with reopen(index=INDEX) as store:
        for number in range(150):
            store.put(("a",), f"k{number}", {"text": "x" * (number + 1), "title": f"word{number}"})
        store.put(("a",), "hidden", {"text": "x"}, index=False)
        before = store.get(("a",), "k7")

    class Stops(Exception):
        pass

    def stop(done, total):
        if done > 100:
            raise Stops

    with reopen() as store, pytest.raises(Stops):  # with other embeddings it would not open
        store.reembed(OTHER, progress=stop)
    with reopen(index=INDEX) as store:
        assert store.search(("a",), query="x" * 8, limit=1)[0].key == "k7"
    with pytest.raises(EmbeddingMismatchError, match=r"256.*reembed"):
        reopen(index=OTHER)
    steps = []
    with reopen() as store:
        assert store.reembed({**OTHER, "fields": ["title"]}, progress=lambda *step: steps.append(step)) == 151
        assert store.get(("a",), "k7") == before
        assert [item.key for item in store.search_words(("a",), "word7")] == ["k7"]
    assert steps == sorted(steps)
    assert steps[-1] == (151, 151)
    with reopen(index=OTHER) as store:
        assert store.search(("a",), query="x", limit=200)[-1].key == "hidden"


def test_what_is_written_while_all_is_embedded_anew_is_not_lost_and_old_embeddings_are_refused_after(tmp_path):
    with ChromaStore(tmp_path, index=INDEX) as old, ChromaStore(tmp_path) as store:
        for number in range(100):
            old.put(("a",), f"k{number}", {"text": f"word{number}"})

        def write(done, total):
            if done == 64:
                old.put(("a",), "k1", {"text": "changed"})
                old.put(("a",), "new", {"text": "x" * 500})
                old.delete(("a",), "k2")

        assert store.reembed(OTHER, progress=write) == 100
        assert store.search(("a",), query="x" * 500, limit=1)[0].key == "new"
        assert {item.score is not None for item in store.search(("a",), query="x", limit=200)} == {True}
        assert [item.key for item in store.search_words(("a",), "changed")] == ["k1"]
        assert old.get(("a",), "k2") is None
        for use in (lambda: old.put(("a",), "late", {"text": "x"}), lambda: old.search(("a",), query="x")):
            with pytest.raises(EmbeddingMismatchError):
                use()


def test_half_of_a_surrogate_pair_is_kept(tmp_path):
    with ChromaStore(tmp_path) as store:
        store.put(("a",), "key", {"text": "half \ud83d a pair, żółć"})
        assert store.get(("a",), "key").value == {"text": "half \ud83d a pair, żółć"}
        assert [item.key for item in store.search_words(("a",), "pair")] == ["key"]
