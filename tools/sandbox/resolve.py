"""Chooses a sandbox: by name, or the best that works here. It never settles for one that is not isolated."""

import atexit
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from motet.tools.sandbox.folders import NO_FOLDERS, Folders
from motet.tools.sandbox.protocol import Capabilities, NoSandboxError, Sandbox, UnknownSandboxError

AUTO = "auto"
AUTOMATIC = ("docker", "bubblewrap")
"""What `auto` considers, the first that works first."""


class SandboxStatus(BaseModel):
    """Whether a kind of sandbox works on this machine."""

    model_config = ConfigDict(frozen=True)

    kind: str
    """Its name for `resolve_sandbox`."""
    problem: str | None
    """Why it does not work and what to do; nothing where it runs code and keeps it away from the host."""
    capabilities: Capabilities | None
    """What it enforces, where it could be tried."""
    chosen: bool
    """Whether `auto` takes it."""

    @property
    def works(self) -> bool:
        """Whether it runs code and keeps it away from the host."""
        return self.problem is None


UNSAFE_HOST = SandboxStatus(
    kind="unsafe-host",
    problem="It runs code as you, on this machine. Only taken when asked for by name; nothing it shows is verified.",
    capabilities=None,
    chosen=False,
)


def resolve_sandbox(spec: str | Sandbox = AUTO, *, folders: Folders = NO_FOLDERS, image: str | None = None) -> Sandbox:
    """Get a sandbox. One of each kind is shared by the whole process and closed at its end.

    Args:
        spec: `auto` for Docker where an engine answers and has motet's image, else bubblewrap; `docker` or `bubblewrap`
            for that kind or an error; `unsafe-host` for the bare host, which no other word leads to; or a sandbox,
            which is given back as it is. The result's `kind` says what was taken.
        folders: Folders of the host that runs find, read-only, by their path inside, which is below /mnt. Who asks for
            the same ones gets the same sandbox. The bare host shows all of itself anyway.
        image: A Docker image of the user's, with a Python and packages of its own: then no `folders` are shown.

    Raises:
        NoSandboxError: The wanted kind does not work here, or with `auto` none; the message says why and what to do.
        SandboxError: One of the folders may not be shown.
        UnknownSandboxError: There is no such kind.
    """
    if not isinstance(spec, str):
        return spec
    wants = Wants(() if image is not None else tuple(sorted(folders.items())), image)
    if spec == AUTO:
        return _automatic(wants)
    if spec not in _KINDS:
        raise UnknownSandboxError(f"There is no sandbox {spec!r}. There are: {', '.join((AUTO, *_KINDS))}.")
    sandbox = _shared(spec, wants)
    if spec in AUTOMATIC:
        _require_isolated(sandbox)
    return sandbox


def survey() -> list[SandboxStatus]:
    """Try every kind on this machine, in the order in which `auto` does."""
    statuses: list[SandboxStatus] = []
    for kind in AUTOMATIC:
        capabilities = problem = None
        try:
            sandbox = _shared(kind)
            capabilities = sandbox.capabilities
            _require_isolated(sandbox)
        except NoSandboxError as error:
            problem = str(error)
        chosen = problem is None and not any(status.chosen for status in statuses)
        statuses.append(SandboxStatus(kind=kind, problem=problem, capabilities=capabilities, chosen=chosen))
    return [*statuses, UNSAFE_HOST]


def _automatic(wants: "Wants") -> Sandbox:
    failures = []
    for kind in AUTOMATIC:
        try:
            sandbox = _shared(kind, wants)
            _require_isolated(sandbox)
        except NoSandboxError as error:
            failures.append(f"{kind}: {error}")
        else:
            return sandbox
    raise NoSandboxError("No sandbox works on this machine.\n" + "\n".join(failures))


def _require_isolated(sandbox: Sandbox) -> None:
    """The floor: below it code is not kept away from the host, whatever the kind is called."""
    if not sandbox.capabilities.isolated:
        missing = [name for name, enforced in sandbox.capabilities.model_dump().items() if not enforced]
        raise NoSandboxError(
            f"The {sandbox.kind} sandbox runs here but does not keep code away from the host; not enforced: "
            f"{', '.join(missing)}."
        )


class Wants(NamedTuple):
    """What a sandbox is to have besides its kind."""

    folders: tuple[tuple[str, Path], ...] = ()
    image: str | None = None


NOTHING = Wants()


def _docker(wants: Wants = NOTHING) -> Sandbox:
    from motet.tools.sandbox.docker import DockerSandbox

    return DockerSandbox(folders=dict(wants.folders), image=wants.image)


def _bubblewrap(wants: Wants = NOTHING) -> Sandbox:
    from motet.tools.sandbox.bubblewrap import BubblewrapSandbox

    if wants.image is not None:
        raise NoSandboxError(f"The image {wants.image} needs the docker sandbox; bubblewrap shows this system only.")
    return BubblewrapSandbox(folders=dict(wants.folders))


def _unsafe_host(_wants: Wants = NOTHING) -> Sandbox:
    from motet.tools.sandbox.unsafe_host import UnsafeHostSandbox

    return UnsafeHostSandbox()


_KINDS: dict[str, Callable[..., Sandbox]] = {
    "docker": _docker,
    "bubblewrap": _bubblewrap,
    "unsafe-host": _unsafe_host,
}
_instances: dict[tuple[int, str, Wants], Sandbox] = {}
_lock = threading.Lock()


def _shared(kind: str, wants: Wants = NOTHING) -> Sandbox:
    with _lock:
        # By process too: a fork must neither use nor close what its parent holds.
        key = (os.getpid(), kind, wants)
        if key not in _instances:
            if not _instances:
                atexit.register(_close_all)
            _instances[key] = _KINDS[kind]() if wants == NOTHING else _KINDS[kind](wants)
        return _instances[key]


def _close_all() -> None:
    for (owner, *_), sandbox in list(_instances.items()):
        if owner == os.getpid():
            sandbox.close()
