"""Prediction files as SWE-bench's official harness reads them: one JSON object a line, or one list of them."""

import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from motet.graphs.repo.state import RepoOutput
from motet.tools.files import write_whole


class Prediction(BaseModel):
    """What a team answers to one instance of SWE-bench."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    instance_id: str
    model_name_or_path: str
    """Who answers, such as `motet-1.5b`."""
    model_patch: str
    """The patch, for `git apply`; empty where there is none."""


def prediction_of(instance: str, result: RepoOutput, *, name: str) -> Prediction:
    """Make a prediction of a team's result.

    Args:
        instance: Its `instance_id`.
        result: What the team gave back.
        name: Who answers.
    """
    return Prediction(instance_id=instance, model_name_or_path=name, model_patch=result["patch"])


def write_predictions(path: Path, predictions: Iterable[Prediction]) -> None:
    """Write a file for `swebench.harness.run_evaluation --predictions_path`; `.jsonl` a line each, `.json` one list.

    Raises:
        OSError: It could not be written; what stood there before still does.
    """
    rows = [one.model_dump() for one in predictions]
    if path.suffix == ".json":
        write_whole(path, json.dumps(rows, indent=1) + "\n")
    else:
        write_whole(path, "".join(json.dumps(row) + "\n" for row in rows))
