"""Builds the image that Docker sandboxes run in: from the Dockerfile, or from packages where no registry answers."""

import hashlib
import io
import re
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from motet.tools.sandbox.debootstrap import make_root
from motet.tools.sandbox.docker_engine import connect
from motet.tools.sandbox.protocol import SandboxError

if TYPE_CHECKING:
    from docker import DockerClient

REPOSITORY = "motet-sandbox"
LOG_LINES = 15
"""How much of a failed build's log goes into the error."""

Progress = Callable[[str], None]


def dockerfile() -> str:
    """The Dockerfile's text."""
    return resources.files("motet.tools.sandbox").joinpath("Dockerfile").read_text(encoding="utf-8")


def image_name() -> str:
    """The name of this version's image; another Dockerfile is another tag."""
    return f"{REPOSITORY}:{hashlib.sha256(dockerfile().encode()).hexdigest()[:12]}"


def image_exists(image: str | None = None) -> bool:
    """Whether the engine has the image.

    Raises:
        NoSandboxError: No engine answers.
    """
    from docker.errors import ImageNotFound

    client = connect()
    try:
        client.images.get(image or image_name())
    except ImageNotFound:
        return False
    finally:
        client.close()
    return True


def build_image(progress: Progress | None = None) -> str:
    """Build this version's image, whether or not it is there.

    The Dockerfile's base is pulled where a registry can be reached. Where none can, the base is made by debootstrap out
    of the system's own packages, which takes root and about a minute; the Python in it is then the system's.

    Args:
        progress: Told in a line what is being done.

    Returns:
        The image's name.

    Raises:
        NoSandboxError: No engine answers.
        SandboxError: Neither way is open; the message says what stood in each.
    """
    from docker.errors import APIError

    say = progress or (lambda line: None)
    client = connect()
    try:
        base = default_of("BASE")
        try:
            _need(client, base, say)
        except APIError as error:
            why = f"the base image {base} could not be pulled ({error.explanation or error})"
            say(f"No registry: {why}. Making a base with debootstrap instead.")
            _import_packages(client, why, say)
        else:
            _build(client, say)
    finally:
        client.close()
    return image_name()


def default_of(argument: str) -> str:
    """The value of a build argument in the Dockerfile, which is the one place for what the image is made of."""
    match = re.search(rf'^ARG {argument}="?([^"\n]*)"?$', dockerfile(), re.MULTILINE)
    assert match is not None, f"the Dockerfile has no ARG {argument}"
    return match[1]


def _need(client: "DockerClient", base: str, say: Progress) -> None:
    from docker.errors import ImageNotFound

    try:
        client.images.get(base)
    except ImageNotFound:
        say(f"Pulling {base} ...")
        repository, _, tag = base.partition(":")
        client.images.pull(repository, tag=tag or "latest")


def _build(client: "DockerClient", say: Progress) -> None:
    from docker.errors import BuildError

    say(f"Building {image_name()} from the Dockerfile ...")
    try:
        # No build context is sent: the Dockerfile copies nothing. The host network is there on every engine, a bridge
        # is not, and what runs in this build is pip alone.
        client.images.build(
            fileobj=io.BytesIO(dockerfile().encode()), tag=image_name(), network_mode="host", rm=True, forcerm=True
        )
    except BuildError as error:
        raise SandboxError(f"The sandbox image was not built: {error}\n{_tail(error.build_log)}") from error


def _import_packages(client: "DockerClient", why: str, say: Progress) -> None:
    from docker.errors import APIError

    with make_root(default_of("PACKAGES").split(), default_of("APART").split(), why, say) as tarball:
        say(f"Importing {image_name()} ...")
        repository, _, tag = image_name().partition(":")
        changes = ["ENV PATH=/usr/local/bin:/usr/bin:/bin", "ENV LANG=C.UTF-8", 'CMD ["python3"]']
        try:
            client.api.import_image_from_file(str(tarball), repository=repository, tag=tag, changes=changes)
        except APIError as error:
            raise SandboxError(f"The engine did not take the sandbox image: {error}") from error


def _tail(log: Iterable[Mapping[str, Any]]) -> str:
    lines = "".join(str(entry.get("stream") or entry.get("error") or "") for entry in log).splitlines()
    return "\n".join(lines[-LOG_LINES:])
