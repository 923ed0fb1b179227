"""Control groups: what holds the memory and the processes of a whole run together, where one may be made.

Root may make one nearly everywhere, a user where systemd has delegated a part of the tree (version 2 only). Elsewhere
there is none, and the limits of single processes must do.
"""

import itertools
import os
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from motet.tools.sandbox.protocol import Limits

PREFIX = "motet-"
LEAVING_SECONDS = 1.0
"""How long a removed group is waited for; the next process that starts a sandbox removes what is left after that."""
_numbers = itertools.count()


class Cgroup:
    """The control group of one run: one folder in version 2, one for each controller in version 1.

    Args:
        folders: Where it is; the folder for memory comes first.
        version: Of control groups.
    """

    def __init__(self, folders: Sequence[Path], version: int) -> None:
        self._memory, self._processes = folders[0], folders[-1]
        self._folders = folders
        self._version = version

    @contextmanager
    def joining(self) -> Generator[list[int]]:
        """Descriptors of its `cgroup.procs` files; a process that writes `0` to them is in."""
        with ExitStack() as stack:
            yield [
                stack.enter_context(open(folder / "cgroup.procs", "wb", buffering=0)).fileno()
                for folder in self._folders
            ]

    def limit(self, limits: Limits, *, helpers: int) -> None:
        """Set what may be used in it.

        Args:
            limits: What the run may use.
            helpers: Processes of the sandbox itself, that are in the group and do not count.
        """
        memory = str(limits.memory_bytes)
        if self._version == 1:
            (self._memory / "memory.limit_in_bytes").write_text(memory)
            with suppress(FileNotFoundError):  # A kernel that does not count swap.
                (self._memory / "memory.memsw.limit_in_bytes").write_text(memory)
        else:
            (self._memory / "memory.max").write_text(memory)
            with suppress(FileNotFoundError):
                (self._memory / "memory.swap.max").write_text("0")
        (self._processes / "pids.max").write_text(str(limits.processes + helpers))

    def memory_kills(self) -> int:
        """How many processes the kernel killed in it because memory ran out."""
        for name in ("memory.events", "memory.oom_control"):
            with suppress(OSError):
                counts = dict(line.split() for line in (self._memory / name).read_text().splitlines())
                return int(counts.get("oom_kill", 0))
        return 0

    def remove(self) -> None:
        """Remove it. What was in it must have ended, but may still be on its way out of it."""
        deadline = time.monotonic() + LEAVING_SECONDS
        for folder in self._folders:
            while folder.exists():
                try:
                    folder.rmdir()
                except OSError:
                    if time.monotonic() > deadline:
                        break
                    time.sleep(0.001)


class CgroupParent(NamedTuple):
    """Where control groups are made; the folder for memory comes first."""

    folders: tuple[Path, ...]
    version: int

    def make(self) -> Cgroup:
        """A control group for one run.

        Raises:
            OSError: None can be made here.
        """
        name = f"{PREFIX}{os.getpid()}-{next(_numbers)}"
        group = Cgroup([folder / name for folder in self.folders], self.version)
        try:
            for folder in self.folders:
                (folder / name).mkdir()
        except OSError:
            group.remove()
            raise
        return group

    def sweep(self) -> None:
        """Remove groups of processes that ended without doing it themselves."""
        for folder in self.folders:
            for left in folder.glob(f"{PREFIX}*"):
                owner = left.name.removeprefix(PREFIX).partition("-")[0]
                if not Path("/proc", owner).exists():
                    with suppress(OSError):
                        left.rmdir()


def cgroup_parent() -> CgroupParent | None:
    """The place for control groups with limits on memory and processes; `None` where there is none."""
    with suppress(OSError):
        own = _own_paths(Path("/proc/self/cgroup").read_text())
        mounts = _mounts(Path("/proc/self/mountinfo").read_text())
        for parent in _candidates(own, mounts):
            with suppress(OSError):
                parent.sweep()
                group = parent.make()
                try:
                    group.limit(Limits(), helpers=1)
                    return parent
                finally:
                    group.remove()
    return None


def _candidates(own: dict[str, str], mounts: dict[str, Path]) -> Iterator[CgroupParent]:
    if "memory" in mounts and "pids" in mounts:
        # Below our own group, so that what confines us confines the run too.
        folders = [_below(mounts[name], own.get(name, "/")) for name in ("memory", "pids")]
        yield CgroupParent(tuple(folders), version=1)
    elif "" in mounts:
        # Beside our own group: in version 2, one that has processes cannot hand out controllers.
        yield CgroupParent((_below(mounts[""], own.get("", "/")).parent,), version=2)


def _below(mount: Path, own: str) -> Path:
    folder = mount / own.lstrip("/")
    return folder if folder.is_dir() else mount  # A container may see its own group as the root.


def _own_paths(text: str) -> dict[str, str]:
    """The process's group by controller, from lines such as `4:memory:/path`; version 2 has no controller's name."""
    paths = {}
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        paths.update(dict.fromkeys(controllers.split(","), path))
    return paths


def _mounts(text: str) -> dict[str, Path]:
    """Where each controller's tree is mounted, from `/proc/self/mountinfo`; version 2 under the empty name."""
    found: dict[str, Path] = {}
    for line in text.splitlines():
        fields, _, options = line.partition(" - ")
        kind, _, flags = options.split(" ", 2)
        point = Path(fields.split()[4])
        if kind == "cgroup2":
            found[""] = point
        elif kind == "cgroup":
            found.update({flag: point for flag in flags.split(",") if flag in ("memory", "pids")})
    return found
