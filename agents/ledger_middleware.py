"""Puts the model calls of a LangChain agent into the ledger of the run that it works in."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Annotated, Any, NotRequired

from langchain.agents.middleware import (
    AgentMiddleware,
    AgentState,
    ExtendedModelResponse,
    ModelRequest,
    ModelResponse,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langgraph.types import Command

from motet.agents.context import TeamContext
from motet.agents.node import at_work, run_in_background
from motet.models import CallRecord, Ledger, Sampling, union
from motet.models.ask import NO_SAMPLING


class LedgerState(AgentState[Any]):
    """An agent's state with the calls that it made, so that they are known after a resume as well."""

    calls: NotRequired[Annotated[list[CallRecord], union]]
    run: NotRequired[str]
    seconds: NotRequired[float]


class LedgerMiddleware(AgentMiddleware[LedgerState, TeamContext, Any]):
    """Makes each model call through the run's ledger: held against its limits, retried, and recorded.

    Give it as the last one, so that calls which other middleware repeats or sends to another model are recorded too.
    The records stand under `calls` in the agent's state, as they do in the team's. Calls that other middleware makes
    past the agent's own model, such as for a summary, are not seen.

    Args:
        role: Under whose name calls are recorded.
        ledger: Pays for the calls; left out, the one of the run in which the agent works.
        sampling: How the model is to write.

    Raises:
        BudgetExhausted: During the agent's run, where nothing is left to ask with.
    """

    state_schema = LedgerState

    def __init__(self, *, role: str, ledger: Ledger | None = None, sampling: Sampling = NO_SAMPLING) -> None:
        super().__init__()
        self.role = role
        self.ledger = ledger
        self.sampling = sampling

    async def awrap_model_call(
        self,
        request: ModelRequest[TeamContext],
        handler: Callable[[ModelRequest[TeamContext]], Awaitable[ModelResponse[Any]]],
    ) -> ExtendedModelResponse[Any]:
        """Ask through the ledger."""
        response: ModelResponse[Any] | None = None

        async def send(model: BaseChatModel) -> AIMessage:
            nonlocal response
            response = await handler(request.override(model=model))
            return next(message for message in response.result if isinstance(message, AIMessage))

        prompt = [*([request.system_message] if request.system_message else []), *request.messages]
        run = nullcontext(self.ledger) if self.ledger else at_work(request.state, request.runtime, self.role)
        with run as ledger:
            ledger.learn(request.state.get("calls") or [])  # those from before a resume
            answer = await ledger.ask(request.model, prompt, role=self.role, sampling=self.sampling, send=send)
        assert response is not None, "an answer has come"
        return ExtendedModelResponse(response, Command(update={"calls": [answer.record]}))

    def wrap_model_call(
        self,
        request: ModelRequest[TeamContext],
        handler: Callable[[ModelRequest[TeamContext]], ModelResponse[Any]],
    ) -> ExtendedModelResponse[Any]:
        """As `awrap_model_call`, for an agent that is called without async."""

        async def ahandler(asked: ModelRequest[TeamContext]) -> ModelResponse[Any]:
            return await asyncio.to_thread(handler, asked)

        return run_in_background(self.awrap_model_call(request, ahandler))
