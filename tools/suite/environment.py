"""The packages that a repository's code needs beside Python's own, lent to the sandbox and never run outside."""

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

INSIDE = "/mnt/packages"
"""Where the sandbox shows them."""
FOLDERS = (".venv", "venv", "env", ".env")


class NoEnvironmentError(Exception):
    """There is no environment where one was named; the message says what to do."""


class Environment(BaseModel):
    """A folder of installed packages."""

    model_config = ConfigDict(frozen=True)

    site_packages: Path
    python: str
    """The Python it was made for, such as `3.11`; compiled packages run on no other."""
    reason: str
    """How it was found, in words."""

    @property
    def folders(self) -> Mapping[str, Path]:
        """What the sandbox has to show: for `resolve_sandbox(..., folders=...)`."""
        return {INSIDE: self.site_packages}


def find_environment(root: Path, *, python: str | None = None) -> Environment | None:
    """Find a repository's installed packages by the layout of folders. Nothing in them is run.

    Args:
        root: The repository; a virtual environment in it is found by its `pyvenv.cfg`.
        python: An interpreter, such as `.venv/bin/python`, or the folder of an environment. It is looked at only.

    Returns:
        `None` where `python` is not given and the repository has no environment.

    Raises:
        NoEnvironmentError: `python` leads to no environment.
    """
    if python is not None:
        named = Path(python).expanduser()
        home = named if named.is_dir() else named.parent.parent
        found = _read(home, f"the Python given, {python}")
        if found is None:
            raise NoEnvironmentError(
                f"{python} belongs to no virtual environment: {home} has no pyvenv.cfg with a folder "
                "lib/python3.*/site-packages. Make one with `python -m venv .venv` and install the repository's "
                "dependencies into it."
            )
        return found
    candidates = (_read(root / name, f"the folder {name} of the repository") for name in FOLDERS)
    return next((found for found in candidates if found is not None), None)


def _read(home: Path, reason: str) -> Environment | None:
    try:
        text = (home / "pyvenv.cfg").read_text("utf-8", "replace")[:10_000]
    except OSError:
        return None
    stated = re.search(r"^version(?:_info)?\s*=\s*(\d+\.\d+)", text, re.MULTILINE)
    places = sorted(home.glob("lib/python3.*/site-packages"))
    if stated is not None:
        places = [place for place in places if place.parent.name == f"python{stated[1]}"] or places
    for place in places:
        # A link could lead anywhere, and its target would be shown to the sandbox.
        resolved = place.resolve()
        if place.is_dir() and resolved.is_relative_to(home.resolve()):
            return Environment(site_packages=resolved, python=place.parent.name.removeprefix("python"), reason=reason)
    return None
