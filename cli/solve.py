"""`motet solve`: a task in words becomes code with the evidence that it works."""

import asyncio
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motet.cli.errors import FAILURE, NOT_VERIFIED, OK, BadInputError
from motet.cli.live import LiveView
from motet.cli.result import print_result, result_object
from motet.cli.task import check_target, read_task, read_text
from motet.tools.files import write_whole

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from motet.graphs import Policy, TeamContext, TeamInput, TeamOutput
    from motet.graphs.team import Team


def solve(
    task: Annotated[str, typer.Argument(help="The task in words, a file that holds it, or '-' for standard input.")],
    model: Annotated[
        str,
        typer.Option(help="local, local:NAME, local:FILE.gguf, provider:name, or an OpenAI-compatible server's URL."),
    ] = "local",
    sandbox: Annotated[
        str, typer.Option(help="auto, docker, bubblewrap, or unsafe-host (which verifies nothing).")
    ] = "auto",
    policy: Annotated[str, typer.Option(help="How much to try: auto, small, medium or large.")] = "auto",
    tests: Annotated[
        Path | None, typer.Option(help="Your own tests: asserts, doctests, or a pytest file that imports `solution`.")
    ] = None,
    entry_point: Annotated[
        str | None, typer.Option(help="The name that must be defined, where the task does not say.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the code to this file as well.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")
    ] = False,
    max_tokens: Annotated[int | None, typer.Option(help="Stop when this many tokens are spent.")] = None,
    max_seconds: Annotated[
        float | None, typer.Option(help="Stop after this time, counted from when sandbox and model are ready.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Makes a run repeatable, as far as the model's server allows.")] = 0,
) -> None:
    """Solve a programming task, and show how the code was tested.

    Exit code: 0 verified, 3 delivered but not verified, 2 bad input, 1 failure, 130 interrupted.
    """
    given: TeamInput = {"task": read_task(task), "entry_point": _identifier(entry_point)}
    if tests:
        given["tests"] = _own_tests(tests)
    _check_limit("--max-tokens", max_tokens)
    _check_limit("--max-seconds", max_seconds)
    if out:
        check_target(out)
    # Only now the heavy parts: bad input is told at once.
    from motet.graphs import TeamContext, create_team
    from motet.models import BudgetLimits, model_name, resolve_model
    from motet.tools.sandbox import resolve_sandbox

    limits = BudgetLimits(max_tokens=max_tokens, max_seconds=max_seconds)
    chat = resolve_model(model)
    numbers = _policy(policy, chat)
    run = str(uuid.uuid4())
    with LiveView(quiet=as_json) as view:
        machine = view.prepare_sandbox(lambda: resolve_sandbox(sandbox))
        view.prepare_model(chat)
        team = create_team(model=chat, policy=numbers, sandbox=machine)
        result = asyncio.run(_follow(team, given, TeamContext(limits=limits, seed=seed), view, run))
    if out and result["code"]:
        write_whole(out, result["code"])
    if as_json:
        used = {"run": run, "model": model_name(chat), "policy": numbers.name}
        typer.echo(json.dumps({**used, **result_object(result)}, indent=2, ensure_ascii=False))
    else:
        print_result(result, out=out)
    if not result["code"]:
        raise typer.Exit(FAILURE)
    raise typer.Exit(OK if result["verdict"] == "verified" else NOT_VERIFIED)


async def _follow(team: "Team", given: "TeamInput", context: "TeamContext", view: LiveView, run: str) -> "TeamOutput":
    """Run the team and show what it streams."""
    result: TeamOutput | None = None
    config: RunnableConfig = {"run_id": uuid.UUID(run)}
    async for part in team.astream(given, config, context=context, stream_mode=["custom", "values"], version="v2"):
        if part["type"] == "custom":
            view.show(part["data"])
        elif part["type"] == "values" and "verdict" in part["data"]:
            result = part["data"]
    assert result is not None, "the graph always ends in `finish`"
    return result


def _policy(spec: str, chat: "BaseChatModel") -> "Policy":
    from motet.graphs import resolve_policy

    try:
        return resolve_policy(spec, chat)
    except ValueError as error:
        raise BadInputError(str(error)) from None


def _own_tests(path: Path) -> str:
    from motet.tools.testing import read_tests

    text = read_text(path, "tests")
    try:
        read_tests(text, name=path.name)
    except ValueError as error:
        raise BadInputError(f"The tests in {str(path)!r} cannot be used: {error}") from None
    return text


def _identifier(name: str | None) -> str | None:
    if name is not None and not all(part.isidentifier() for part in name.split(".")):
        raise BadInputError(f"--entry-point {name!r} is not a Python name.")
    return name


def _check_limit(option: str, limit: float | None) -> None:
    if limit is not None and not limit > 0:
        raise BadInputError(f"{option} {limit} leaves nothing to work with; give a positive number.")
