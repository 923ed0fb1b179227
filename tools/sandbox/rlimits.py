"""From `Limits` to the limits that the kernel sets on every process."""

import math
import sys

from motet.tools.sandbox.protocol import Limits

FRUGAL = {"MALLOC_ARENA_MAX": "2"}
"""Environment with which the GNU C library reserves 64 MiB of addresses twice and not for every thread."""


def rlimits_for(limits: Limits, *, memory_is_grouped: bool) -> dict[str, tuple[int, int]]:
    """Soft and hard values by name, without the one on processes: see `bubblewrap.STARTER`.

    Memory is held by `RLIMIT_DATA`: what a process may write to. `RLIMIT_AS` would refuse ordinary threads, for which
    the C library reserves far more addresses than it uses. Memory that processes share escapes `RLIMIT_DATA`, so where
    no control group counts it, `RLIMIT_AS` stands behind at twice the size, and `FRUGAL` keeps threads below that.

    Args:
        limits: What the run may use.
        memory_is_grouped: Whether a control group holds the memory of all processes together.
    """
    cpu = max(1, math.ceil(limits.cpu_seconds))
    values = {
        # At the soft limit comes SIGXCPU, which a program may ignore; a second later SIGKILL, which it may not.
        "RLIMIT_CPU": (cpu, cpu + 1),
        "RLIMIT_FSIZE": (limits.file_bytes, limits.file_bytes),
        "RLIMIT_NOFILE": (limits.open_files, limits.open_files),
        "RLIMIT_CORE": (0, 0),
    }
    if sys.platform == "linux":
        values["RLIMIT_DATA"] = (limits.memory_bytes, limits.memory_bytes)
        if not memory_is_grouped:
            values["RLIMIT_AS"] = (2 * limits.memory_bytes, 2 * limits.memory_bytes)
    return values
