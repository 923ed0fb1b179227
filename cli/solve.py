"""`motet solve`: a task in words becomes code with the evidence that it works."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from motet.cli.approval import can_ask
from motet.cli.budget import check_priced, read_prices
from motet.cli.errors import BadInputError
from motet.cli.following import deliver, work_on, work_unrecorded
from motet.cli.live import LiveView
from motet.cli.options import (
    MaxCalls,
    MaxCost,
    MaxSeconds,
    MaxTokens,
    Memory,
    PricesFile,
    check_limit,
    whole_place,
    whole_spec,
)
from motet.cli.task import check_target, read_task, read_text

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from motet.agents import Approvable
    from motet.graphs import Policy


def solve(
    task: Annotated[str, typer.Argument(help="The task in words, a file that holds it, or '-' for standard input.")],
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
    max_tokens: MaxTokens = None,
    max_seconds: MaxSeconds = None,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
    prices: PricesFile = None,
    approve: Annotated[
        list[str] | None, typer.Option(help="Ask you before going on with: contract, plan or code. May be repeated.")
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Measure which lines and branches your tests and the examples reach.")
    ] = False,
    memory: Memory = "local",
    seed: Annotated[int, typer.Option(help="Makes a run repeatable, as far as the model's server allows.")] = 0,
    record: Annotated[
        bool, typer.Option("--record/--no-record", help="Keep a record of the run, to resume and to show it.")
    ] = True,
) -> None:
    """Solve a programming task, and show how the code was tested.

    Exit code: 0 verified, 3 delivered but not verified, 4 waits for your approval, 2 bad input, 1 failure,
    130 interrupted.
    """
    words = read_task(task)
    own_tests = _own_tests(tests) if tests else None
    check_limit("--max-tokens", max_tokens)
    check_limit("--max-seconds", max_seconds)
    check_limit("--max-calls", max_calls)
    check_limit("--max-cost", max_cost)
    if out:
        check_target(out)
    _check_name(entry_point)
    # Only now the heavy parts: bad input is told at once.
    from motet.graphs.runs import RunRequest, RunStore, RunStoreError
    from motet.models import BudgetLimits, Prices, model_name, resolve_model
    from motet.tools.sandbox import resolve_sandbox

    limits = BudgetLimits(max_tokens=max_tokens, max_seconds=max_seconds, max_calls=max_calls, max_cost=max_cost)
    table = read_prices(prices) if prices else Prices({})
    chat = resolve_model(model)
    check_priced(chat, limits, table)
    numbers = _policy(policy, chat)
    asked = _approvals(approve or [], numbers, record=record)
    request = RunRequest(
        task=words,
        tests=own_tests,
        entry_point=entry_point,
        model=whole_spec(model),
        sandbox=sandbox,
        policy=numbers,
        limits=limits,
        prices=table,
        memory=whole_place(memory),
        coverage=coverage,
        seed=seed,
        approve=asked,
        out=str(out.absolute()) if out else None,
    )
    # Made before anything is fetched: a folder that cannot be written is told at once.
    store = RunStore()
    try:
        run = store.create(request).id if record else None
    except RunStoreError as error:
        error.add_note("`--no-record` goes without.")
        raise
    with LiveView(quiet=as_json) as view:
        try:
            machine = view.prepare_sandbox(lambda: resolve_sandbox(sandbox))
            view.prepare_memory(request.memory)
            view.prepare_model(chat)
        except BaseException:
            if run:
                store.remove(run)
            raise
        if run:
            may_ask = can_ask(as_json=as_json)
            result = work_on(store, run, model=chat, sandbox=machine, view=view, may_ask=may_ask)
        else:
            result = work_unrecorded(request, model=chat, sandbox=machine, view=view)
    raise deliver(result, run=run, model=model_name(chat), policy=numbers.name, out=out, as_json=as_json)


def _policy(spec: str, chat: "BaseChatModel") -> "Policy":
    from motet.graphs import resolve_policy

    try:
        return resolve_policy(spec, chat)
    except ValueError as error:
        raise BadInputError(str(error)) from None


def _approvals(approve: list[str], policy: "Policy", *, record: bool) -> "tuple[Approvable, ...]":
    from motet.graphs.approvals import Approvals, read_approve

    try:
        asked = read_approve(approve)
        Approvals(asked, policy)
    except ValueError as error:
        raise BadInputError(f"--approve: {error}") from None
    if asked and not record:
        raise BadInputError("--approve needs the record in which the run waits; leave --no-record out.")
    return asked


def _own_tests(path: Path) -> str:
    from motet.tools.testing import read_tests

    text = read_text(path, "tests")
    try:
        read_tests(text, name=path.name)
    except ValueError as error:
        raise BadInputError(f"The tests in {str(path)!r} cannot be used: {error}") from None
    return text


def _check_name(name: str | None) -> None:
    if name is not None and not all(part.isidentifier() for part in name.split(".")):
        raise BadInputError(f"--entry-point {name!r} is not a Python name.")
