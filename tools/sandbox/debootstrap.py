"""Makes the root of an image out of the system's packages, for machines that reach a mirror but no registry."""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from motet.tools.sandbox.protocol import SandboxError

FALLBACK_SUITE = "stable"
LEFT_OUT = ("./var/cache/*", "./var/lib/apt/lists/*", "./usr/share/doc/*", "./usr/share/man/*", "./usr/share/locale/*")
"""What no run needs, and half of the size."""
TAIL = 1500
"""How much of a failed command's output goes into the error."""


@contextmanager
def make_root(packages: Sequence[str], why: str, say: Callable[[str], None]) -> Generator[Path]:
    """A tar file with Python and the given Python packages in it, for as long as the context lasts.

    Args:
        packages: Requirements, pinned; fetched with pip as wheels for the Python inside.
        why: What made this necessary, for the error.
        say: Told in a line what is being done.

    Raises:
        SandboxError: A part is missing, or a step failed.
    """
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise SandboxError(
            f"No sandbox image can be built here: {why}, and a base of system packages needs root and debootstrap. "
            "Either make the registry reachable (a mirror or a proxy for the Docker Engine), or run "
            "`sudo apt-get install debootstrap` and then `sudo motet sandbox build`."
        )
    with tempfile.TemporaryDirectory(prefix="motet-image-") as folder:
        root, tarball = Path(folder, "root"), Path(folder, "root.tar")
        suite = _suite()
        say(f"Unpacking {suite} packages (a minute or so) ...")
        mirror = _mirror(suite)
        _do(["debootstrap", "--variant=minbase", "--include=python3", suite, str(root), *([mirror] if mirror else [])])
        say(f"Adding {', '.join(packages)} ...")
        _add_wheels(root, packages)
        _do(["tar", "-C", str(root), *(f"--exclude={path}" for path in LEFT_OUT), "-cf", str(tarball), "."])
        yield tarball


def _suite() -> str:
    """The host's own release where it is Debian or one of its children: what its mirror surely has."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return FALLBACK_SUITE
    return release.get("VERSION_CODENAME", FALLBACK_SUITE)


def _mirror(suite: str) -> str | None:
    """Where the host's apt finds that release; `None` leaves it to debootstrap."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", f"Codename: {suite}"]
    try:
        found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return None
    return found[0] if found else None


def _add_wheels(root: Path, packages: Sequence[str]) -> None:
    """Install wheels for the Python of the root, with the pip of the host: there is none inside."""
    version = next(path.name for path in (root / "usr/bin").iterdir() if re.fullmatch(r"python3\.\d+", path.name))
    target = root / "usr/local/lib" / version / "dist-packages"
    platforms = [f"manylinux_2_{minor}_{platform.machine()}" for minor in (28, 17)]
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--root-user-action=ignore",
    ]
    wheels = ["--only-binary=:all:", "--implementation=cp", f"--python-version={version.removeprefix('python')}"]
    wheels += [f"--platform={name}" for name in (*platforms, f"manylinux2014_{platform.machine()}")]
    _do([*pip, *wheels, f"--target={target}", *packages])
    for script in (target / "bin").iterdir():
        content = script.read_bytes()
        if content.startswith(b"#!"):
            # It names the interpreter of the host.
            content = b"#!/usr/bin/python3\n" + content.split(b"\n", 1)[1]
        placed = root / "usr/local/bin" / script.name
        placed.write_bytes(content)
        placed.chmod(0o755)
    shutil.rmtree(target / "bin")
    # Nothing can be written there later, and the host's Python has compiled for itself.
    _do(["chroot", str(root), "/usr/bin/python3", "-m", "compileall", "-q", f"/{target.relative_to(root)}"])


def _do(argv: Sequence[str]) -> None:
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise SandboxError(f"Building the sandbox image failed at `{' '.join(argv)}`:\n{done.stdout[-TAIL:]}")
