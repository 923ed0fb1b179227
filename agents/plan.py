"""The plan: the order of the work in words, in front of a model that is helped by one."""

from typing import Annotated, TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langgraph.runtime import Runtime
from pydantic import BaseModel, ConfigDict, Field

from motet.agents.context import TeamContext
from motet.agents.node import State, emit, ledger_for, model_for
from motet.models import BudgetExhausted, ModelAnswerError, Sampling


class Plan(BaseModel):
    """The order of the work, in words."""

    model_config = ConfigDict(frozen=True)

    steps: Annotated[list[str], Field(min_length=1, max_length=6)]

    @property
    def numbered(self) -> str:
        """The steps, one a line."""
        return "\n".join(f"{number}. {step}" for number, step in enumerate(self.steps, 1))


class PlanUpdate(TypedDict, total=False):
    """What comes of asking for a plan."""

    plan: Plan
    stopped: str


async def ask_for_plan(
    messages: list[BaseMessage],
    state: State,
    runtime: Runtime[TeamContext],
    *,
    model: str | BaseChatModel,
    name: str,
) -> PlanUpdate:
    """Ask a model for a plan, in the name of a role. A team without one still works, so a bad answer is no error."""
    ledger = ledger_for(state, runtime)
    try:
        chat = model_for(runtime, name, model)
        answer = await ledger.ask(chat, messages, role=name, sampling=Sampling(max_tokens=400), schema=Plan)
        plan = answer.read_as(Plan)
    except ModelAnswerError as problem:
        # The call is paid for all the same.
        emit(runtime, name, "no_plan", problem=str(problem))
        return {}
    except BudgetExhausted as limit:
        # At a limit of its own it goes without a plan.
        return {"stopped": str(limit)} if limit.scope != name else {}
    emit(runtime, name, "plan", plan=plan)
    return {"plan": plan}
