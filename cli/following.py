"""Works on a run and shows it; `motet solve` begins one, `motet resume` goes on with one."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from motet.cli.approval import ask, tell_waiting
from motet.cli.errors import FAILURE, NOT_VERIFIED, OK, InterruptedRunError
from motet.cli.interruptible import run_interruptible
from motet.cli.live import LiveView
from motet.cli.result import print_result
from motet.tools.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig
    from langgraph.types import Command

    from motet.graphs import TeamContext, TeamInput, TeamOutput, TeamState
    from motet.graphs.repo import RepoInput
    from motet.graphs.repo.team import RepoTeam
    from motet.graphs.runs import Question, RunRequest, RunStore
    from motet.graphs.team import Team
    from motet.tools.sandbox import Sandbox


def work_on(
    store: "RunStore",
    run: str,
    *,
    model: "BaseChatModel",
    sandbox: "Sandbox",
    view: LiveView,
    stopped: bool = False,
    answers: "Mapping[str, object] | None" = None,
    may_ask: bool = False,
) -> "TeamOutput | Question":
    """Work on a recorded run until it has its result, or waits for a human who is not there.

    Args:
        store: Where it is recorded.
        run: Its id.
        model: What its roles ask.
        sandbox: Where its code runs.
        view: Where it is shown.
        stopped: Whether it had ended early, and is to go on all the same.
        answers: What a human answered, by the question's id.
        may_ask: Whether a human is there.

    Raises:
        InterruptedRunError: The user ended it.
    """
    from langgraph.types import Command

    from motet.graphs.runs import Question, RunError, lift_stop, team_for

    async def work() -> "TeamOutput | Question":
        async with store.aopen(run) as it:
            team = team_for(it.request, model=model, sandbox=sandbox, checkpointer=it.checkpointer)
            if stopped:
                state = cast("TeamState", (await team.aget_state(it.config)).values)
                await team.aupdate_state(it.config, *lift_stop(state))
            given = Command(resume=answers) if answers else it.input
            while True:
                outcome = await follow(team, given, it.config, context=context_of(it.request), view=view)
                if not may_ask or not isinstance(outcome, Question):
                    return outcome
                view.rest()
                given = Command(resume={outcome.id: ask(outcome)})

    try:
        return run_interruptible(work)
    except KeyboardInterrupt:
        raise InterruptedRunError(run) from None
    except RunError:
        raise
    except Exception as error:
        error.add_note(f"`motet resume {run}` tries again from here.")
        raise


def work_unrecorded(
    request: "RunRequest", *, model: "BaseChatModel", sandbox: "Sandbox", view: LiveView
) -> "TeamOutput":
    """Work on a task without a record."""
    from motet.graphs.runs import Question, team_for

    team = team_for(request, model=model, sandbox=sandbox)
    outcome = run_interruptible(lambda: follow(team, request.input, {}, context=context_of(request), view=view))
    assert not isinstance(outcome, Question), "nobody is asked without a record"
    return outcome


def context_of(request: "RunRequest") -> "TeamContext":
    """What a run lends to the roles."""
    from motet.graphs import TeamContext

    return TeamContext(limits=request.limits, prices=request.prices, seed=request.seed)


async def follow(
    team: "Team | RepoTeam",
    given: "TeamInput | RepoInput | Command | None",
    config: "RunnableConfig",
    *,
    context: "TeamContext",
    view: LiveView,
) -> "TeamOutput | Question":
    """Run a team and show what it streams, until it has its result or asks a human."""
    from motet.graphs.runs import Question

    result: TeamOutput | Question | None = None
    # Each step is on the disk before the next begins; that takes some milliseconds.
    durability = "sync" if "configurable" in config else None
    stream = team.astream(
        given,
        config,
        context=context,
        stream_mode=["custom", "values"],
        version="v2",
        durability=durability,
    )
    async for part in stream:
        if part["type"] == "custom":
            view.show(part["data"])
        elif part["type"] == "values" and part["interrupts"]:
            (asked,) = part["interrupts"]
            result = Question.of(asked)
        elif part["type"] == "values" and "usage" in part["data"]:
            result = part["data"]
    assert result is not None, "the graph ends in `finish` or in a question"
    return result


def deliver(
    result: "TeamOutput | Question", *, run: str | None, model: str, policy: str, out: Path | None, as_json: bool
) -> typer.Exit:
    """Show a result, write its code to a file, and say how to exit; or say what the run waits for."""
    from motet.graphs.runs import Question

    if isinstance(result, Question):
        assert run is not None
        return tell_waiting(result, run, as_json=as_json)
    if out and result["code"]:
        write_whole(out, result["code"])
    if as_json:
        from motet.graphs.telling import result_object

        used = {"run": run, "model": model, "policy": policy}
        typer.echo(json.dumps({**used, **result_object(result)}, indent=2, ensure_ascii=False))
    else:
        print_result(result, out=out)
    if not result["code"]:
        return typer.Exit(FAILURE)
    return typer.Exit(OK if result["verdict"] == "verified" else NOT_VERIFIED)
