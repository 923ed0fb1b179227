"""The tester's first step in a repository: a test that fails as long as the fault is there.

The user's own test and code in the issue go before anything that a model writes. Whatever it is, a run decides: only
what fails before the change, and not by its own lack of something, counts.
"""

import asyncio
from collections import Counter
from typing import TypedDict

from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime

from motet.agents.answer import FENCE
from motet.agents.context import TeamContext
from motet.agents.node import Node, context_of, emit, ledger_for, model_for, role_node
from motet.agents.prompt import Prompt
from motet.agents.repo.at_place import AtPlace
from motet.agents.repo.change_plan import ChangePlan
from motet.agents.repo.issue import read_issue
from motet.agents.repo.issue_text import issue_text
from motet.agents.repo.place import Place, place_of
from motet.agents.repo.reproduction import Reproduction, from_issue, reproduction
from motet.models import (
    BudgetExhausted,
    ContextOverflow,
    ModelAnswerError,
    ModelCallError,
    Sampling,
)
from motet.tools.edits import EditError, Source, function_source
from motet.tools.source import parse_python

CODE_CHARACTERS = 6000


class ReproducerInput(AtPlace, total=False):
    """What the reproducer reads."""

    issue: str
    test: str | None
    plan: ChangePlan


class ReproducerUpdate(TypedDict, total=False):
    """What the reproducer writes."""

    proposed: list[Reproduction]
    stopped: str


def create_reproducer(
    *,
    model: str | BaseChatModel = "local",
    count: int = 1,
    temperature: float = 0.8,
    system_prompt: str | None = None,
    prompt: Prompt | None = None,
    timeout: float | None = None,
    name: str = "tester",
) -> Node:
    """Make a node that proposes tests of the fault; what they are worth, the baseline's run shows.

    Args:
        model: A chat model or a spec for `resolve_model`; asked only where neither the user nor the issue gives code.
        count: How many tests it is asked for.
        temperature: For all but the first.
        system_prompt: What the model is told of its work, in place of the prompt's system text.
        prompt: What it is told; rendered with `issue`, `path`, `module` and `code`.
        timeout: After how many seconds a step counts as hung.
        name: The node's name, shown in streams and in the usage.
    """
    told = (prompt or Prompt.load("repo_reproduce")).with_system(system_prompt)

    async def ask(state: ReproducerInput, runtime: Runtime[TeamContext], place: Place, folder: str) -> ReproducerUpdate:
        written: list[Reproduction] = []
        target = next((one for one in state["plan"].targets if one.path.endswith(".py")), None)
        if target is None:
            return {"proposed": []}
        content = await asyncio.to_thread(place.workspace.read, target.path)
        messages = told.render(
            issue=issue_text(state["issue"]),
            path=target.path,
            module=_module(target.path, place.setup.source_folders),
            code=_code(content or b"", target.symbol),
        )
        for number in range(count):
            emit(runtime, name, "reproducing", count=count)
            try:
                answer = await ledger_for(state, runtime).ask(
                    model_for(runtime, name, model),
                    messages,
                    role=name,
                    sampling=Sampling(
                        temperature=temperature if number else 0.0,
                        max_tokens=700,
                        seed=(context_of(runtime).seed or 0) + number,
                    ),
                )
            except BudgetExhausted as limit:
                return {"proposed": written} if limit.scope == name else {"proposed": written, "stopped": str(limit)}
            except (ModelAnswerError, ModelCallError, ContextOverflow) as problem:
                emit(runtime, name, "no_reproduction", problem=str(problem))
                continue
            blocks = [match["code"] for match in FENCE.finditer(answer.text)] or [answer.text]
            code = next((block for block in blocks if "def test" in block and parse_python(block)), None)
            if code is not None:
                written.append(reproduction(code, folder, trust="written", source="written for the issue"))
        return {"proposed": list({one.path: one for one in written}.values())}

    async def reproducer(state: ReproducerInput, runtime: Runtime[TeamContext]) -> ReproducerUpdate:
        place = await asyncio.to_thread(place_of, state)
        folder = tests_folder(place.setup.test_files)
        issue = read_issue(state["issue"])
        own = state.get("test")
        if own:
            return {"proposed": [reproduction(own, folder, trust="given", source="your own test", title=issue.title)]}
        given = from_issue(issue, folder)
        if given or not count:
            return {"proposed": list(given)}
        return await ask(state, runtime, place, folder)

    return role_node(reproducer, name=name, timeout=timeout)


def tests_folder(files: tuple[str, ...]) -> str:
    """Where most tests lie, with `/` at its end; empty for the root."""
    folders = Counter(path.rpartition("/")[0] for path in files)
    most = folders.most_common(1)
    return f"{most[0][0]}/" if most and most[0][0] else ""


def _module(path: str, source_folders: tuple[str, ...]) -> str:
    for folder in sorted(source_folders, key=len, reverse=True):
        prefix = "" if folder in ("", ".") else f"{folder}/"
        if path.startswith(prefix):
            path = path.removeprefix(prefix)
            break
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _code(content: bytes, symbol: str) -> str:
    text = Source.read(content).text
    try:
        return function_source(text, symbol).text[:CODE_CHARACTERS] if symbol else text[:CODE_CHARACTERS]
    except EditError:
        return text[:CODE_CHARACTERS]
