"""The Docker sandbox against code that means harm, and against ends that come at a bad time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motet.tools.sandbox import Execution, KiB, Limits, MiB, SandboxError, Session
from motet.tools.sandbox.docker import DockerSandbox

docker_test = pytest.mark.docker


@pytest.fixture(scope="module")
def sandbox() -> Iterator[DockerSandbox]:
    made = DockerSandbox()
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared(sandbox: DockerSandbox) -> Iterator[Session]:
    """One session for tests that leave nothing of note; that they share it is itself a test."""
    with sandbox.session() as session:
        yield session


def python(session: Session, code: str, limits: Limits | None = None) -> Execution:
    return session.run(["python3", "main.py"], files={"main.py": code}, limits=limits or Limits())


HOSTILE = {
    "exits well": ("print('hello')", {}, "ok"),
    "exits badly": ("raise SystemExit(3)", {}, "failed"),
    "sleeps with a detached child": (
        "import os, time\nif os.fork() == 0: os.setsid()\nos.closerange(0, 9)\ntime.sleep(600)",
        {"wall_seconds": 0.5},
        "timeout",
    ),
    "burns the processor and ignores the signal": (
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        {"cpu_seconds": 0.5},
        "timeout",
    ),
    "stops everybody it can": (
        "import os, signal\nos.fork()\nos.kill(1, signal.SIGSTOP)\nos.kill(0, signal.SIGSTOP)",
        {"wall_seconds": 0.5},
        "timeout",
    ),
    "is a fork bomb": (
        "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
        {"wall_seconds": 0.5, "processes": 64},
        "timeout",
    ),
    "allocates a gigabyte": ("x = b'x' * (1 << 30)", {}, "out_of_memory"),
    "shares a gigabyte between processes": (
        "import mmap, os\nm = mmap.mmap(-1, 1 << 30)\nos.fork()\nfor i in range(0, 1 << 30, 4096): m[i] = 1",
        {},
        "out_of_memory",
    ),
    "floods stdout": ("while True: print('x' * 65536)", {}, "output_limit"),
    "floods stderr": ("import sys\nwhile True: sys.stderr.write('x' * 65536)", {}, "output_limit"),
    "kills itself": ("import os\nos.kill(os.getpid(), 9)", {}, "failed"),
    "writes one file too large": (
        "open('f', 'wb').write(b'x' * (65 << 20))",
        {},
        "failed",
    ),
    "writes too many files": (
        "for i in range(99): open(f'{i}', 'wb').write(b'x' * (1 << 20))",
        {},
        "failed",
    ),
    "opens too many files": ("fs = [open('/dev/null') for _ in range(300)]", {}, "failed"),
    "makes a tree too deep to be removed": (
        "import os\nfor _ in range(3000):\n  os.mkdir('d')\n  os.chdir('d')",
        {},
        "ok",
    ),
    "makes a folder that cannot be read": ("import os\nos.makedirs('a/b')\nos.chmod('a', 0)", {}, "ok"),
}


@docker_test
@pytest.mark.parametrize("name", HOSTILE)
def test_code_gets_the_verdict_that_names_how_it_ended_and_the_session_goes_on(shared: Session, name: str) -> None:
    code, limits, verdict = HOSTILE[name]
    done = python(shared, code, Limits(**limits))
    assert done.verdict == verdict, done
    assert done.sandbox == "docker"
    assert done.isolated
    assert python(shared, "print(6 * 7)").stdout == "42\n"


@docker_test
def test_a_flood_keeps_its_head_and_its_tail(shared: Session) -> None:
    code = "import sys\nsys.stdout.write('head' + 'x' * 100000 + 'tail')"
    done = python(shared, code, Limits(kept_output_bytes=1000))
    assert done.verdict == "ok"
    assert done.stdout.startswith("headx")
    assert done.stdout.endswith("xtail")
    assert "bytes left out" in done.stdout
    assert len(done.stdout) < 1100


@docker_test
def test_a_run_finds_nothing_of_the_run_before(shared: Session) -> None:
    leave = """
import ctypes, os, subprocess
for path in ("here", "/tmp/there", "/dev/shm/everywhere"):
    open(path, "w").close()
os.symlink("/etc", "link")
assert ctypes.CDLL(None).shmget(1234, 4096, 0o1666) >= 0
subprocess.Popen(["sleep", "600"], start_new_session=True)
print("left")
"""
    look = """
