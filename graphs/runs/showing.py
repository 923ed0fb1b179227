"""What a finished run has to show, whether it wrote code of its own or changed a repository."""

from typing import Any, NamedTuple, cast

from motet.graphs.repo import RepoOutput
from motet.graphs.repo.telling import patch_object, patch_tested
from motet.graphs.runs.request import RunRequest
from motet.graphs.state import TeamOutput
from motet.graphs.telling import result_object, tested


class Shown(NamedTuple):
    """A result for people."""

    lines: list[str]
    """How it was tested."""
    text: str
    """The code, or the patch."""
    language: str
    """What the text is written in."""


def shown(request: RunRequest, result: object) -> Shown:
    """What people see of a result."""
    if request.repository is not None:
        patch = cast(RepoOutput, result)
        return Shown(patch_tested(patch["evidence"]), patch["patch"], "diff")
    code = cast(TeamOutput, result)
    return Shown(tested(code["evidence"]), code["code"], "python")


def plain(request: RunRequest, result: object) -> dict[str, Any]:
    """A result as plain data."""
    if request.repository is not None:
        return patch_object(cast(RepoOutput, result))
    return result_object(cast(TeamOutput, result))
