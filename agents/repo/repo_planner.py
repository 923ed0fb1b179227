"""The planner of a repository: takes its snapshot, and finds where the change would go. That takes no model call."""

import asyncio
from pathlib import Path
from typing import Annotated, TypedDict
from uuid import uuid4

from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from motet.agents.context import TeamContext
from motet.agents.node import Node, check_prices, emit, ledger_for, model_for, role_node
from motet.agents.prompt import Prompt
from motet.agents.repo.at_place import AtPlace
from motet.agents.repo.change_plan import ChangePlan, Target
from motet.agents.repo.issue import read_issue
from motet.agents.repo.issue_text import issue_text
from motet.agents.repo.locating import locate
from motet.agents.repo.place import place_of
from motet.memory.index import CodeIndex, repo_map
from motet.models import BudgetExhausted, ContextOverflow, ModelAnswerError, ModelCallError, Sampling
from motet.models import cache_folder as cache
from motet.tools.edits import EditError, Source, function_source
from motet.tools.git import Workspace

PLACES = 20
MAP_TOKENS = 1500


class ProposedPlace(BaseModel):
    """A place that a model would change."""

    path: str
    symbol: str = ""


class ProposedPlan(BaseModel):
    """A model's proposal of where and how to change a repository."""

    places: Annotated[list[ProposedPlace], Field(max_length=12)]
    steps: Annotated[list[str], Field(max_length=8)]


class RepoPlannerInput(AtPlace, total=False):
    """What the planner of a repository reads."""

    issue: str


class RepoPlannerUpdate(TypedDict, total=False):
    """What the planner of a repository writes."""

    workspace: str
    commit: str
    plan: ChangePlan
    notes: list[str]
    stopped: str


def create_repo_planner(
    *,
    model: str | BaseChatModel = "local",
    widen: bool = False,
    system_prompt: str | None = None,
    prompt: Prompt | None = None,
    name: str = "planner",
) -> Node:
    """Make a planner that fits any graph whose state has an `issue` and a `repository`, and takes a `plan`.

    Args:
        model: A chat model or a spec for `resolve_model`; asked only to widen the plan.
        widen: Whether a model names further places, and the steps of the change.
        system_prompt: What the model is told of its work, in place of the prompt's system text.
        prompt: What it is told; rendered with `issue`, `places` and `map`.
        name: The node's name, shown in streams and in the usage.
    """
    told = (prompt or Prompt.load("repo_plan")).with_system(system_prompt)

    async def planner(state: RepoPlannerInput, runtime: Runtime[TeamContext]) -> RepoPlannerUpdate:
        if not (state.get("issue") or "").strip():
            raise ValueError('There is no issue. Say what is wrong: {"issue": "...", "repository": "path"}.')
        check_prices(state, runtime, name, model)
        emit(runtime, name, "reading", repository=state["repository"])
        folder = Path(state.get("workspace") or cache() / "work" / uuid4().hex[:12])
        workspace = await asyncio.to_thread(_snapshot, folder, state["repository"])
        begun = {**state, "repository": str(workspace.root), "workspace": str(folder), "commit": workspace.commit}
        # Fails early where the user's environment cannot be used.
        place = await asyncio.to_thread(place_of, begun)
        issue = read_issue(state["issue"])
        plan = await asyncio.to_thread(locate, issue, workspace, folder=folder / "index" if workspace.bare else None)
        update: RepoPlannerUpdate = {
            "workspace": str(folder),
            "commit": workspace.commit,
            "notes": list(workspace.notes),
        }
        if widen:
            try:
                outline = await asyncio.to_thread(_outline, workspace, state["issue"])
                places = "\n".join(f"- {one.name}" for one in plan.targets[:PLACES])
                answer = await ledger_for(state, runtime).ask(
                    model_for(runtime, name, model),
                    told.render(issue=issue_text(state["issue"]), places=places, map=outline),
                    role=name,
                    sampling=Sampling(max_tokens=1200),
                    schema=ProposedPlan,
                )
                plan = _widened(plan, answer.read_as(ProposedPlan), workspace)
            except BudgetExhausted as limit:
                if limit.scope != name:
                    update["stopped"] = str(limit)
            except (ModelAnswerError, ModelCallError, ContextOverflow) as problem:
                emit(runtime, name, "no_plan", problem=str(problem))
        emit(runtime, name, "located", plan=plan, setup=place.setup, notes=update["notes"])
        return {**update, "plan": plan}

    return role_node(planner, name=name)


def _snapshot(folder: Path, repository: str) -> Workspace:
    return Workspace.create(folder, Path(repository).expanduser())


def _outline(workspace: Workspace, issue: str) -> str:
    root = workspace.worktree("base") if workspace.bare else workspace.root
    folder = workspace.folder / "index" if workspace.bare else None
    with CodeIndex(root, embeddings=None, folder=folder) as index:
        return repo_map(index, MAP_TOKENS, question=issue)


def _widened(plan: ChangePlan, proposed: ProposedPlan, workspace: Workspace) -> ChangePlan:
    """A plan with what a model proposed in front, as far as it exists; a file that does not is one to be made."""
    paths = set(workspace.paths)
    folders = {path.rpartition("/")[0] for path in paths}
    known = {(one.path, one.symbol): one for one in plan.targets}
    named: list[Target] = []
    files: list[str] = []
    for one in proposed.places:
        path = one.path.strip().removeprefix("./")
        if path in paths or path.rpartition("/")[0] in folders:
            files.append(path)
        target = known.get((path, one.symbol)) or _target(path, one.symbol, workspace)
        if target is not None:
            named.append(target.model_copy(update={"reason": "named by the plan"}))
    keys = {(one.path, one.symbol) for one in named}
    rest = [one for one in plan.targets if (one.path, one.symbol) not in keys]
    return plan.model_copy(
        update={
            "targets": (*named, *rest),
            "files": tuple(dict.fromkeys((*files, *plan.files))),
            "steps": tuple(proposed.steps),
        }
    )


def _target(path: str, symbol: str, workspace: Workspace) -> Target | None:
    content = workspace.read(path)
    if content is None or not symbol or not path.endswith(".py"):
        return None
    try:
        found = function_source(Source.read(content).text, symbol)
    except EditError:
        return None
    return Target(path=path, symbol=symbol, start_line=found.start_line, end_line=found.end_line)
