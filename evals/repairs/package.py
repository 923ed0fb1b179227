"""The packages that repair tasks are made of: real ones, pinned, fetched from PyPI when they are needed."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict

PACKAGES = Path(__file__).with_name("packages.toml")


class UnknownPackageError(LookupError):
    """No package of the list has this name."""


class Package(BaseModel):
    """One source distribution. Its tests need nothing but the standard library and pytest."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Its name on PyPI."""
    version: str
    sha256: str
    """Of the source distribution."""
    license: str
    """Its SPDX name."""
    tests: tuple[str, ...] = ()
    """The test files and folders that tasks are made with; nothing: the whole suite."""
    tasks: int = 0
    """How many tasks the suite has of it."""


def read_packages(path: Path = PACKAGES) -> dict[str, Package]:
    """The packages of a list, by name."""
    rows = tomllib.loads(path.read_text("utf-8"))["package"]
    return {row["name"]: Package.model_validate(row) for row in rows}


def find_package(name: str) -> Package:
    """A package of our own list.

    Raises:
        UnknownPackageError: It is not on it.
    """
    packages = read_packages()
    if name not in packages:
        raise UnknownPackageError(f"No package {name!r}. There are {', '.join(packages)}; add it to {PACKAGES.name}.")
    return packages[name]
