"""A small process that starts commands for a large one. Run as a script; it knows nothing of the rest of motet.

Why not start them straight from the caller? A caller that holds a model is a gigabyte large and has threads: to fork it
is slow, running Python between fork and exec in it may deadlock, and the kernel counts its size into the peak memory of
every child. Here a command descends from a process of some megabytes, that dropped its privileges once and for all.

The caller sends a socket over the channel for each of its sessions, and with it the control groups that its runs are
to be in. A supervisor is forked for it, joins them, which the kernel makes slow, and has a child wait for the next
request: a line of JSON, and the command's descriptors beside it. With that the child becomes the command, already in
its groups. The supervisor waits for it, ends everything it left behind, answers with a line, and has a new child wait.
End of file on a socket means that the caller wants, or met, the end, of a run too.
"""

import ctypes
import fcntl
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36
CLONE_NEWNS = 0x00020000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MAX_DESCRIPTORS = 16
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
LINGER_SECONDS = 5.0
"""How long what a command left behind is hunted before the answer is given without it."""


def main() -> None:
    """Prepare as told, say so, then serve until the caller is gone."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    try:
        prepare(json.loads(sys.argv[2]))
    except OSError as error:
        channel.sendall(json.dumps({"error": str(error)}).encode() + b"\n")
        return
    channel.sendall(b"{}\n")
    # Supervisors report to their callers; nobody waits for them here.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        byte, descriptors, _, _ = socket.recv_fds(channel, 1, MAX_DESCRIPTORS)
        if not byte:
            return
        if os.fork() == 0:
            channel.close()
            with socket.socket(fileno=descriptors[0]) as control:
                try:
                    supervise(control, descriptors[1:])
                except Exception as error:
                    control.sendall(json.dumps({"error": repr(error)}).encode() + b"\n")
                finally:
                    os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)


def prepare(settings: Mapping[str, Any]) -> None:
    """Put folders where the new user can reach them, then become that user. For root only; there is no way back."""
    if settings["stage"]:
        stage(settings["stage_root"], settings["stage"])
    if (user := settings["drop_to"]) is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)


def stage(root: str, sources: Mapping[str, str]) -> None:
    """Show host folders under `root`, in a mount namespace that only this process and its children have."""

    def check(result: int, what: str) -> None:
        if result != 0:
            raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")

    check(LIBC.unshare(CLONE_NEWNS), "cannot make a mount namespace")
    check(LIBC.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "cannot make mounts private")
    check(LIBC.mount(b"motet", root.encode(), b"tmpfs", 0, b"mode=755"), f"cannot mount on {root}")
    for name, source in sources.items():
        target = os.path.join(root, name)
        if os.path.isdir(source):
            os.makedirs(target)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
        check(LIBC.mount(source.encode(), target.encode(), None, MS_BIND | MS_REC, None), f"cannot bind {source}")


def supervise(control: socket.socket, groups: Sequence[int]) -> None:
    """See one command after the other to its end, until the caller is gone or has one killed."""
    control.set_inheritable(False)
    for group in groups:
        os.write(group, b"0")
        os.close(group)
    if sys.platform == "linux":
        # What a command orphans becomes a child of this process, and so cannot get away.
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    while run_one(control, wake):
        pass


def run_one(control: socket.socket, wake: int) -> bool:
    """See one command from before its beginning to its end, and answer; whether there may be another."""
    begun, beginning = os.pipe()
    pid = os.fork()
    if pid == 0:
        become_command(control, beginning)
    os.close(beginning)
    # The other end closes when the child becomes the command, or dies; until then the control socket is the child's.
    no_request = os.read(begun, 1)
    os.close(begun)
    if no_request:
        os.waitpid(pid, 0)
        return False
    cpu_seconds, peak, killed = 0.0, 0, False
    ended = reap(pid)
    while ended is None:
        ready, _, _ = select.select([wake, control], [], [])
        if wake in ready:
            os.read(wake, 512)
            ended = reap(pid)
        else:
            killed = True
            cpu_seconds, peak = usage_so_far(pid)
            kill(pid)
            ended = os.wait4(pid, 0)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    usages = [ended[2], *end_survivors()]
    answer = {
        "returncode": os.waitstatus_to_exitcode(ended[1]),
        "cpu_seconds": max(cpu_seconds, sum(usage.ru_utime + usage.ru_stime for usage in usages)),
        "peak_memory_bytes": max(peak, *(usage.ru_maxrss * MAXRSS_UNIT for usage in usages)),
    }
    with suppress(OSError):
        control.sendall(json.dumps(answer).encode() + b"\n")
    return not killed


def receive(control: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Read a request, and the descriptors that came with it; nothing where the caller is gone."""
    data, descriptors, _, _ = socket.recv_fds(control, 65536, MAX_DESCRIPTORS)
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    while not data.endswith(b"\n"):
        more = control.recv(65536)
        if not more:
            return None
        data += more
    return json.loads(data), list(descriptors)


