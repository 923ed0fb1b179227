"""The model server inside this process: llama.cpp, one for each weights file, on a loopback port that is only ours."""

import ctypes
import importlib
import os
import secrets
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

from motet.models.errors import ServerFailedError
from motet.models.processor import usable_cores

SLOTS = 4
"""Requests that are computed side by side; more wait their turn."""
CONTEXT = 8192
"""Tokens of prompt and answer that fit in one slot."""
BATCH = 512
"""Tokens of a prompt that are computed before the server looks whether anyone still waits for them."""
PROMPT_CACHE_MIB = 512
"""Memory for the prefixes of earlier prompts."""
SPIN = "GOMP_SPINCOUNT"
SPIN_ROUNDS = "1000"
"""How often a thread looks whether the others are done before it sleeps: some microseconds."""


class EmbeddedServer:
    """A running server.

    Args:
        path: The weights.
        name: What the model calls itself in answers.

    Attributes:
        address: Its base URL on loopback.
        api_key: The key that it asks for.
        load_seconds: How long it took to start.
    """

    def __init__(self, path: Path, name: str) -> None:
        xllamacpp = _load_llama()
        started = time.monotonic()
        self.api_key = secrets.token_urlsafe(32)
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.model_alias = {name}
        params.port = 0
        params.api_keys = [self.api_key]
        params.n_parallel = SLOTS
        params.n_ctx = CONTEXT * SLOTS
        params.n_batch = BATCH
        params.ctx_shift = False
        params.cpuparams.n_threads = usable_cores()
        params.cache_ram_mib = PROMPT_CACHE_MIB
        params.offline = True
        params.ui = False
        params.verbosity = -1
        try:
            server = xllamacpp.Server(params)
        except RuntimeError as error:
            raise ServerFailedError(
                f"llama.cpp cannot run {path}: {error} Is it a whole GGUF file, and is there memory for it "
                f"({path.stat().st_size / 1e9:.1f} GB and about as much again)?"
            ) from error
        _keep_until_exit(server)
        self.address: str = server.listening_address
        self.load_seconds = time.monotonic() - started


@cache
def _load_llama() -> Any:
    """Import llama.cpp with threads that sleep soon when they wait for each other.

    OpenMP's threads spin for milliseconds at each barrier, of which there are hundreds for a token. Where anything
    else wants the processor they spin while the thread that they wait for cannot run. Seen on two cores with the 0.5B
    model, which makes 46 tokens/s alone: beside a second one, 3 to 10 each by default and 14 to 18 with this; beside a
    busy loop, 16 to 20 with this. OMP_WAIT_POLICY=passive, which sleeps at once, makes 20 there but only 28 alone.
    OpenMP reads the variable when it is loaded, so it need not stay for the programs that we start.
    """
    given = {SPIN, "OMP_WAIT_POLICY"} & set(os.environ)
    if not given:
        os.environ[SPIN] = SPIN_ROUNDS
    try:
        return importlib.import_module("xllamacpp")
    except ImportError as error:
        raise ServerFailedError(
            f"llama.cpp cannot be loaded: {error}. If a shared library is missing, install it "
            "(`apt-get install libgomp1` on Debian and Ubuntu), or use a model behind a URL."
        ) from error
    finally:
        if not given:
            del os.environ[SPIN]


_servers: dict[Path, EmbeddedServer] = {}
_starting = threading.Lock()


def server_for(path: Path, name: str) -> EmbeddedServer:
    """The process's server for a weights file, started now if it is the first to ask for it.

    Raises:
        ServerFailedError: If the file cannot be run.
    """
    path = path.resolve()
    with _starting:
        if path not in _servers:
            _servers[path] = EmbeddedServer(path, name)
        return _servers[path]


def _forget_servers() -> None:
    """A forked child has none of the threads that its parent's servers consist of."""
    global _starting  # noqa: PLW0603 - the parent's lock may be held by a thread that the child lacks
    _servers.clear()
    _starting = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_servers)


def _keep_until_exit(server: object) -> None:
    """Let the server live as long as the process, and die with it.

    Its destructor waits for the answers in progress, for minutes perhaps, and in a forked child for ever. So it never
    runs: the object gets a reference that nobody gives back.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(server))
    _leave_before_destructors()


@cache
def _leave_before_destructors() -> None:
    """Have the process end as soon as Python has finished, with its own exit status.

    The destructors of the C++ library, which would come next, crash under a server that still computes. glibc calls
    `on_exit` handlers as `handler(status, argument)`, the last one first, and `_exit(status)` is just that.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "on_exit"):
        libc.on_exit(libc._exit, None)
