"""Marks containers with the process that owns them, and removes those whose owner is gone.

A container ends by itself when its owner closes the connection, as the kernel does for an owner that was killed. Left
for this file are containers that had been created and not started yet.
"""

import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docker import DockerClient

SANDBOX_LABEL = "motet.sandbox"
OWNER_LABEL = "motet.owner"


def labels() -> dict[str, str]:
    """The labels of a container of this process."""
    return {SANDBOX_LABEL: "1", OWNER_LABEL: f"{_machine()}/{os.getpid()}/{_started(os.getpid())}"}


def is_gone(owner: str) -> bool:
    """Whether an owner's process has ended. One on another machine, where this one cannot see, has not."""
    machine, _, process = owner.partition("/")
    pid, _, started = process.partition("/")
    return machine == _machine() and pid.isdecimal() and _started(int(pid)) != started


def remove_orphans(client: "DockerClient") -> None:
    """Remove the containers of owners that are gone."""
    from docker.errors import APIError

    for container in client.api.containers(all=True, filters={"label": f"{SANDBOX_LABEL}=1"}):
        if is_gone(container["Labels"].get(OWNER_LABEL, "")):
            # Somebody else may be removing it at this moment.
            with suppress(APIError):
                client.api.remove_container(container["Id"], force=True)


def _machine() -> str:
    """This boot of this machine, and the pid namespace in which our number means something."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}.{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return platform.node()


def _started(pid: int) -> str:
    """When a process began, which tells it from a later one with its number; empty where there is none."""
    try:
        # Field 22; the second is a name that may hold anything but ends with a parenthesis.
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19].decode()
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "unknown"
