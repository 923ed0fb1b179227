"""Runs a coroutine that Ctrl-C ends at once, whenever it comes."""

import asyncio
import signal
import socket
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_interruptible(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Do what `asyncio.run` does, and let no Ctrl-C wait or break the event loop.

    Python only notes a signal, and handles it when the main thread is back from what it waits for. `asyncio.run` relies
    on the signal to end that wait, which it does not where it comes a moment before the wait begins or reaches another
    thread: Ctrl-C then does nothing until the model has answered.

    Raises:
        KeyboardInterrupt: The user ended it.
    """
    with _signals_heard() as heard, asyncio.Runner() as runner:
        with _interrupts_put_off():  # half a loop can neither work nor be closed
            # What comes is only drained: that it came has ended the wait.
            runner.get_loop().add_reader(heard, heard.recv, 4096)
        return runner.run(work())


@contextmanager
def _signals_heard() -> Generator[socket.socket]:
    """A socket that becomes readable with each signal, whichever thread it reaches."""
    heard, said = socket.socketpair()
    with heard, said:
        heard.setblocking(False)
        said.setblocking(False)
        before = signal.set_wakeup_fd(said.fileno(), warn_on_full_buffer=False)
        try:
            yield heard
        finally:
            signal.set_wakeup_fd(before)


@contextmanager
def _interrupts_put_off() -> Generator[None]:
    """Let Ctrl-C come at the block's end, where it came in the block."""
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt
