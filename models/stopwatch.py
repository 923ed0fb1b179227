"""Time at work."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager


class Stopwatch:
    """Counts the seconds in which somebody works; those who work at once count once.

    Args:
        seconds: What it shows at first.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self._shown = seconds
        self._since = time.monotonic()
        self._workers = 0
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """What it shows now."""
        with self._lock:
            return self._shown + (time.monotonic() - self._since if self._workers else 0.0)

    def start(self) -> None:
        """Let it run, for a worker whose end nobody tells."""
        with self._lock:
            self._begin()

    @contextmanager
    def working(self, *, before: float) -> Generator[None]:
        """Let it run during the block.

        Args:
            before: What it is to show at first, unless others are at work already.
        """
        with self._lock:
            if not self._workers:
                self._shown = before
            self._begin()
        try:
            yield
        finally:
            with self._lock:
                self._workers -= 1
                if not self._workers:
                    self._shown += time.monotonic() - self._since

    def _begin(self) -> None:
        if not self._workers:
            self._since = time.monotonic()
        self._workers += 1
