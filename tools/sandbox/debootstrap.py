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
from pathlib import Path, PurePosixPath

from motet.tools.sandbox.protocol import SandboxError
from motet.tools.sandbox.toolbox import apart_program

FALLBACK_SUITE = "stable"
LEFT_OUT = ("./var/cache/*", "./var/lib/apt/lists/*", "./usr/share/doc/*", "./usr/share/man/*", "./usr/share/locale/*")
"""What no run needs, and half of the size."""
INTERPRETER = "#!/usr/bin/python3\n"
BANDIT = PurePosixPath("/opt/bandit")
"""Where the Dockerfile has it too."""
TAIL = 1500
"""How much of a failed command's output goes into the error."""


@contextmanager
def make_root(packages: Sequence[str], apart: Sequence[str], why: str, say: Callable[[str], None]) -> Generator[Path]:
    """A tar file with Python and the given Python packages in it, for as long as the context lasts.

    Args:
        packages: Requirements, pinned; fetched with pip as wheels for the Python inside.
        apart: Bandit and what it needs, where only bandit finds it.
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
        say(f"Adding {', '.join((*packages, *apart))} ...")
        _add_packages(root, packages)
        _add_bandit(root, apart)
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


def _add_packages(root: Path, packages: Sequence[str]) -> None:
    """Install packages for the Python of the root, with their programs."""
    target = root / "usr/local/lib" / _python_of(root) / "dist-packages"
    _add_wheels(root, target, packages)
    for script in (target / "bin").iterdir():
        content = script.read_bytes()
        if content.startswith(b"#!"):
            # It names the interpreter of the host.
            content = INTERPRETER.encode() + content.split(b"\n", 1)[1]
        placed = root / "usr/local/bin" / script.name
        placed.write_bytes(content)
        placed.chmod(0o755)
    shutil.rmtree(target / "bin")


def _add_bandit(root: Path, packages: Sequence[str]) -> None:
    """Install packages in a folder of their own, and the one program that looks there."""
    _add_wheels(root, root / BANDIT.relative_to("/"), packages)
    program = root / "usr/local/bin/bandit"
    program.write_text(INTERPRETER + apart_program("bandit", BANDIT))
    program.chmod(0o755)


def _python_of(root: Path) -> str:
    return next(path.name for path in (root / "usr/bin").iterdir() if re.fullmatch(r"python3\.\d+", path.name))


def _add_wheels(root: Path, target: Path, packages: Sequence[str]) -> None:
    """Unpack and compile wheels for the Python of the root, with the pip of the host: there is none inside."""
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
    wheels = [
        "--only-binary=:all:",
        "--implementation=cp",
        f"--python-version={_python_of(root).removeprefix('python')}",
    ]
    wheels += [f"--platform={name}" for name in (*platforms, f"manylinux2014_{platform.machine()}")]
    _do([*pip, *wheels, f"--target={target}", *packages])
    # Nothing can be written there later, and the host's Python has compiled for itself.
    _do(["chroot", str(root), "/usr/bin/python3", "-m", "compileall", "-q", f"/{target.relative_to(root)}"])


def _do(argv: Sequence[str]) -> None:
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise SandboxError(f"Building the sandbox image failed at `{' '.join(argv)}`:\n{done.stdout[-TAIL:]}")
