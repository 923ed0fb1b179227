"""The last step of a repository team's run: the best patch so far, with its evidence and an honest verdict."""

import asyncio
from pathlib import Path

from langgraph.runtime import Runtime

from motet.agents import TeamContext
from motet.agents.node import Node, emit, ledger_for, role_node
from motet.agents.repo import ChangePlan
from motet.graphs.repo.conductor import leader
from motet.graphs.repo.state import RepoOutput, RepoState
from motet.graphs.repo.verdict import judge_patch
from motet.graphs.state import TeamUsage
from motet.models import Usage
from motet.tools.git import Workspace


def create_repo_finish(*, keep: bool = False) -> Node:
    """Make the node that ends a repository team's run.

    Args:
        keep: Whether the worktrees stay; what is needed of them is in the patches.
    """

    async def finish(state: RepoState, runtime: Runtime[TeamContext]) -> RepoOutput:
        best = leader(state)
        verdict, evidence = judge_patch(
            best,
            state.get("candidates", []),
            baseline=state.get("baseline"),
            report=state.get("reports", {}).get(best.index) if best else None,
            review=state.get("reviews", {}).get(best.index) if best else None,
            notes=state.get("notes", []),
            tried=any(state.get(key) for key in ("candidates", "void", "stopped")),
        )
        if state.get("stopped") and verdict != "verified":
            evidence = evidence.model_copy(update={"reason": f"{evidence.reason} {state['stopped']}"})
        workspace = state.get("workspace")
        if workspace and state.get("commit") and not keep:
            work = Workspace(Path(workspace), Path(state["repository"]), state["commit"], None, dirty=False, bare=False)
            await asyncio.to_thread(work.remove)
        calls = ledger_for(state, runtime).records
        spent = Usage.of(calls)
        emit(runtime, "finish", "patch_verdict", verdict=verdict, evidence=evidence)
        return {
            "verdict": verdict,
            "patch": best.patch if best else "",
            "evidence": evidence,
            "plan": state.get("plan") or ChangePlan(title=""),
            "usage": TeamUsage(
                tokens=spent.tokens,
                calls=spent.calls,
                seconds=state.get("seconds", 0.0),
                cost=spent.cost,
                by_role=Usage.by_role(calls),
                by_model=Usage.by_model(calls),
                stopped=state.get("stopped") or None,
            ),
        }

    return role_node(finish, name="finish")
