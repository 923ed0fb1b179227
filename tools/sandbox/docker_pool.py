"""Keeps containers ready, so that whoever needs one does not wait for it."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from motet.tools.sandbox.docker_machine import Machine, Shape
from motet.tools.sandbox.protocol import SandboxError


class Pool:
    """Some machines ready, the others lent out. Safe to share between threads.

    Args:
        start: Makes a machine.
        shape: What those that wait are like; others are made when they are asked for.
        size: How many wait.
    """

    def __init__(self, start: Callable[[Shape], Machine], shape: Shape, size: int) -> None:
        self._start = start
        self._shape = shape
        self._size = size
        self._lock = threading.Lock()
        self._ready: deque[Machine] = deque()
        self._starting = 0
        self._living: set[Machine] = set()
        self._closed = False
        self._workers = ThreadPoolExecutor(max_workers=max(1, size), thread_name_prefix="motet-docker")

    def warm(self) -> None:
        """Begin to make machines ready, as many as are missing."""
        with self._lock:
            missing = 0 if self._closed else self._size - len(self._ready) - self._starting
            self._starting += max(0, missing)
        for _ in range(missing):
            self._later(self._add)

    def take(self, shape: Shape) -> Machine:
        """A machine that nobody has used, to be given to `discard` in the end.

        Raises:
            NoSandboxError: No machine could be made.
            SandboxError: The pool is closed.
        """
        machine = self._waiting() if shape == self._shape else None
        if machine is None:
            machine = self._make(shape)
        self.warm()
        return machine

    def discard(self, machine: Machine) -> None:
        """End a machine now, and see to its removal in the background."""
        machine.hang_up()
        self._later(partial(self._bury, machine))

    def close(self) -> None:
        """End all machines, also those that are lent out, and wait until they are gone."""
        with self._lock:
            self._closed = True
        self._workers.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            living = list(self._living)
            self._ready.clear()
        for machine in living:
            machine.hang_up()
        for machine in living:
            self._bury(machine)

    def _make(self, shape: Shape) -> Machine:
        machine = self._start(shape)
        with self._lock:
            self._living.add(machine)
            closed = self._closed
        if closed:
            self._bury(machine)
            raise SandboxError("This sandbox is closed.")
        return machine

    def _waiting(self) -> Machine | None:
        """One that waits, if one does."""
        while True:
            with self._lock:
                if not self._ready:
                    return None
                machine = self._ready.popleft()
            if machine.is_ready():
                return machine
            # It has died while it waited: the engine was restarted, or somebody removed it.
            self.discard(machine)

    def _add(self) -> None:
        try:
            # An error here is nobody's yet: the next one to take a machine meets it again.
            with suppress(SandboxError):
                machine = self._make(self._shape)
                with self._lock:
                    self._ready.append(machine)
        finally:
            with self._lock:
                self._starting -= 1

    def _bury(self, machine: Machine) -> None:
        machine.remove()
        with self._lock:
            self._living.discard(machine)

    def _later(self, work: Callable[[], None]) -> None:
        # Refused where the pool is closed or Python is ending: `close` does the rest.
        with suppress(RuntimeError):
            self._workers.submit(work)