def become_command(control: socket.socket, beginning: int) -> NoReturn:
    """In the child: wait for the request, apply the limits, become the command."""
    errors = move_up(control.fileno())
    beginning = move_up(beginning)
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        die_first()
        received = receive(control)
        if received is None:
            os.write(beginning, b"-")
            os._exit(0)
        request, descriptors = received
        # Out of each other's way first: they may have one another's numbers.
        for number, descriptor in enumerate([move_up(descriptor) for descriptor in descriptors]):
            os.dup2(descriptor, number)
        os.chdir(request["cwd"])
        for name, value in request["rlimits"].items():
            set_limit(getattr(resource, name), *value)
        os.execvpe(request["argv"][0], request["argv"], request["env"])  # noqa: S606 - the caller's argv, no shell
    except OSError as error:
        os.write(errors, json.dumps({"error": error.strerror}).encode() + b"\n")
    finally:
        os._exit(127)


def die_first() -> None:
    """Have the kernel choose this process and its children, never the supervisor, where a group's memory runs out."""
    if sys.platform == "linux":
        # A process that changed its user may not write to its own files in /proc before this.
        LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
        with suppress(OSError), open("/proc/self/oom_score_adj", "wb", buffering=0) as score:
            score.write(b"1000")


def move_up(descriptor: int) -> int:
    """A copy out of the way of the low numbers, closed at exec."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 64)


def set_limit(which: int, soft: int, hard: int) -> None:
    """Lower a limit; one that is lower already stays."""
    _, ceiling = resource.getrlimit(which)
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(which, (soft, hard))


def reap(pid: int) -> tuple[int, int, resource.struct_rusage] | None:
    """Take the exit of the command, if it has ended."""
    done = os.wait4(pid, os.WNOHANG)
    return done if done[0] else None


def kill(pid: int) -> None:
    """Kill the command's process group."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def end_survivors() -> Iterator[resource.struct_rusage]:
    """Kill and reap what the command left behind, until nothing is left."""
    deadline = time.monotonic() + LINGER_SECONDS
    while time.monotonic() < deadline:
        for child in children(os.getpid()):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        try:
            done = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if done[0]:
            yield done[2]
        else:
            time.sleep(0.0002)


def usage_so_far(pid: int) -> tuple[float, int]:
    """Processor seconds and peak memory of a process tree that is about to be killed, and would take them with it."""
    ticks, peak = 0, 0
    for process in descendants(pid):
        with suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{process}/stat", "rb") as stat:
                # utime, stime, cutime, cstime: fields 14 to 17, the name before them may hold anything.
                ticks += sum(map(int, stat.read().rsplit(b")", 1)[1].split()[11:15]))
            with open(f"/proc/{process}/status", "rb") as status:
                # One that has died already has no such line.
                peak = max([peak, *(int(line.split()[1]) * 1024 for line in status if line.startswith(b"VmHWM:"))])
    return ticks / os.sysconf("SC_CLK_TCK"), peak


def descendants(pid: int) -> Iterator[int]:
    """A process and everything below it."""
    yield pid
    for child in children(pid):
        yield from descendants(child)


def children(pid: int) -> list[int]:
    """The processes whose parent is `pid`; none where the system does not tell."""
    found: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as listed:
                found += map(int, listed.read().split())
    return found


if __name__ == "__main__":
    with suppress(ConnectionError):  # the caller is gone before it heard, and nobody is left to tell
        main()
