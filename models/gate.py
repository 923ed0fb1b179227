"""Who may touch a tree of balances, and who waits until something in it is given back."""

import threading
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress


class Gate:
    """One lock and one queue for all scopes of a ledger, whichever threads and event loops use them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._waiting: list[Future[None]] = []

    def queue(self) -> "Future[None]":
        """Get in line; done when it is worth another look. The lock must be held."""
        turn: Future[None] = Future()
        self._waiting.append(turn)
        return turn

    def call(self) -> None:
        """Let all who wait look again. The lock must be held."""
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            with suppress(InvalidStateError):  # nobody waits for it any more
                turn.set_result(None)
