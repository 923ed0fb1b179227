"""`motet apply` and `motet undo`: a patch's way into the user's own tree, and back."""

from typing import TYPE_CHECKING, Annotated, cast

import typer

from motet.cli.errors import BadInputError
from motet.cli.fix_result import bring, tell_delivery
from motet.cli.options import AsJson
from motet.cli.printing import print_json

if TYPE_CHECKING:
    from motet.graphs.repo import RepoOutput
    from motet.graphs.runs import Run, RunStore

Which = Annotated[
    str | None, typer.Argument(help="A run's id or the beginning of it; the latest of a repository if left out.")
]


def apply(
    run: Which = None,
    branch: Annotated[
        str | None, typer.Option(help="Commit it on a new branch instead, and leave the working tree alone.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Also a patch that is unverified.")] = False,
    as_json: AsJson = False,
) -> None:
    """Apply the patch of a run of `motet fix` to the working tree, all of it or nothing."""
    from motet.graphs.runs import RunStore

    store = RunStore()
    found = _of_repository(store, run)
    if found.status != "finished":
        raise BadInputError(f"Run {found.id} is not finished. `motet resume {found.id}` goes on with it.")
    assert found.request is not None
    result = cast("RepoOutput", store.state(found.id))
    if not result["patch"]:
        raise BadInputError(f"Run {found.id} has found no patch.")
    if found.verdict == "unverified" and not force:
        raise BadInputError(
            f"The patch of run {found.id} is unverified: {result['evidence'].reason} --force applies it."
        )
    request = found.request
    assert request.repository is not None
    if branch is None and request.repository.branch:
        repository = request.repository.model_copy(update={"branch": None})
        request = request.model_copy(update={"repository": repository})
    done = bring(store, found.id, result, request, branch=branch)
    if as_json:
        print_json({"run": found.id, **done.model_dump(mode="json", exclude={"patch"})})
    else:
        tell_delivery(done, found.id, has_patch=True)


def undo(run: Which = None, as_json: AsJson = False) -> None:
    """Take back what `motet fix --apply`, `--branch` or `motet apply` has done, if nobody has changed it since."""
    from motet.graphs.runs import RunStore, delivery_of, forget_delivery
    from motet.tools.git import undo as take_back

    store = RunStore()
    if run is None:
        applied = (one for one in store if one.request and one.request.repository and delivery_of(one.folder))
        found = next(applied, None)
        if found is None:
            raise BadInputError("No run has applied a patch that could be taken back.")
    else:
        found = _of_repository(store, run)
    done = delivery_of(found.folder)
    if done is None:
        raise BadInputError(f"The patch of run {found.id} is not applied, so there is nothing to take back.")
    take_back(done)
    forget_delivery(found.folder)
    if as_json:
        print_json({"run": found.id, "undone": done.model_dump(mode="json", exclude={"patch"})})
    else:
        what = f"The branch {done.branch!r} is deleted" if done.branch else f"The patch is taken back in {done.root}"
        typer.echo(f"{what}. The run still has it.", err=True)


def _of_repository(store: "RunStore", run: str | None) -> "Run":
    if run is not None:
        found = store.get(run)
        if found.request is None or found.request.repository is None:
            raise BadInputError(f"Run {found.id} is about no repository; `motet fix` makes patches.")
        return found
    for one in store:
        if one.request and one.request.repository:
            return one
    raise BadInputError("There is no run of `motet fix` yet.")
