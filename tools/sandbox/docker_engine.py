"""The way to a Docker Engine. The SDK is imported here, at first use, and typed everywhere else."""

import os
import socket
from typing import TYPE_CHECKING

from motet.tools.sandbox.protocol import NoSandboxError

if TYPE_CHECKING:
    from docker import DockerClient


def connect() -> "DockerClient":
    """A client for the engine that `DOCKER_HOST` or the platform's default names, once it has answered.

    Raises:
        NoSandboxError: Naming the socket that was tried.
    """
    import docker
    from docker.constants import DEFAULT_UNIX_SOCKET
    from docker.errors import DockerException

    tried = docker_host() or DEFAULT_UNIX_SOCKET.replace("http+unix", "unix")
    client = None
    try:
        _knock(tried)
        client = docker.from_env(environment=_environment())
        client.ping()
    except (DockerException, OSError) as error:
        if client is not None:
            client.close()
        raise NoSandboxError(
            f"No Docker Engine answers on {tried} ({_innermost(error)}). Start Docker (on Linux `sudo systemctl start "
            "docker`, elsewhere Docker Desktop), see that your user may open the socket, or point DOCKER_HOST to "
            "another engine."
        ) from error
    return client


def docker_host() -> str | None:
    """The engine's address from the environment or the Docker command's context; `None` for the default."""
    if host := os.environ.get("DOCKER_HOST"):
        return host
    from docker.context import ContextAPI
    from docker.errors import DockerException

    try:
        context = ContextAPI.get_context()
    except (DockerException, OSError, ValueError):
        return None
    return None if context is None else context.Host


def _knock(address: str) -> None:
    """See whether anybody listens on a local socket: the SDK leaks its own where nobody does."""
    if address.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(address.removeprefix("unix://"))


def _environment() -> dict[str, str]:
    host = docker_host()
    # The SDK reads no contexts; only a plain one, without certificates of its own, can be handed over like this.
    return {**os.environ, **({"DOCKER_HOST": host} if host else {})}


def _innermost(error: BaseException) -> str:
    """The first cause, which says what happened; what is around it says who noticed."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return str(error)
