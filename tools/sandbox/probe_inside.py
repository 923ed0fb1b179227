"""Runs inside a sandbox and tries to get out. Prints what was prevented, as the fields of `Capabilities`.

It uses nothing but the standard library, and harms nothing where an attempt succeeds.
"""

import json
import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

DOCUMENTATION_ADDRESSES = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Nobody has these; a host with a network has a way to them all the same."""
OWN_FOLDERS = ("/tmp", "/dev", "/proc")  # noqa: S108
"""Where every sandbox has private file systems."""
FLAG_NO_NEW_PRIVILEGES = "1"
SECCOMP_FILTER = "2"


def main() -> None:
    """Try everything and print the answers."""
    told = json.loads(sys.argv[1])
    status = read_status()
    answers = {
        "network_off": not network_reachable(),
        "filesystem_read_only": not any(map(writable, system_folders())),
        "non_root": not is_root(status),
        "private_processes": not sees_process(told["outside"]),
        "seccomp": status.get("Seccomp") == SECCOMP_FILTER,
        "memory_limit": not can_fill(told["memory_bytes"]),
        "process_limit": not can_fork(told["processes"] + 8),
    }
    print(json.dumps(answers))


def read_status() -> dict[str, str]:
    """This process as the kernel describes it; nothing where there is no /proc."""
    with suppress(OSError), open("/proc/self/status", encoding="utf-8") as lines:
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return {}


def network_reachable() -> bool:
    """Whether there is an interface besides loopback, or a way to somewhere. No packet is sent."""
    with suppress(OSError):
        if any(name != "lo" and interface_is_up(name) for _, name in socket.if_nameindex()):
            return True
    for family, address in DOCUMENTATION_ADDRESSES:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as attempt:
            attempt.connect((address, 9))
            return True
    return False


def interface_is_up(name: str) -> bool:
    """Kernels put unused tunnel devices into every network namespace; those are down and have no addresses."""
    with suppress(OSError), open("/proc/net/route", encoding="utf-8") as routes:
        if any(line.split()[0] == name for line in routes):
            return True
    with suppress(OSError), open("/proc/net/if_inet6", encoding="utf-8") as addresses:
        return any(line.split()[-1] == name for line in addresses)
    return sys.platform != "linux"


def system_folders() -> Iterator[str]:
    """The folders of the first levels that no run has any business to write to."""
    own = (*OWN_FOLDERS, os.getcwd(), *writable_by_contract())
    pending = ["/"]
    while pending:
        folder = pending.pop()
        if folder.startswith(own):
            continue
        yield folder
        if folder.count("/") < 3:
            with suppress(OSError), os.scandir(folder) as entries:
                pending += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]


def writable_by_contract() -> list[str]:
    """The folder of the working directory, where it is not the root: the work area as a whole."""
    parent = os.path.dirname(os.getcwd())
    return [] if parent == "/" else [parent]


def writable(folder: str) -> bool:
    """Whether a file can be made in a folder."""
    path = os.path.join(folder, f".motet-probe-{os.getpid()}")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError:
        return False
    os.unlink(path)
    return True


def is_root(status: dict[str, str]) -> bool:
    """Whether this process is root, has or could get capabilities, or owns a file that root owns outside."""
    if os.geteuid() == 0 or int(status.get("CapEff", "0"), 16) != 0:
        return True
    if sys.platform == "linux" and status.get("NoNewPrivs") != FLAG_NO_NEW_PRIVILEGES:
        return True
    for path in ("/bin/sh", "/usr/bin/env"):
        # Only who owns a file may open it in this way, whatever number a user namespace shows for it.
        with suppress(OSError, AttributeError):
            os.close(os.open(path, os.O_RDONLY | os.O_NOATIME))
            return True
    return False


def sees_process(outside: list[str] | None) -> bool:
    """Whether a process outside, given by name and start time, is to be seen; or whether that cannot be said."""
    try:
        numbers = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return True
    for number in numbers:
        with suppress(OSError), open(f"/proc/{number}/stat", encoding="utf-8", errors="replace") as stat:
            name, rest = stat.read().split("(", 1)[1].rsplit(")", 1)
            if [name, rest.split()[19]] == outside:
                return True
    return "1" not in numbers or ("2" in numbers and is_kernel_thread("2"))


def is_kernel_thread(number: str) -> bool:
    """Whether a process has no program: only the host itself shows those."""
    with suppress(OSError), open(f"/proc/{number}/stat", encoding="utf-8", errors="replace") as stat:
        return "(kthreadd)" in stat.read()
    return False


def can_fill(size: int) -> bool:
    """Whether a process can write to more memory than the limit."""
    child = os.fork()
    if child == 0:
        with suppress(OSError, MemoryError):
            with mmap.mmap(-1, size + (64 << 20), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
                for offset in range(0, len(memory), mmap.PAGESIZE):
                    memory[offset] = 1
            os._exit(0)
        os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def can_fork(count: int) -> bool:
    """Whether that many children can be alive at once."""
    children: list[int] = []
    try:
        for _ in range(count):
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            children.append(child)
    except OSError:
        return False
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return True


if __name__ == "__main__":
    main()
