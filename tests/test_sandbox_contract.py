"""What every kind of sandbox promises, tried on every kind."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest

from motet.tools.sandbox import Limits, MiB, Sandbox, SandboxError, Session, resolve_sandbox

REAL = [
    pytest.param("docker", marks=pytest.mark.docker),
    pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
]


@pytest.fixture(params=[*REAL, "unsafe-host"])
def sandbox(request) -> Sandbox:
    return resolve_sandbox(request.param)


@pytest.fixture
def session(sandbox):
    with sandbox.session() as session:
        yield session


def python(session: Session, code: str, *arguments: str, **options):
    return session.run(["python3", "-c", code, *arguments], **options)


def test_a_run_says_what_happened(session, sandbox):
    done = python(session, "import sys; print('out'); print('err', file=sys.stderr)")
    assert (done.verdict, done.exit_code, done.stdout, done.stderr) == ("ok", 0, "out\n", "err\n")
    assert done.sandbox == sandbox.kind
    assert done.isolated is (sandbox.kind != "unsafe-host")
    assert done.seconds > 0
    assert done.cpu_seconds is not None
    assert done.peak_memory_bytes is not None


def test_a_failing_exit_code_is_reported_as_it_is(session):
    done = python(session, "raise SystemExit(7)")
    assert (done.verdict, done.exit_code) == ("failed", 7)


def test_a_crash_has_the_negative_number_of_its_signal(session):
    done = python(session, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert (done.verdict, done.exit_code) == ("failed", -11)


def test_killing_oneself_is_a_failure_and_not_a_limit(session):
    done = python(session, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert (done.verdict, done.exit_code) == ("failed", -9)


def test_an_unknown_program_is_a_failed_run(session):
    done = session.run(["no-such-program"])
    assert (done.verdict, done.exit_code) == ("failed", 127)
    assert "no-such-program" in done.stderr


@pytest.mark.parametrize("code", ["while True: pass", "import time; time.sleep(60)"])
def test_the_end_of_its_time_on_the_clock_is_a_timeout(session, code):
    done = python(session, code, limits=Limits(wall_seconds=0.5))
    assert done.verdict == "timeout"
    assert done.seconds < 10


@pytest.mark.parametrize("code", ["", "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)"])
def test_the_end_of_its_processor_time_is_a_timeout_even_if_it_would_not_listen(session, code):
    done = python(session, f"{code}\nwhile True: pass", limits=Limits(cpu_seconds=1, wall_seconds=60))
    assert done.verdict == "timeout"
    assert done.seconds < 30


def test_memory_that_is_asked_for_at_once_is_out_of_memory(session):
    done = python(session, "bytearray(2**40)")
    assert done.verdict == "out_of_memory"
    assert "MemoryError" in done.stderr


def test_the_word_memory_error_alone_is_not_out_of_memory(session):
    done = python(session, "import sys; print('MemoryError', file=sys.stderr)")
    assert done.verdict == "ok"
    done = python(session, "import sys; print('MemoryError', file=sys.stderr); sys.exit(3)")
    assert done.verdict == "failed"


def test_threads_do_not_count_as_memory_before_they_use_it(session):
    code = """
    import threading
    gate = threading.Event()
    threads = [threading.Thread(target=gate.wait) for _ in range(20)]
    for thread in threads: thread.start()
    gate.set()
    """
    assert python(session, "\n".join(line.strip() for line in code.splitlines())).verdict == "ok"


def test_a_flood_of_output_ends_the_run_and_keeps_head_and_tail(session):
    limits = Limits(output_bytes=1 * MiB, kept_output_bytes=1000)
    done = python(session, "print('head')\nwhile True: print('x' * 1000)", limits=limits)
    assert done.verdict == "output_limit"
    assert done.stdout.startswith("head\n")
    assert len(done.stdout) < 2000


def test_long_output_below_the_limit_keeps_head_and_tail_and_says_what_is_missing(session):
    done = python(session, "print('head'); print('x' * 50_000); print('tail')", limits=Limits(kept_output_bytes=1000))
    assert done.verdict == "ok"
    assert done.stdout.startswith("head\n")
    assert done.stdout.endswith("tail\n")
    assert f"{5 + 50_001 + 5 - 1000} bytes left out" in done.stdout


def test_what_is_not_utf8_is_replaced_and_what_is_survives(session):
    done = python(session, r"import sys; sys.stdout.buffer.write('naïve ✓ 音楽'.encode() + b'\xff\xfe')")
    assert done.stdout == "naïve ✓ 音楽\ufffd\ufffd"


def test_files_lie_in_the_working_directory_byte_for_byte(session):
    data = bytes(range(256))
    files = {"pkg/__init__.py": "", "pkg/mod.py": "WORD = 'naïve ✓'\n", "data/ünï.bin": data, "-rf": "dash"}
    code = "from pkg.mod import WORD; print(WORD, sum(open('data/ünï.bin', 'rb').read()), open('-rf').read())"
    done = python(session, code, files=files)
    assert (done.verdict, done.stdout) == ("ok", f"naïve ✓ {sum(data)} dash\n")


def test_many_files_and_large_ones_arrive(session):
    files = {f"d{n % 7}/f{n}.txt": str(n) for n in range(500)} | {"large.bin": b"x" * 5 * MiB}
    code = "import glob, os; print(len(glob.glob('d*/*.txt')), os.path.getsize('large.bin'))"
    assert python(session, code, files=files).stdout == f"500 {5 * MiB}\n"


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x", "", ".", "a\0b"])
def test_a_path_that_leads_outside_is_refused(session, path):
    with pytest.raises(SandboxError, match="not inside"):
        session.run(["true"], files={path: ""})


def test_stdin_arrives_whole_and_ends(session):
    data = "✓".encode() * 100_000
    done = python(session, "import sys; print(len(sys.stdin.buffer.read()))", stdin=data)
    assert done.stdout == f"{len(data)}\n"


def test_stdin_that_nobody_reads_is_no_error(session):
    assert session.run(["true"], stdin=b"x" * MiB).verdict == "ok"


def test_a_run_finds_nothing_of_the_one_before(session, sandbox):
    folders = ["."] if sandbox.kind == "unsafe-host" else [".", "/tmp", "/var/tmp", "/dev/shm"]
    leave = """
