"""`motet fix`: an issue becomes a tested patch of a repository."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motet.cli.budget import check_priced, read_prices
from motet.cli.errors import BadInputError
from motet.cli.fix_result import deliver_patch
from motet.cli.following import work_on
from motet.cli.live import LiveView
from motet.cli.options import AsJson, MaxCalls, MaxCost, MaxSeconds, MaxTokens, PricesFile, check_limit, whole_spec
from motet.cli.task import check_target, read_task, read_text

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from motet.graphs.repo import RepoPolicy


def fix(
    repository: Annotated[Path, typer.Argument(help="The folder of the repository, or of code without git.")],
    issue: Annotated[str, typer.Argument(help="What is wrong, in words, in a file, or '-' for standard input.")],
    model: Annotated[
        str,
        typer.Option(help="local, local:NAME, local:FILE.gguf, provider:name, or an OpenAI-compatible server's URL."),
    ] = "local",
    sandbox: Annotated[
        str, typer.Option(help="auto, docker, bubblewrap, or unsafe-host (which verifies nothing).")
    ] = "auto",
    policy: Annotated[
        str, typer.Option(help="How much to try: auto (by the model), 0.5b, 1.5b, 7b, 32b or api.")
    ] = "auto",
    test: Annotated[
        Path | None,
        typer.Option(help="A test of your own that fails now and must pass: a pytest file, or statements that raise."),
    ] = None,
    test_command: Annotated[
        str | None, typer.Option(help="How the repository is tested, where it is not by pytest or unittest.")
    ] = None,
    python: Annotated[
        Path | None,
        typer.Option(help="The Python of an environment with what the code needs; a .venv inside is found by itself."),
    ] = None,
    image: Annotated[str | None, typer.Option(help="A Docker image with what the code needs, Python included.")] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Apply the patch to your working tree, unless it is unverified.")
    ] = False,
    branch: Annotated[
        str | None, typer.Option(help="Commit the patch on a new branch of this name, unless it is unverified.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the patch to this file as well.")] = None,
    suite_seconds: Annotated[
        float | None, typer.Option(help="How long the whole suite may run at the end; 0 leaves it out.")
    ] = None,
    as_json: AsJson = False,
    max_tokens: MaxTokens = None,
    max_seconds: MaxSeconds = None,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
    prices: PricesFile = None,
    seed: Annotated[int, typer.Option(help="Makes a run repeatable, as far as the model's server allows.")] = 0,
) -> None:
    """Resolve an issue in a repository, and show the patch with the proof that it works.

    Your working tree is not touched unless you say --apply, and `motet undo` takes that back.

    Exit code: 0 verified, 3 a patch that is not verified, 2 bad input, 1 no patch or a failure, 130 interrupted.
    """
    words = read_task(issue)
    own_test = read_text(test, "test") if test else None
    for name, limit in (("tokens", max_tokens), ("seconds", max_seconds), ("calls", max_calls), ("cost", max_cost)):
        check_limit(f"--max-{name}", limit)
    if suite_seconds is not None and suite_seconds < 0:
        raise BadInputError(f"--suite-seconds {suite_seconds}: give 0 or more.")
    if out:
        check_target(out)
    if apply and branch:
        raise BadInputError("Give --apply or --branch, not both.")
    if image and python:
        raise BadInputError("Give --image or --python, not both: an image has its own Python.")
    root = _checked(repository, branch, python, apply=apply)
    from motet.graphs.runs import RepositoryRequest, RunRequest, RunStore
    from motet.models import BudgetLimits, Prices, model_name, resolve_model
    from motet.tools.git import NoRepositoryError
    from motet.tools.sandbox import resolve_sandbox
    from motet.tools.suite import NoEnvironmentError

    limits = BudgetLimits(max_tokens=max_tokens, max_seconds=max_seconds, max_calls=max_calls, max_cost=max_cost)
    table = read_prices(prices) if prices else Prices({})
    chat = resolve_model(model)
    check_priced(chat, limits, table)
    numbers = _policy(policy, chat, suite_seconds)
    request = RunRequest(
        task=words,
        repository=RepositoryRequest(
            path=str(root),
            test_command=test_command,
            python=str(python.expanduser().absolute()) if python else None,
            image=image,
            apply=apply,
            branch=branch,
        ),
        tests=own_test,
        model=whole_spec(model),
        sandbox=sandbox,
        policy=numbers,
        limits=limits,
        prices=table,
        seed=seed,
        out=str(out.absolute()) if out else None,
    )
    store = RunStore()
    run = store.create(request).id
    with LiveView(quiet=as_json) as view:
        try:
            machine = view.prepare_sandbox(lambda: resolve_sandbox(sandbox))
            view.prepare_model(chat)
        except BaseException:
            store.remove(run)
            raise
        try:
            result = work_on(store, run, model=chat, sandbox=machine, view=view)
        except (NoRepositoryError, NoEnvironmentError):
            store.remove(run)  # there is nothing to go on with
            raise
    raise deliver_patch(result, store=store, run=run, request=request, model=model_name(chat), as_json=as_json)


def _checked(repository: Path, branch: str | None, python: Path | None, *, apply: bool) -> Path:
    """See that there is something to work on before anything is loaded."""
    from motet.tools.git import GitError, check_branch, is_bare
    from motet.tools.suite import NoEnvironmentError, find_environment

    root = repository.expanduser().absolute()
    if not root.is_dir():
        raise BadInputError(f"There is no folder {str(repository)!r}. Give the folder of a repository.")
    try:
        if branch:
            check_branch(root, branch)
        if apply and is_bare(root):
            raise BadInputError(f"{repository} is a bare repository: it has no tree for --apply. Use --branch.")
        if python:
            find_environment(root, python=str(python))
    except (GitError, NoEnvironmentError) as error:
        raise BadInputError(str(error)) from None
    return root


def _policy(spec: str, chat: "BaseChatModel", suite_seconds: float | None) -> "RepoPolicy":
    from motet.graphs.repo import resolve_repo_policy

    try:
        policy = resolve_repo_policy(spec, chat)
    except ValueError as error:
        raise BadInputError(str(error)) from None
    return policy if suite_seconds is None else policy.model_copy(update={"suite_seconds": suite_seconds})