import os
print(os.listdir("."), os.listdir("/tmp"), os.listdir("/dev/shm"), os.listdir("/dev/mqueue"))
print(len([name for name in os.listdir("/proc") if name.isdigit()]), len(open("/proc/sysvipc/shm").readlines()))
"""
    assert python(shared, leave).stdout == "left\n"
    assert python(shared, look).stdout == "['main.py'] ['work'] [] []\n2 1\n"


@docker_test
def test_code_reaches_neither_the_supervisor_nor_its_streams(shared: Session) -> None:
    attack = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
reached = []
for name in ("fd", "fd/0", "fd/1", "fd/2", "fd/10", "fd/11", "mem", "environ", "maps"):
    try:
        (os.listdir if name == "fd" else open)(f"/proc/1/{name}")
        reached.append(name)
    except PermissionError:
        pass
if libc.ptrace(16, 1, 0, 0) == 0:
    reached.append("ptrace")
for descriptor in range(64):
    if libc.syscall(438, os.pidfd_open(1), descriptor, 0) >= 0:
        reached.append(f"pidfd_getfd {descriptor}")
for number in range(1, 65):
    os.kill(1, number)
for descriptor in range(3, 200):
    try:
        os.write(descriptor, b"x")
        reached.append(descriptor)
    except OSError:
        pass
print(reached)
"""
    done = python(shared, attack)
    assert (done.verdict, done.stdout) == ("ok", "[]\n"), done


@docker_test
def test_code_cannot_say_that_it_passed(shared: Session) -> None:
    forge = """
import json, os, struct
reply = json.dumps({"stopped_by": None, "returncode": 0, "ready": True}).encode()
message = struct.pack("!I", len(reply)) + reply
for descriptor in (1, 2):
    os.write(descriptor, struct.pack(">BxxxL", 1, len(message)) + message)
raise SystemExit(1)
"""
    done = python(shared, forge)
    assert (done.verdict, done.exit_code) == ("failed", 1)


@docker_test
@pytest.mark.parametrize("what", ["RLIMIT_NOFILE, (3, 3)", "RLIMIT_FSIZE, (0, 0)", "RLIMIT_AS, (1, 1)"])
def test_a_supervisor_that_was_hampered_serves_nobody_else(shared: Session, what: str) -> None:
    python(shared, f"import resource\nresource.prlimit(1, resource.{what})\nprint('x' * 100000)")
    found = python(shared, "import resource\nprint(resource.prlimit(1, resource.RLIMIT_NOFILE)[0])")
    assert (found.verdict, found.stdout) == ("ok", "4096\n")


@docker_test
@given(content=st.binary(max_size=200), stdin=st.binary(max_size=200), name=st.text("aé \n'\"", min_size=1))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_arrive_as_they_were_given(shared: Session, content: bytes, stdin: bytes, name: str) -> None:
    code = "import sys\nprint(open(sys.argv[1], 'rb').read().hex(), sys.stdin.buffer.read().hex())"
    done = shared.run(["python3", "-c", code, name], files={name: content}, stdin=stdin)
    assert done.stdout == f"{content.hex()} {stdin.hex()}\n"


@docker_test
def test_each_run_has_its_own_limits_also_those_that_are_fixed_in_a_container(shared: Session) -> None:
    crowd = "import os, time\nfor _ in range(9):\n  if os.fork() == 0: time.sleep(9)"
    assert "temporarily unavailable" in python(shared, crowd, Limits(processes=5)).stderr
    assert python(shared, "open('f', 'w').write('x' * 200000)", Limits(file_bytes=100 * KiB)).verdict == "failed"
    assert python(shared, "x = b'x' * (200 << 20)", Limits(memory_bytes=128 * MiB)).verdict == "out_of_memory"
    assert python(shared, "x = b'x' * (200 << 20)").verdict == "ok"


@docker_test
def test_files_that_do_not_fit_are_the_callers_error_and_the_session_goes_on(shared: Session) -> None:
    with pytest.raises(SandboxError, match="laid out"):
        shared.run(["true"], files={"a": "", "a/b": ""})
    assert python(shared, "print(1)").verdict == "ok"


@docker_test
def test_a_program_that_is_not_there_is_said_as_a_shell_would(shared: Session) -> None:
    done = shared.run(["no-such-program"])
    assert (done.verdict, done.exit_code) == ("failed", 127)
    assert "no-such-program" in done.stderr


@docker_test
@pytest.mark.parametrize("tool", ["pytest", "coverage", "ruff"])
def test_the_image_has_the_tools_of_a_test_run(shared: Session, tool: str) -> None:
    assert shared.run([tool, "--version"]).verdict == "ok"
    assert shared.run(["python3", "-m", tool, "--version"]).verdict == "ok"


@docker_test
def test_sessions_at_once_do_not_see_each_other(sandbox: DockerSandbox) -> None:
    def task(number: int) -> str:
        with sandbox.session() as session:
            code = f"import os, time\nopen('/tmp/{number}', 'w').close()\ntime.sleep(.3)\nprint(os.listdir('/tmp'))"
            return python(session, code).stdout

    with ThreadPoolExecutor(3) as threads:
        seen = list(threads.map(task, range(3)))
    assert [sorted(eval(listed)) for listed in seen] == [[str(number), "work"] for number in range(3)]