import os, sys
for folder in sys.argv[1:]:
    try:
        os.mkdir(os.path.join(folder, 'motet-left'))
        open(os.path.join(folder, 'motet-left', 'behind'), 'w').close()
    except OSError: pass
"""
    look = "import os, sys; print([os.path.exists(f'{folder}/motet-left') for folder in sys.argv[1:]], os.listdir('.'))"
    assert python(session, leave, *folders, files={"old.py": ""}).verdict == "ok"
    assert python(session, look, *folders, files={"new.py": ""}).stdout == f"{[False] * len(folders)} ['new.py']\n"


def test_nobody_survives_a_run(session):
    escape = """
import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: os.execvp('sleep', ['sleep', '4242'])
    os._exit(0)
"""
    assert python(session, escape).verdict == "ok"
    count = """
import os
def command(pid):
    try:
        return open(f'/proc/{pid}/cmdline').read()
    except OSError:
        return ''
print(sum(command(pid) == 'sleep\\x004242\\x00' for pid in os.listdir('/proc') if pid.isdigit()))
"""
    assert python(session, count).stdout == "0\n"


def test_a_child_that_holds_the_output_open_does_not_hold_up_the_end(session):
    done = session.run(["sh", "-c", "sleep 60 & echo done"], limits=Limits(wall_seconds=20))
    assert (done.verdict, done.stdout) == ("ok", "done\n")
    assert done.seconds < 10


def test_nothing_of_the_callers_environment_is_inherited(session, monkeypatch):
    monkeypatch.setenv("MOTET_TEST_API_KEY", "a secret")
    assert "a secret" not in python(session, "import os; print(dict(os.environ))").stdout


def test_a_closed_session_refuses_and_may_be_closed_again(sandbox):
    session = sandbox.session()
    session.run(["true"])
    session.close()
    session.close()
    with pytest.raises(SandboxError, match="closed"):
        session.run(["true"])


async def test_cancelling_kills_the_command(sandbox):
    async with sandbox.session() as session:
        task = asyncio.create_task(session.arun(["sleep", "60"], limits=Limits(wall_seconds=60)))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)
        assert (await session.arun(["true"])).verdict == "ok"


async def test_cancelling_before_the_command_has_started_kills_it_too(sandbox):
    async with sandbox.session() as session:
        task = asyncio.create_task(session.arun(["sleep", "60"], limits=Limits(wall_seconds=60)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)


def test_closing_a_session_from_another_thread_ends_its_run(sandbox):
    session = sandbox.session()
    closer = threading.Timer(0.5, session.close)
    closer.start()
    done = session.run(["sleep", "60"], limits=Limits(wall_seconds=60))
    closer.join()
    assert done.verdict == "infrastructure"
    assert done.seconds < 30


async def test_sessions_run_side_by_side_without_seeing_each_other(sandbox):
    async def one(number: int) -> str:
        async with sandbox.session() as session:
            code = "import os, time; time.sleep(0.2); print(os.listdir('.'), open('n').read())"
            return (await session.arun(["python3", "-c", code], files={"n": str(number)})).stdout

    assert await asyncio.gather(*map(one, range(4))) == [f"['n'] {number}\n" for number in range(4)]


@pytest.mark.parametrize("isolated_python", [True, False])
@pytest.mark.parametrize("module", ["pytest", "coverage"])
def test_the_tools_can_be_imported(session, module, isolated_python):
    argv = ["python3", *(["-I"] if isolated_python else []), "-c", f"import {module}"]
    assert session.run(argv).verdict == "ok"


def test_the_tools_work_as_programs(session):
    files = {"test_it.py": "import os\ndef test_it():\n    assert 1 + 1 == 2\n"}
    assert "1 passed" in session.run(["python3", "-m", "pytest", "-q"], files=files).stdout
    assert "1 passed" in session.run(["pytest", "-q"], files=files).stdout
    assert session.run(["coverage", "run", "-m", "pytest", "-q"], files=files).verdict == "ok"
    assert "F401" in session.run(["ruff", "check", "."], files=files).stdout


@pytest.fixture(params=REAL)
def real_session(request):
    with resolve_sandbox(request.param).session() as session:
        yield session


def test_memory_that_is_really_used_up_is_out_of_memory(real_session):
    code = "import mmap\nm = mmap.mmap(-1, 300 << 20)\nfor i in range(0, 300 << 20, 4096): m[i] = 1"
    done = python(real_session, code, limits=Limits(memory_bytes=128 * MiB))
    assert done.verdict == "out_of_memory"


def test_peak_memory_is_the_runs_and_not_the_callers(real_session):
    # The kernel counts what a process was before it became another program: a caller with a model in it is large.
    ballast = bytearray(b"x") * (700 * MiB)
    small = python(real_session, "pass")
    large = python(real_session, "x = bytearray(b'x') * (100 << 20)")
    del ballast
    assert small.peak_memory_bytes < 50 * MiB
    assert 100 * MiB < large.peak_memory_bytes < 200 * MiB


def test_processor_time_counts_children(real_session):
    burn = "import time; e = time.process_time() + 0.5\nwhile time.process_time() < e: pass"
    done = python(real_session, "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])", burn)
    assert done.cpu_seconds >= 0.5


def test_the_tools_are_the_only_packages(real_session):
    for module in ("motet", "openai", "docker", "langgraph", "numpy"):
        done = python(real_session, f"import {module}")
        assert done.verdict == "failed", module
        assert "ModuleNotFoundError" in done.stderr


def test_files_together_have_only_the_room_they_were_given(real_session):
    code = """
