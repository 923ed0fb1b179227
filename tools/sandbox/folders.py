"""Host folders that a sandbox shows read-only, such as installed packages. What may not be shown is refused here."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from motet.tools.sandbox.protocol import SandboxError

Folders = Mapping[str, Path]
"""Folders of the host by their path inside, which is below /mnt."""

NO_FOLDERS: Folders = MappingProxyType({})
BELOW = PurePosixPath("/mnt")
NEVER = tuple(map(Path, ("/proc", "/sys", "/dev", "/run", "/var/run", "/boot", "/etc")))
"""Neither these nor what is in them."""
MOST_ENTRIES = 1_000_000
"""How much is looked through for what no folder may hold."""


def checked_folders(folders: Folders) -> dict[str, Path]:
    """The folders, resolved, once it is clear that they may be shown.

    A socket in a folder would be a way out, because a read-only mount does not keep anybody from connecting to it; so a
    folder that holds one is refused. One that is made there later is not noticed.

    Raises:
        SandboxError: A path inside is not below /mnt; or a folder is none, is the system's, is or holds a user's home,
            or has a socket, a pipe or a device in it.
    """
    checked: dict[str, Path] = {}
    for inside, folder in folders.items():
        place = PurePosixPath(inside)
        if BELOW not in place.parents or ".." in place.parts or str(place) != inside:
            raise SandboxError(f"A sandbox shows folders only below {BELOW}, and {inside!r} is not there.")
        if any(PurePosixPath(other) in place.parents or place in PurePosixPath(other).parents for other in checked):
            raise SandboxError(
                f"{inside} lies in or over another folder that the sandbox shows; put them side by side."
            )
        resolved = Path(os.path.realpath(folder))
        if (problem := _problem(resolved)) is not None:
            raise SandboxError(f"The sandbox does not show {folder}: {problem}.")
        checked[inside] = resolved
    return checked


def _problem(folder: Path) -> str | None:
    if not folder.is_dir():
        return "there is no such folder"
    homes = [Path(os.path.realpath(Path.home())), Path("/root"), Path("/home")]
    if any(home.is_relative_to(folder) for home in homes) or folder.parent == Path("/home"):
        return "it is a home, or holds one; name the folder in it that is needed"
    for system in NEVER:
        real = Path(os.path.realpath(system))
        if folder.is_relative_to(real) or real.is_relative_to(folder):
            return f"it is part of {system}, or holds it"
    strange = next(_strange_in(folder), None)
    return None if strange is None else f"{strange} is a socket, a pipe or a device"


def _strange_in(folder: Path) -> Iterator[str]:
    """What is neither file, folder nor link, at any depth."""
    waiting, count = [str(folder)], 0
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif not entry.is_file(follow_symlinks=False) and not entry.is_symlink():
                        yield entry.path
        except PermissionError:
            continue  # what its owner may not read is not shown to anybody either
        if count > MOST_ENTRIES:
            raise SandboxError(f"{folder} has more than {MOST_ENTRIES} entries; show a folder with less in it.")
