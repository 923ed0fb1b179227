"""One container with a supervisor in it, and the conversation with that."""

import json
import selectors
import socket
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from motet.tools.sandbox.docker_owner import labels
from motet.tools.sandbox.protocol import Limits, MiB, NoSandboxError, Verdict

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

USER = 65534
AREA = "/tmp"  # noqa: S108 - a tmpfs of the container's own
"""The one writable file system: the work area is a folder in it, so that all files share one room."""
SHARED_MEMORY_BYTES = 16 * MiB
"""For `/dev/shm`, without which `multiprocessing` has no locks."""
SUPERVISOR_BYTES = 16 * MiB
"""What the supervisor itself takes, on top of what the run may use."""
MAX_INODES = 20_000
"""Files and folders at once; bounds how long it takes to remove them."""
OPEN_FILES = 4096
"""The most that `Limits.open_files` gets; an engine may be held to little more, and cannot give what it has not."""
START_SECONDS = 60.0
"""How long a container may take to be ready; far more than a loaded machine has needed."""
REMOVE_SECONDS = 60.0
FRAME_HEADER = struct.Struct(">BxxxL")
STDERR = 2
KILLED_EXIT_CODE = "137"

INSIDE = ("output", "seccomp", "supervised", "supervisor")
"""The modules of this folder that run inside, the last one as the program; each imports only those before it."""
BOOT = """
import json, sys, types
for name, text in json.loads(sys.argv.pop(1)).items():
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
module.main()
"""


class Shape(NamedTuple):
    """What is fixed when a container is made. A run under limits of another shape needs another container."""

    memory_bytes: int
    processes: int
    file_bytes: int

    @classmethod
    def of(cls, limits: Limits) -> Self:
        """The shape for some limits."""
        return cls(limits.memory_bytes, limits.processes, limits.file_bytes)


class MachineGoneError(Exception):
    """The connection has ended: the container has, or the engine."""


