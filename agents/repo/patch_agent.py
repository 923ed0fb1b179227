"""The coder of a repository that is a LangChain agent: it looks, edits and runs tests before it proposes its patch."""

import asyncio
from collections.abc import Sequence
from contextvars import copy_context
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain_core.language_models import BaseChatModel
from langgraph.runtime import Runtime

from motet.agents.agent_bounds import agent_bounds
from motet.agents.context import TeamContext
from motet.agents.ledger_middleware import LedgerMiddleware
from motet.agents.node import Node, emit, invoke_as_called, ledger_for, model_for
from motet.agents.prompt import Prompt
from motet.agents.repo.editing_tools import create_editing_tools
from motet.agents.repo.issue_text import failure_text, issue_text
from motet.agents.repo.patch_candidate import PatchCandidate
from motet.agents.repo.patch_role import patch_role, sampling_for
from motet.agents.repo.place import Place, sandbox_of
from motet.agents.repo.proposing import NoChangeError, PatchCoderInput, candidate_in, worktree_name
from motet.agents.text_calls import TextCallsMiddleware
from motet.agents.witness import Witness
from motet.memory.index import CodeIndex, create_code_tools
from motet.models import BudgetExhausted, ContextOverflow, ModelAnswerError, ModelCallError
from motet.tools.git import read_patch
from motet.tools.sandbox import Sandbox
from motet.tools.suite import SuiteRun, arun_suite

PLACES = 12
"""Places that the agent is told of."""
LOOKING = frozenset({"search_code", "find_references", "repo_map", "list_files"})
"""The index's tools that it gets; files it reads in its own worktree."""


def create_patch_agent(
    *,
    model: str | BaseChatModel = "local",
    sandbox: str | Sandbox = "auto",
    rounds: int = 24,
    test_seconds: float = 60.0,
    middleware: Sequence[AgentMiddleware[Any, Any, Any]] = (),
    system_prompt: str | None = None,
    prompt: Prompt | None = None,
    timeout: float | None = None,
    name: str = "coder",
) -> Node:
    """Make a coder that works with tools in a worktree of its own. What that holds at its end is the candidate.

    Args:
        model: A chat model that can call tools, or a spec for `resolve_model`.
        sandbox: Where its tests run, or a spec for `resolve_sandbox`.
        rounds: How often the model is asked for one candidate at most.
        test_seconds: How long one of its test runs may take.
        middleware: LangChain middleware of your own; one of a kind that motet adds takes its place.
        system_prompt: What it is told of its work, in place of the prompt's system text.
        prompt: What it is told; rendered with `issue`, `failure`, `plan`, `places` and `rounds`.
        timeout: After how many seconds a step of it counts as hung.
        name: The node's name, shown in streams and in the usage.
    """
    told = (prompt or Prompt.load("repo_agent")).with_system(system_prompt)

    async def write(state: PatchCoderInput, runtime: Runtime[TeamContext], place: Place) -> PatchCandidate:
        assignment = state["assignment"]
        begun = assignment.repairs
        chat = model_for(runtime, name, model)
        machine = await asyncio.to_thread(sandbox_of, state, place, runtime, sandbox)
        label = worktree_name(assignment.index)
        # One that is there is from before a resume, and so is what the agent knows of it.
        tree = await asyncio.to_thread(place.workspace.worktree, label, begun.patch if begun else "")

        async def run_tests(tests: Sequence[str]) -> SuiteRun:
            changed = await asyncio.to_thread(_changed, place, tree)
            async with await asyncio.to_thread(machine.session) as session:
                return await arun_suite(
                    session,
                    place.tree,
                    place.setup,
                    tests=tests,
                    overlay=changed,
                    environment=place.environment,
                    wall_seconds=test_seconds,
                )

        outside = copy_context()

        def tell(event: str, data: dict[str, Any]) -> None:
            outside.copy().run(emit, runtime, name, event, index=assignment.index, **data)

        witness = Witness(tell=tell)
        plan = state["plan"]
        steps = "".join(f"\n- {step}" for step in plan.steps)
        system, user = told.render(
            issue=issue_text(state["issue"]),
            failure=assignment.failure or failure_text(state.get("baseline")),
            plan=f"\nThe plan:{steps}\n" if steps else "",
            places="\n".join(
                f"- {one.name} (lines {one.start_line} to {one.end_line})" for one in plan.targets[:PLACES]
            ),
            rounds=str(rounds),
        )
        own = {one.name for one in middleware}
        around: list[AgentMiddleware[Any, Any, Any]] = [
            witness,
            *(one for one in agent_bounds(chat, rounds) if one.name not in own),
            *middleware,
            TextCallsMiddleware(),
            LedgerMiddleware(role=name, ledger=ledger_for(state, runtime), sampling=sampling_for(assignment, runtime)),
        ]
        with CodeIndex(tree if place.workspace.bare else place.workspace.root, embeddings=None) as index:
            looking = [tool for tool in create_code_tools(index) if tool.name in LOOKING]
            agent = create_agent(
                chat,
                [*looking, *create_editing_tools(tree, run_tests)],
                system_prompt=str(system.text),
                middleware=around,
                context_schema=TeamContext,
                name=name,
            )
            problem: Exception | None = None
            try:
                witness.see(await invoke_as_called(agent, {"messages": [user]}))
            except (ModelAnswerError, BudgetExhausted, ModelCallError, ContextOverflow) as error:
                problem = error
            finally:
                witness.close()
        try:
            # What it did before it was stopped may be all that was needed.
            return await asyncio.to_thread(candidate_in, place.workspace, assignment)
        except NoChangeError:
            if problem is not None:
                raise problem from None
            raise

    return patch_role(write, name=name, timeout=timeout)


def _changed(place: Place, tree: Path) -> dict[str, bytes | None]:
    files = read_patch(place.workspace.diff(tree)).files
    paths = {*(one.path for one in files), *(one.renamed_from for one in files if one.renamed_from)}
    return {path: (tree / path).read_bytes() if (tree / path).is_file() else None for path in paths}
