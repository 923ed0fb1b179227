"""Shows a patch: the diff first, then how it was tested and what it cost; and brings it where it is to go."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer
from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from motet.cli.errors import FAILURE, NOT_VERIFIED, OK, BadInputError
from motet.cli.printing import print_json, printable
from motet.cli.result import MARKS, cost_table
from motet.tools.files import write_whole

if TYPE_CHECKING:
    from motet.graphs.repo import RepoOutput
    from motet.graphs.runs import RunRequest, RunStore
    from motet.tools.git import Delivery


def deliver_patch(
    outcome: object, *, store: "RunStore", run: str, request: "RunRequest", model: str, as_json: bool
) -> typer.Exit:
    """Show a patch, bring it where the user wants it, and say how to exit."""
    from motet.graphs.repo.telling import patch_object
    from motet.tools.git import GitError

    result = cast("RepoOutput", outcome)
    delivered, problem = None, None
    if request.out and result["patch"]:
        write_whole(Path(request.out), result["patch"])
    wanted = request.repository is not None and (request.repository.apply or request.repository.branch)
    if wanted and result["patch"]:
        if result["verdict"] == "unverified":
            problem = f"An unverified patch is not applied. `motet apply {run} --force` does so all the same."
        else:
            try:
                delivered = bring(store, run, result, request)
            except GitError as error:
                problem = f"The patch was not applied: {error} `motet apply {run}` tries again."
    if as_json:
        where = delivered.model_dump(mode="json", exclude={"patch"}) if delivered else None
        used = {"run": run, "model": model, "policy": request.policy.name}
        print_json({**used, **patch_object(result), "delivered": where, "problem": problem})
    else:
        print_patch(result, out=request.out)
        tell_delivery(delivered, run, has_patch=bool(result["patch"]) and not wanted)
    if problem:
        typer.echo(f"motet: {problem}", err=True)
        return typer.Exit(NOT_VERIFIED if result["verdict"] == "unverified" else FAILURE)
    if not result["patch"]:
        return typer.Exit(FAILURE)
    return typer.Exit(OK if result["verdict"] == "verified" else NOT_VERIFIED)


def bring(
    store: "RunStore", run: str, result: "RepoOutput", request: "RunRequest", *, branch: str | None = None
) -> "Delivery":
    """Apply a patch, or commit it on a branch, and keep what takes it back.

    Raises:
        BadInputError: It was done already, and not undone.
        GitError: It does not apply, and nothing was changed.
    """
    from motet.graphs.repo.telling import commit_message
    from motet.graphs.runs import delivery_of, keep_delivery
    from motet.tools.git import apply_patch, commit_branch, top_of

    assert request.repository is not None
    folder = store.get(run).folder
    before = delivery_of(folder)
    if before is not None:
        where = f"on the branch {before.branch!r}" if before.branch else f"in {before.root}"
        raise BadInputError(f"The patch of run {run} is {where} already. `motet undo {run}` takes it back.")
    root = top_of(Path(request.repository.path))
    branch = branch or request.repository.branch
    if branch:
        done = commit_branch(root, result["patch"], branch=branch, message=commit_message(result))
    else:
        done = apply_patch(root, result["patch"])
    keep_delivery(folder, done)
    return done


def tell_delivery(delivered: "Delivery | None", run: str, *, has_patch: bool) -> None:
    """Say where the patch is now, and what can be done with it."""
    if delivered is not None:
        where = f"committed on the branch {delivered.branch!r}" if delivered.branch else f"applied in {delivered.root}"
        typer.echo(f"The patch is {where}. `motet undo {run}` takes it back.", err=True)
    elif has_patch:
        typer.echo(f"`motet apply {run}` applies it, or `motet apply {run} --branch NAME` commits it.", err=True)


def print_patch(result: "RepoOutput", *, out: str | None) -> None:
    """Print the patch on standard output and everything about it on standard error."""
    from motet.graphs.repo.telling import patch_tested

    about = Console(stderr=True, highlight=False)
    patch, evidence = result["patch"], result["evidence"]
    if patch and sys.stdout.isatty():
        Console(highlight=False).print(Syntax(printable(patch).rstrip(), "diff", background_color="default"))
    elif patch:
        sys.stdout.buffer.write(patch.encode())  # as it is: line endings belong to a patch
        sys.stdout.buffer.flush()
    about.print()
    reason = printable(evidence.reason)
    about.print(Text.assemble((result["verdict"], MARKS[result["verdict"]]), "  ", reason), soft_wrap=True)
    for line in patch_tested(evidence):
        about.print(f"  {printable(line)}", markup=False, soft_wrap=True)
    if out and patch:
        about.print(f"  written to {out}", markup=False)
    about.print(cost_table(result["usage"]))
