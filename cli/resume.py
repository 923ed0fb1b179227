"""`motet resume`: goes on with a run that was interrupted, and pays for nothing again that was finished."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from motet.cli.approval import can_ask, read_answers, tell_waiting
from motet.cli.budget import check_priced, read_prices
from motet.cli.errors import BadInputError
from motet.cli.fix_result import deliver_patch
from motet.cli.following import deliver, work_on
from motet.cli.live import LiveView
from motet.cli.options import (
    AsJson,
    MaxCalls,
    MaxCost,
    MaxSeconds,
    MaxTokens,
    PricesFile,
    check_limit,
    whole_spec,
)
from motet.cli.task import first_line

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from motet.graphs.runs import Run, RunStore

NOT_AGAIN = {"apply": False, "branch": None}
"""A finished run that is only shown does nothing to the user's repository."""


def resume(
    run: Annotated[
        str | None, typer.Argument(help="A run's id or the beginning of it; the latest unfinished if left out.")
    ] = None,
    as_json: AsJson = False,
    max_tokens: MaxTokens = None,
    max_seconds: MaxSeconds = None,
    max_calls: MaxCalls = None,
    max_cost: MaxCost = None,
    prices: PricesFile = None,
    approve: Annotated[bool, typer.Option("--approve", help="Answer yes to what the run asks you.")] = False,
    reject: Annotated[
        str | None,
        typer.Option(metavar="WHY", help='Answer no; the team tries again by what you say. "" ends the run.'),
    ] = None,
    edit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Answer with your own version: code, a plan, or a contract.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Go on with this model instead.")] = None,
    sandbox: Annotated[str | None, typer.Option(help="Go on in this sandbox instead.")] = None,
) -> None:
    """Go on with a run after Ctrl-C, a crash or an error, or answer what it asks. What was finished is not done again.

    A finished run is only shown; but one that ended early goes on, at a limit if it gets another one. Exit codes as for
    `solve`.
    """
    check_limit("--max-tokens", max_tokens)
    check_limit("--max-seconds", max_seconds)
    check_limit("--max-calls", max_calls)
    check_limit("--max-cost", max_cost)
    from motet.graphs.runs import RunStore, RunUnreadableError

    store = RunStore()
    found = store.get(run) if run else _latest(store)
    if found.request is None or found.status == "unreadable":
        raise RunUnreadableError(found.error)
    given = {"max_tokens": max_tokens, "max_seconds": max_seconds, "max_calls": max_calls, "max_cost": max_cost}
    limits = {name: value for name, value in given.items() if value is not None}
    answers = read_answers(found, approve=approve, reject=reject, edit=edit)
    may_ask = can_ask(as_json=as_json)
    if found.questions and not answers and not may_ask:
        raise tell_waiting(found.questions[0], found.id, as_json=as_json)
    if found.status == "finished" and not _may_go_on(found, limits):
        raise _again(store, found, as_json=as_json)
    changes: dict[str, Any] = {}
    if limits:
        changes["limits"] = found.request.limits.model_copy(update=limits)
    if prices:
        changes["prices"] = read_prices(prices)
    if model:
        changes["model"] = whole_spec(model)
    if sandbox:
        changes["sandbox"] = sandbox
    chat = _model(found, changes.get("model", found.request.model))
    check_priced(chat, changes.get("limits", found.request.limits), changes.get("prices", found.request.prices))
    request = store.change(found.id, **changes)
    from motet.models import model_name
    from motet.tools.sandbox import resolve_sandbox

    with LiveView(quiet=as_json) as view:
        _tell(store, found, view)
        machine = view.prepare_sandbox(lambda: resolve_sandbox(request.sandbox))
        view.prepare_memory(request.memory)
        view.prepare_model(chat)
        result = work_on(
            store,
            found.id,
            model=chat,
            sandbox=machine,
            view=view,
            stopped=found.status == "finished",
            answers=answers,
            may_ask=may_ask,
        )
    if request.repository is not None:
        raise deliver_patch(result, store=store, run=found.id, request=request, model=model_name(chat), as_json=as_json)
    out = Path(request.out) if request.out else None
    raise deliver(result, run=found.id, model=model_name(chat), policy=request.policy.name, out=out, as_json=as_json)


def _latest(store: "RunStore") -> "Run":
    for run in store:
        if run.resumable:
            return run
    raise BadInputError("There is no unfinished run to go on with. `motet runs` lists what there is.")


def _may_go_on(run: "Run", limits: dict[str, Any]) -> bool:
    """Whether a finished run has more to do: what stopped it is gone, or may be."""
    assert run.request is not None
    return run.stopped is not None and bool(limits or not run.request.limits.model_dump(exclude_none=True))


def _model(run: "Run", spec: str) -> "BaseChatModel":
    """The model that the run is to go on with."""
    from motet.models import UnknownModelError, resolve_model

    try:
        return resolve_model(spec)
    except UnknownModelError as error:
        error.add_note(f"Run {run.id} was begun with it; `motet resume {run.id} --model ...` goes on with another.")
        raise


def _tell(store: "RunStore", run: "Run", view: LiveView) -> None:
    """Say what is there already."""
    from importlib.metadata import version

    assert run.request is not None
    view.tell(f"run {run.id}: {first_line(run.request.task)}")
    if run.request.motet != version("motet"):
        view.tell(f"begun by motet {run.request.motet}; this is {version('motet')}")
    for step in store.steps(run.id):
        for event in step.events:
            view.show(event)
    spent = f"{run.usage.calls} calls and {run.usage.tokens:,} tokens" if run.usage.calls else "nothing"
    view.tell(f"spent so far: {spent}; goes on with {' and '.join(dict.fromkeys(run.next)) or 'the beginning'}")


def _again(store: "RunStore", run: "Run", *, as_json: bool) -> typer.Exit:
    """Show a finished run."""
    from motet.graphs import TeamOutput

    assert run.request is not None
    hint = f": {run.stopped} A larger limit lets it go on" if run.stopped else ""
    LiveView(quiet=as_json).tell(f"run {run.id} is finished, this is its result{hint}")
    state = store.state(run.id)
    if run.request.repository is not None:
        shown = run.request.model_copy(update={"repository": run.request.repository.model_copy(update=NOT_AGAIN)})
        return deliver_patch(state, store=store, run=run.id, request=shown, model=run.request.model, as_json=as_json)
    result = cast(TeamOutput, {key: value for key, value in state.items() if key in TeamOutput.__annotations__})
    # The code is missing where the run ended between its last step and the writing of the file; what stands there since
    # may have been worked on.
    out = Path(run.request.out) if run.request.out else None
    missing = out if out and not out.exists() else None
    return deliver(
        result, run=run.id, model=run.request.model, policy=run.request.policy.name, out=missing, as_json=as_json
    )