class Machine:
    """A running container, ready for one request after the other. Made by `start`."""

    def __init__(self, client: "DockerClient", container: "Container", stream: Any, shape: Shape) -> None:
        self.shape = shape
        self.complaints = bytearray()
        """What the supervisor wrote to its stderr: why it ended, if it did."""
        self._client = client
        self._container = container
        self._stream = stream
        self._socket: socket.socket = getattr(stream, "_sock", stream)
        self._asked_at = 0.0
        self._said = bytearray()
        self._ready = False

    @classmethod
    def start(
        cls,
        client: "DockerClient",
        image: str,
        shape: Shape,
        *,
        cpus: float,
        runtime: str | None,
        folders: Mapping[str, Path],
    ) -> Self:
        """Make a container and wait until it is ready.

        Raises:
            NoSandboxError: The image is missing, the engine refused, or nothing inside answered.
        """
        from docker.errors import APIError, ImageNotFound

        try:
            container = client.containers.create(image, **_hardened(shape, cpus, runtime), mounts=_mounts(folders))
        except ImageNotFound as error:
            raise NoSandboxError(f"There is no image {image}; run `motet sandbox build`.") from error
        except APIError as error:
            raise NoSandboxError(f"The Docker Engine did not make a container from {image}: {error}") from error
        machine = None
        try:
            # Attached before it starts, so that nothing it says is missed.
            wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            machine = cls(client, container, client.api.attach_socket(container.id, params=wanted), shape)
            container.start()
            machine.wait_ready(START_SECONDS)
        except BaseException as error:
            if machine is None:
                _remove(client, container)
                raise
            machine.remove()
            if not isinstance(error, (APIError, MachineGoneError, TimeoutError)):
                raise
            said = machine.complaints.decode(errors="replace").strip() or error
            raise NoSandboxError(f"A container from {image} did not become ready: {said}") from error
        return machine

    def is_ready(self) -> bool:
        """Whether a request can be sent now, without waiting."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            # Between requests nothing is said, so that something to read is the end.
            return self._ready and not selector.select(0)

    def wait_ready(self, seconds: float) -> None:
        """Wait until the machine has been cleaned for the next request.

        Raises:
            MachineGoneError: It has ended instead.
            TimeoutError: It has not said so in time.
        """
        if not self._ready:
            self._hear(time.monotonic() + seconds)
            self._ready = True

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Send a request to a machine that is ready, and wait for the reply.

        Raises:
            MachineGoneError: It has ended before it replied.
            TimeoutError: It did not reply in time.
        """
        self._ready = False
        self._asked_at = time.time()
        deadline = time.monotonic() + seconds
        data = json.dumps(request).encode()
        try:
            self._socket.settimeout(seconds)
            self._socket.sendall(struct.pack("!I", len(data)) + data)
        except TimeoutError:
            raise
        except OSError as error:
            raise MachineGoneError(str(error)) from error
        return self._hear(deadline)

    def cause_of_death(self) -> Verdict:
        """After its end during a request: whose doing that was."""
        from docker.errors import DockerException

        with suppress(DockerException, OSError):
            # The engine may still be writing it down: a moment is added.
            events = self._client.api.events(
                since=int(self._asked_at),
                until=int(time.time()) + 2,
                filters={"container": self._container.id, "event": ["oom", "die"]},
                decode=True,
            )
            for event in events:
                if event["Action"] == "oom":
                    return "out_of_memory"
                # A supervisor that ended by itself was brought to it from inside; SIGKILL comes from the engine.
                if event["Actor"]["Attributes"].get("exitCode") != KILLED_EXIT_CODE:
                    return "failed"
                break
        return "infrastructure"

    def hang_up(self) -> None:
        """End it: at the end of its input the supervisor exits, and every process inside with it. Does not wait."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def remove(self) -> None:
        """End it whatever it does, and wait until it is gone."""
        self.hang_up()
        _remove(self._client, self._container)
        if (response := getattr(self._stream, "_response", None)) is not None:
            response.close()
        self._socket.close()

    def _hear(self, deadline: float) -> dict[str, Any]:
        while True:
            if len(self._said) >= 4:
                (length,) = struct.unpack_from("!I", self._said)
                if len(self._said) >= 4 + length:
                    message = json.loads(self._said[4 : 4 + length])
                    del self._said[: 4 + length]
                    return message
            kind, length = FRAME_HEADER.unpack(self._receive(FRAME_HEADER.size, deadline))
            (self.complaints if kind == STDERR else self._said).extend(self._receive(length, deadline))

    def _receive(self, length: int, deadline: float) -> bytearray:
        data = bytearray()
        while len(data) < length:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError
            try:
                self._socket.settimeout(remaining)
                chunk = self._socket.recv(length - len(data))
            except TimeoutError:
                raise
            except OSError as error:
                raise MachineGoneError(str(error)) from error
            if not chunk:
                raise MachineGoneError("the container has ended")
            data += chunk
        return data


def _hardened(shape: Shape, cpus: float, runtime: str | None) -> dict[str, Any]:
    """Everything that keeps the code inside; there is nothing to loosen it with."""
    from docker.types import LogConfig, Ulimit

    package = "motet.tools.sandbox"
    texts = {f"{package}.{name}": (resources.files(package) / f"{name}.py").read_text("utf-8") for name in INSIDE}
    # Files lie in memory too: room for them comes on top of what processes may hold.
    memory = shape.memory_bytes + shape.file_bytes + SUPERVISOR_BYTES
    area = f"rw,exec,nosuid,nodev,size={shape.file_bytes},nr_inodes={MAX_INODES},mode=1777,uid={USER},gid={USER}"
    return {
        "entrypoint": ["python3", "-I", "-S", "-c", BOOT, json.dumps(texts)],
        "command": [AREA, "/dev/shm", "/dev/mqueue"],  # noqa: S108
        "user": f"{USER}:{USER}",
        "working_dir": "/",
        "hostname": "sandbox",
        "stdin_open": True,
        "labels": labels(),
        "log_config": LogConfig(type=LogConfig.types.NONE),
        "use_config_proxy": False,
        "runtime": runtime,
        # The supervisor is process 1 itself, see there.
        "init": False,
        "auto_remove": True,
        "network_mode": "none",
        "ipc_mode": "private",
        "cgroupns": "private",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "read_only": True,
        "tmpfs": {AREA: area},
        "shm_size": SHARED_MEMORY_BYTES,
        "mem_limit": memory,
        "memswap_limit": memory,
        "pids_limit": shape.processes + 1,
        "nano_cpus": round(cpus * 1e9),
        "ulimits": [
            Ulimit(name="nofile", soft=OPEN_FILES, hard=OPEN_FILES),
            Ulimit(name="fsize", soft=shape.file_bytes, hard=shape.file_bytes),
            Ulimit(name="core", soft=0, hard=0),
        ],
    }


def _mounts(folders: Mapping[str, Path]) -> list[Any]:
    """Folders of the host, checked, to be read only. File systems that are mounted within one are not shown."""
    from docker.types import Mount

    mounts = [Mount(inside, str(folder), type="bind", read_only=True) for inside, folder in folders.items()]
    for mount in mounts:
        mount["BindOptions"] = {"NonRecursive": True, "Propagation": "rprivate"}
    return mounts


def _remove(client: "DockerClient", container: "Container") -> None:
    from docker.errors import APIError, DockerException, NotFound

    try:
        client.api.remove_container(container.id, force=True)
    except NotFound:
        return
    except APIError:
        # Its own end has begun to remove it already; that takes a moment.
        with suppress(DockerException, OSError):
            client.api.wait(container.id, condition="removed", timeout=REMOVE_SECONDS)