import errno
try:
    for n in range(100):
        with open(f'f{n}', 'wb') as file: file.write(b'x' * 500_000)
except OSError as error:
    print(n, errno.errorcode[error.errno])
"""
    done = python(real_session, code, limits=Limits(file_bytes=4 * MiB))
    number, error = done.stdout.split()
    assert int(number) <= 8
    assert error == "ENOSPC"


def test_a_file_larger_than_allowed_cannot_be_written(real_session):
    done = python(real_session, "open('f', 'wb').write(b'x' * 5_000_000)", limits=Limits(file_bytes=4 * MiB))
    assert done.verdict == "failed"


def test_processes_have_only_the_number_they_were_given(real_session):
    code = """
import os, time
alive = 0
try:
    while alive < 99:
        if os.fork() == 0: time.sleep(30)
        alive += 1
except OSError: pass
print(alive)
"""
    done = python(real_session, code, limits=Limits(processes=16))
    assert 8 <= int(done.stdout) <= 16


def test_open_files_have_only_the_number_they_were_given(real_session):
    code = "files = []\ntry:\n  while True: files.append(open('/dev/null'))\nexcept OSError: print(len(files))"
    assert int(python(real_session, code, limits=Limits(open_files=32)).stdout) <= 32


@pytest.mark.bubblewrap
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("kind", ["bubblewrap", "unsafe-host"])
def test_a_caller_that_is_ended_takes_its_run_with_it(kind, ending, tmp_path):
    mark = f"7{uuid.uuid4().int % 10**8}"
    code = f"""
from motet.tools.sandbox import Limits, resolve_sandbox
with resolve_sandbox({kind!r}).session() as session:
    session.run(["sleep", {mark!r}], limits=Limits(wall_seconds=60))
"""

    def runs() -> bool:
        return f"sleep\0{mark}\0".encode() in map(read_command, Path("/proc").glob("[0-9]*/cmdline"))

    # What one that is killed cannot remove must not lie about after the tests.
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL, env=environment) as caller:
        wait_until(runs)
        caller.send_signal(ending)
        caller.wait(20)
    wait_until(lambda: not runs())


def read_command(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def wait_until(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
