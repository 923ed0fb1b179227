"""The walls of a bubblewrap sandbox: which flags, which parts of the system, and where they appear."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from motet.tools.sandbox.rlimits import FRUGAL
from motet.tools.sandbox.toolbox import INSIDE, PYTHON, PYTHON_INSIDE, site_packages

WORK = "/tmp/work"  # noqa: S108 - inside the sandbox, where /tmp is private
NOBODY = "65534"
OPTIONS_DESCRIPTOR, SECCOMP_DESCRIPTOR = 5, 6

ENVIRONMENT = {
    "PATH": f"{INSIDE}/bin:/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108
    "TMPDIR": "/tmp",  # noqa: S108
    "LANG": "C.UTF-8",
    "LD_LIBRARY_PATH": f"{INSIDE}/lib",
    **FRUGAL,
    # Nothing outlives a run, compiled modules included.
    "PYTHONDONTWRITEBYTECODE": "1",
}

NAMESPACES = (
    "--unshare-user",
    "--disable-userns",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
)
IDENTITY = (
    *("--uid", NOBODY, "--gid", NOBODY, "--hostname", "sandbox", "--cap-drop", "ALL"),
    "--new-session",
    "--die-with-parent",
)
SYSTEM_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives")
ACCOUNTS = ("passwd", "group", "hosts")


class Walls(NamedTuple):
    """What a sandbox is built from, as the process that builds it finds it."""

    program: Path
    """The bubblewrap binary."""
    toolbox: Path
    """See `toolbox.toolbox`."""
    python_lib: Path | None
    """The interpreter's library folder, where the interpreter is not the system's."""
    python_binary: Path | None
    """The interpreter itself, in the same case."""
    python_home: Path | None
    """Its installation on the host, to know what to hide of it."""
    seccomp: bytes | None
    """The filter, if there is one for this machine; it is read from `SECCOMP_DESCRIPTOR`."""
    folders: tuple[tuple[str, Path], ...] = ()
    """Where inside which other folder of the host is shown, see `folders.checked_folders`."""

    @lru_cache(maxsize=16)  # noqa: B019 - of the few there are, none goes before the process does
    def options(self, file_bytes: int) -> bytes:
        """What bubblewrap reads from `OPTIONS_DESCRIPTOR`; as arguments, the run could read them in /proc.

        Args:
            file_bytes: The room in each of the run's own folders.
        """
        words = [
            *NAMESPACES,
            *IDENTITY,
            "--clearenv",
            *(word for name, value in ENVIRONMENT.items() for word in ("--setenv", name, value)),
            *self._system(),
            *self._tools(),
            *(word for inside, folder in self.folders for word in ("--ro-bind", str(folder), inside)),
            *_own_folders(file_bytes),
            *(("--seccomp", str(SECCOMP_DESCRIPTOR)) if self.seccomp else ()),
        ]
        return "".join(f"{word}\0" for word in words).encode()

    def argv(self, command: list[str]) -> list[str]:
        """The command behind the walls."""
        return [str(self.program), "--args", str(OPTIONS_DESCRIPTOR), "--", *command]

    def _system(self) -> Iterator[str]:
        """/usr and what leads into it, but nothing that was installed beside the system."""
        yield from ("--ro-bind", "/usr", "/usr")
        for name in SYSTEM_FOLDERS:
            folder = Path("/", name)
            if folder.is_symlink():
                yield from ("--symlink", str(folder.readlink()), str(folder))
            elif folder.is_dir():
                yield from ("--ro-bind", str(folder), str(folder))
        for file in SYSTEM_FILES:
            yield from ("--ro-bind-try", file, file)
        for hidden in (Path("/usr/local"), *site_packages(Path("/usr"))):
            if hidden.is_dir():
                yield from _empty(hidden)

    def _tools(self) -> Iterator[str]:
        yield from ("--ro-bind", str(self.toolbox), str(INSIDE))
        for name in ACCOUNTS:
            yield from ("--symlink", f"{INSIDE}/etc/{name}", f"/etc/{name}")
        if self.python_home is not None:
            yield from ("--ro-bind", str(self.python_lib), f"{PYTHON_INSIDE}/lib")
            yield from ("--ro-bind", str(self.python_binary), f"{PYTHON_INSIDE}/bin/{PYTHON}")
            for hidden in site_packages(self.python_home):
                if hidden.is_relative_to(self.python_home / "lib"):
                    yield from _empty(PYTHON_INSIDE / hidden.relative_to(self.python_home))


def _own_folders(file_bytes: int) -> Iterator[str]:
    size = str(max(1, file_bytes))
    yield from ("--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm")  # noqa: S108
    yield from ("--size", size, "--tmpfs", "/tmp", "--dir", WORK)  # noqa: S108
    # What bubblewrap built all this on is a file system that the run could write to otherwise.
    yield from ("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", WORK)


def _empty(folder: Path) -> Iterator[str]:
    """Nothing in the place of a folder."""
    yield from ("--tmpfs", str(folder), "--remount-ro", str(folder))
