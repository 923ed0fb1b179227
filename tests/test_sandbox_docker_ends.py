"""What the Docker sandbox leaves behind, and what it says where it cannot begin."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from motet.tools.sandbox import Limits, NoSandboxError
from motet.tools.sandbox import image as image_module
from motet.tools.sandbox.docker import DockerSandbox
from motet.tools.sandbox.docker_owner import OWNER_LABEL, SANDBOX_LABEL, is_gone, labels
from motet.tools.sandbox.image import image_name

docker_test = pytest.mark.docker


def docker(*arguments: str) -> str:
    # Unchecked: a container may be gone between two questions about it.
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False).stdout


def containers_of(pid: int) -> list[str]:
    label = f'{{{{.Label "{OWNER_LABEL}"}}}}'
    owners = docker("ps", "-a", "--filter", f"label={SANDBOX_LABEL}=1", "--format", label).split()
    return [owner for owner in owners if owner.split("/")[1] == str(pid)]


def containers_running(command: str) -> list[str]:
    mine = docker("ps", "-q", "--filter", f"label={OWNER_LABEL}={labels()[OWNER_LABEL]}").split()
    return [container for container in mine if command in docker("top", container)]


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


@docker_test
async def test_cancelling_kills_the_command_and_the_session_goes_on() -> None:
    sandbox = DockerSandbox(pool_size=0)
    async with sandbox.session() as session:
        assert (await session.arun(["true"])).verdict == "ok"
        run = asyncio.create_task(session.arun(["sleep", "600"], limits=Limits(wall_seconds=600)))
        await asyncio.sleep(0.2)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert (await session.arun(["true"])).verdict == "ok"
    sandbox.close()


@docker_test
def test_a_container_that_is_taken_away_tells_nothing_about_the_code() -> None:
    sandbox = DockerSandbox(pool_size=0)
    with sandbox.session() as session, ThreadPoolExecutor(1) as threads:
        assert session.run(["true"]).verdict == "ok"
        run = threads.submit(session.run, ["sleep", "60"], limits=Limits(wall_seconds=60))
        assert eventually(lambda: bool(containers_running("sleep 60")))
        docker("rm", "-f", *containers_running("sleep 60"))
        assert run.result().verdict == "infrastructure"
        assert session.run(["true"]).verdict == "ok"
    sandbox.close()


OWNER = """
import signal
from motet.tools.sandbox import Limits
from motet.tools.sandbox.docker import DockerSandbox
# Whoever runs these tests may have been started with the signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Without a pool nothing is being made when the end comes: what was made and never started is the next test's business.
sandbox = DockerSandbox(pool_size=0)
session = sandbox.session()
session.run(["true"])
print("ready", flush=True)
session.run(["sleep", "600"], limits=Limits(wall_seconds=600))
"""


@docker_test
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_of_a_process_that_was_ended_in_a_run(end: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as owner:
        try:
            assert owner.stdout is not None
            assert owner.stdout.readline() == b"ready\n"
            assert containers_of(owner.pid)
            owner.send_signal(end)
            owner.communicate(timeout=60)
        finally:
            owner.kill()
    assert eventually(lambda: not containers_of(owner.pid))


@docker_test
def test_a_container_that_its_owner_never_started_is_removed_by_the_next_process() -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    label = labels()[OWNER_LABEL].split("/")[0] + f"/{dead.pid}/1"
    marked = ["--label", f"{SANDBOX_LABEL}=1", "--label", f"{OWNER_LABEL}={label}"]
    docker("create", *marked, image_name(), "true")
    assert containers_of(dead.pid)
    sandbox = DockerSandbox(pool_size=0)
    sandbox.session().close()
    sandbox.close()
    assert not containers_of(dead.pid)


def test_only_an_owner_that_this_machine_knows_to_be_gone_is_gone() -> None:
    mine = labels()[OWNER_LABEL]
    assert not is_gone(mine)
    assert is_gone(mine + "0"), "another process with the same number"
    assert not is_gone(f"another-machine/{os.getpid()}/1")
    assert not is_gone("")


def test_no_engine_is_an_error_that_names_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    sandbox = DockerSandbox()
    with pytest.raises(NoSandboxError, match=r"unix:///nowhere/docker\.sock"):
        sandbox.session()
    sandbox.close()


@docker_test
def test_a_missing_image_is_an_error_that_says_how_to_build_it(monkeypatch: pytest.MonkeyPatch) -> None:
    built = image_name()
    monkeypatch.setattr(image_module, "dockerfile", lambda: "FROM something-else")
    assert image_name() != built, "another Dockerfile is another image"
    with pytest.raises(NoSandboxError, match="motet sandbox build"):
        DockerSandbox().session()


def test_the_sandbox_package_does_not_load_the_docker_sdk() -> None:
    code = "import sys, motet.tools.sandbox, motet.tools.sandbox.docker\nassert 'docker' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
