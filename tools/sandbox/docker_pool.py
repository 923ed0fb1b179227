"""Keeps containers ready, so that whoever needs one does not wait for it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from motet.tools.sandbox.docker_machine import Machine, Shape
from motet.tools.sandbox.protocol import SandboxError


class Pool:
    """Some machines ready, of the shape that was last asked for; the others lent out. Safe to share between threads.

    Args:
        start: Makes a machine.
        size: How many wait; 0 makes each one when it is asked for.
    """

    def __init__(self, start: Callable[[Shape], Machine], size: int) -> None:
        self._start = start
        self._size = size
        self._lock = threading.Lock()
        self._ready: list[Machine] = []
        self._starting = 0
        self._living: set[Machine] = set()
        self._closed = False
        self._workers = ThreadPoolExecutor(max_workers=max(1, size), thread_name_prefix="motet-docker")

    def warm(self, shape: Shape) -> None:
        """Begin to make machines of a shape ready, as many as are missing."""
        with self._lock:
            misfits = [machine for machine in self._ready if machine.shape != shape]
            self._ready = [machine for machine in self._ready if machine.shape == shape]
            missing = 0 if self._closed else self._size - len(self._ready) - self._starting
            self._starting += max(0, missing)
        for machine in misfits:
            self.discard(machine)
        for _ in range(missing):
            self._later(partial(self._add, shape))

    def take(self, shape: Shape) -> Machine:
        """A machine that nobody has used, to be given to `discard` in the end.

        Raises:
            SandboxError: The pool is closed, or no machine could be made.
        """
        while True:
            with self._lock:
                fitting = [machine for machine in self._ready if machine.shape == shape]
                machine = fitting[0] if fitting else None
                if machine is not None:
                    self._ready.remove(machine)
            if machine is None:
                machine = self._make(shape)
            elif not machine.is_ready():
                # It has died while it waited: the engine was restarted, or somebody removed it.
                self.discard(machine)
                continue
            self.warm(shape)
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

    def _add(self, shape: Shape) -> None:
        try:
            # An error here is nobody's yet: the next one to take a machine meets it again.
            with suppress(SandboxError):
                machine = self._make(shape)
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
