"""Which sandbox is taken, and that it is never silently a weaker one."""

import subprocess
import sys

import pytest

from motet.tools.sandbox import Capabilities, NoSandboxError, SandboxError, resolve, resolve_sandbox, survey


class StandIn:
    """A sandbox that works, does not work, or does not isolate."""

    def __init__(self, kind: str, *, problem: str | None = None, isolated: bool = True) -> None:
        self.kind = kind
        self._problem = problem
        self._isolated = isolated

    @property
    def capabilities(self) -> Capabilities:
        if self._problem:
            raise NoSandboxError(self._problem)
        return Capabilities(**dict.fromkeys(Capabilities.model_fields, True) | {"network_off": self._isolated})

    def session(self):
        raise NotImplementedError

    def close(self) -> None:
        pass


@pytest.fixture
def kinds(monkeypatch):
    """Replace the real kinds; what is asked for is made from here."""

    def replace(**sandboxes: StandIn) -> None:
        made = {kind: (lambda sandbox=sandbox: sandbox) for kind, sandbox in sandboxes.items()}
        monkeypatch.setattr(resolve, "_KINDS", resolve._KINDS | made)
        monkeypatch.setattr(resolve, "_instances", {})

    return replace


def test_auto_prefers_docker(kinds):
    kinds(docker=StandIn("docker"), bubblewrap=StandIn("bubblewrap"))
    assert resolve_sandbox().kind == "docker"
    assert [status.kind for status in survey() if status.chosen] == ["docker"]


def test_auto_takes_bubblewrap_where_docker_has_no_image_and_the_survey_says_why(kinds):
    kinds(docker=StandIn("docker", problem="no image; run `motet sandbox build`"), bubblewrap=StandIn("bubblewrap"))
    assert resolve_sandbox("auto").kind == "bubblewrap"
    docker, bubblewrap, host = survey()
    assert "motet sandbox build" in docker.problem
    assert not docker.works
    assert bubblewrap.chosen
    assert not host.works


def test_what_does_not_isolate_is_not_taken_by_auto_nor_by_its_name(kinds):
    kinds(docker=StandIn("docker", isolated=False), bubblewrap=StandIn("bubblewrap"))
    assert resolve_sandbox().kind == "bubblewrap"
    with pytest.raises(NoSandboxError, match="network_off"):
        resolve_sandbox("docker")


def test_where_nothing_works_the_error_has_every_reason_and_the_host_is_not_used(kinds):
    kinds(docker=StandIn("docker", problem="no engine"), bubblewrap=StandIn("bubblewrap", problem="AppArmor"))
    with pytest.raises(NoSandboxError, match=r"docker: no engine\nbubblewrap: AppArmor"):
        resolve_sandbox()


def test_a_named_kind_that_does_not_work_is_not_replaced(kinds):
    kinds(docker=StandIn("docker", problem="no engine"), bubblewrap=StandIn("bubblewrap"))
    with pytest.raises(NoSandboxError, match="no engine"):
        resolve_sandbox("docker")


@pytest.mark.parametrize("spec", ["", "local", "host", "unsafe", "Docker"])
def test_an_unknown_kind_is_an_error_that_lists_the_kinds(spec):
    with pytest.raises(SandboxError, match="auto, docker, bubblewrap, unsafe-host"):
        resolve_sandbox(spec)


def test_a_kind_is_shared_and_a_sandbox_is_given_back():
    sandbox = resolve_sandbox("unsafe-host")
    assert resolve_sandbox("unsafe-host") is sandbox
    assert resolve_sandbox(sandbox) is sandbox


def test_importing_sandboxes_does_not_load_the_docker_sdk():
    code = "import motet.tools.sandbox, sys; sys.exit('docker' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.bubblewrap
def test_where_no_namespace_can_be_made_the_error_names_the_setting(monkeypatch, tmp_path):
    from motet.tools.sandbox import bubblewrap_setup
    from motet.tools.sandbox.bubblewrap import BubblewrapSandbox

    setting = tmp_path / "apparmor_restrict_unprivileged_userns"
    setting.write_text("1\n")
    (_, value, cause), *_ = bubblewrap_setup.CAUSES
    monkeypatch.setattr(bubblewrap_setup, "CAUSES", ((str(setting), value, cause),))
    monkeypatch.setattr(bubblewrap_setup, "bubblewrap_programs", lambda: iter([tmp_path / "bwrap"]))
    with pytest.raises(NoSandboxError, match=r"kernel\.apparmor_restrict_unprivileged_userns=1"):
        _ = BubblewrapSandbox().capabilities
