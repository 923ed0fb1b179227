"""The coder: proposes candidates. Whether they are any good is the tester's business.

One whole module in one fenced block, never JSON and never a diff: small models lose many points to other formats.
"""

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langgraph.runtime import Runtime

from motet.agents.answer import UnreadableAnswerError, read_code
from motet.agents.assignment import Assignment
from motet.agents.candidate import VoidProposal
from motet.agents.context import TeamContext
from motet.agents.contract import Contract
from motet.agents.node import Node, context_of, contract_of, emit, ledger_for, model_for, role_node
from motet.agents.prompt import Prompt
from motet.agents.proposal import CoderInput, CoderUpdate, propose
from motet.agents.recollection import example_among
from motet.agents.recount import in_words
from motet.agents.task_text import task_block, wanted
from motet.models import BudgetExhausted, ContextOverflow, ModelAnswerError, ModelCallError, Sampling

FENCE_END = "\n```\n"
"""Where an answer may end: what follows the code is talk that costs time."""


def create_coder(
    *,
    model: str | BaseChatModel = "local",
    system_prompt: str | None = None,
    prompt: Prompt | None = None,
    repair_prompt: Prompt | None = None,
    timeout: float | None = None,
    name: str = "coder",
) -> Node:
    """Make a coder that fits any graph whose state has a `contract` or a `task`, and collects `candidates`.

    It carries out the `assignment` in its input; without one it gives its first answer. An answer that cannot be read
    is void: it is paid for, noted under `void`, and no candidate comes of it.

    Args:
        model: A chat model or a spec for `resolve_model`.
        system_prompt: What it is told of its work, in place of the system text of whatever prompt is used.
        prompt: What the coder is told, in place of all of motet's wordings; rendered with `task`,
            `wanted` and `recount`, which is what other answers failed at, with a blank line before it, or empty.
        repair_prompt: What it is told for a repair; rendered with `task`, `code`, `failure` and `recount`.
        timeout: After how many seconds a step of it counts as hung.
        name: The node's name, shown in streams and in the usage.
    """
    wordings = {
        wording: (prompt or Prompt.load(wording)).with_system(system_prompt)
        for wording in ("coder", "coder_variant", "coder_planned", "coder_reminded")
    }
    repair = (repair_prompt or Prompt.load("repair")).with_system(system_prompt)

    def messages(contract: Contract, assignment: Assignment, state: CoderInput) -> list[BaseMessage]:
        plan, example = state.get("plan"), example_among(state.get("recalled") or [])
        values = {"task": task_block(contract), "recount": in_words(assignment.attempts)}
        if assignment.target is not None:
            return repair.render(**values, code=assignment.target.code.strip(), failure=assignment.failure or "")
        if plan is not None and assignment.kind == "first":
            return wordings["coder_planned"].render(**values, wanted=wanted(contract), plan=plan.numbered)
        if example is not None and assignment.kind == "first":
            return wordings["coder_reminded"].render(**values, wanted=wanted(contract), example=example)
        return wordings[assignment.wording].render(**values, wanted=wanted(contract))

    async def coder(state: CoderInput, runtime: Runtime[TeamContext]) -> CoderUpdate:
        contract = contract_of(state)
        assignment = state.get("assignment") or Assignment(index=0, kind="first")
        emit(runtime, name, "writing", index=assignment.index, assignment=assignment)
        sampling = Sampling(
            temperature=assignment.temperature,
            max_tokens=assignment.max_tokens,
            seed=(context_of(runtime).seed or 0) + assignment.index,
            stop=(FENCE_END,),
        )
        try:
            answer = await ledger_for(state, runtime).ask(
                model_for(runtime, name, model),
                messages(contract, assignment, state),
                role=name,
                sampling=sampling,
            )
            code = read_code(answer.text, contract)
        except (ModelAnswerError, UnreadableAnswerError) as problem:
            void = VoidProposal(index=assignment.index, origin=assignment.kind, problem=str(problem))
            emit(runtime, name, "void", index=assignment.index, answer=void)
            return {"void": [void]}
        except BudgetExhausted as limit:
            emit(runtime, name, "stopped", index=assignment.index, problem=str(limit))
            return {"stopped": str(limit)}
        except (ModelCallError, ContextOverflow) as problem:
            if not state.get("candidates"):
                raise
            # What the team has is not lost with a server that went away, or for a repair too long to ask for.
            void = VoidProposal(index=assignment.index, origin=assignment.kind, problem=str(problem), failed=True)
            emit(runtime, name, "void", index=assignment.index, answer=void)
            return {"void": [void]}
        update = propose(code, contract, assignment)
        emit(runtime, name, "candidate", index=assignment.index, candidate=update["candidates"][0])
        return update

    return role_node(coder, name=name, timeout=timeout)
