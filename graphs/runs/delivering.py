"""Remembers in a run's folder what was done to the user's repository, so that it can be undone."""

from pathlib import Path

from pydantic import ValidationError

from motet.graphs.runs.errors import RunUnreadableError
from motet.tools.files import write_whole
from motet.tools.git import Delivery

DELIVERY = "delivery.json"


def keep_delivery(folder: Path, delivery: Delivery) -> None:
    """Write it down.

    Args:
        folder: The run's.
        delivery: What was done.
    """
    write_whole(folder / DELIVERY, delivery.model_dump_json(indent=1), private=True)


def delivery_of(folder: Path) -> Delivery | None:
    """What a run has done to the user's repository, and nobody has undone.

    Raises:
        RunUnreadableError: The record of it is damaged.
    """
    try:
        return Delivery.model_validate_json((folder / DELIVERY).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise RunUnreadableError(f"{folder / DELIVERY} is damaged: nothing can be undone by it.") from error


def forget_delivery(folder: Path) -> None:
    """Note that it was undone."""
    (folder / DELIVERY).unlink(missing_ok=True)
