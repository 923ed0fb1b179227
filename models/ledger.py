"""The budget of a run: every call goes through it and is debited before its answer is read."""

import asyncio
import time
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt

from motet.models.answer import Answer, prompt_tokens
from motet.models.ask import NO_SAMPLING, Send, ask
from motet.models.calls import CallRecord, Usage
from motet.models.errors import BudgetExhausted
from motet.models.sampling import Sampling


class BudgetLimits(BaseModel):
    """What a run may spend. What is left out is not limited."""

    model_config = ConfigDict(frozen=True)

    max_tokens: PositiveInt | None = None
    """Tokens of prompts and answers together."""
    max_calls: PositiveInt | None = None
    max_seconds: PositiveFloat | None = None
    """Time that the run has been at work, everything included but rests: a wait for a human, or for a resume."""


class Ledger:
    """Asks models as long as the budget lasts.

    Args:
        limits: What may be spent.
        spent: Calls that were made before, by other ledgers of the same run.
        seconds: How long the run had been at work before this ledger was made.

    Attributes:
        calls: The calls made through this ledger, in the order in which they ended.
    """

    def __init__(
        self, limits: BudgetLimits | None = None, spent: Sequence[CallRecord] = (), seconds: float = 0.0
    ) -> None:
        self.limits = limits or BudgetLimits()
        self.calls: list[CallRecord] = []
        self._spent = list(spent)
        self._started = time.monotonic() - seconds
        self._running = 0

    @property
    def usage(self) -> Usage:
        """What the run has taken so far, through this ledger and before."""
        return Usage.of([*self._spent, *self.calls])

    async def ask(
        self,
        model: BaseChatModel,
        messages: LanguageModelInput,
        *,
        role: str,
        sampling: Sampling = NO_SAMPLING,
        schema: type[BaseModel] | None = None,
        send: Send | None = None,
    ) -> Answer:
        """Ask a model as `motet.models.ask` does, within what is left.

        The answer is cut to the tokens that are left, and the request is given up when the time is.

        Raises:
            BudgetExhausted: If nothing is left to ask with, or the time ended during the call.
        """
        sampling = self._within(sampling, messages)
        self._running += 1
        try:
            async with asyncio.timeout(self._seconds_left()) as clock:
                return await ask(
                    model,
                    messages,
                    role=role,
                    sampling=sampling,
                    schema=schema,
                    send=send,
                    on_record=self.calls.append,
                )
        except TimeoutError:
            if not clock.expired():
                raise
            raise self._out_of_time() from None
        finally:
            self._running -= 1

    def _within(self, sampling: Sampling, messages: LanguageModelInput) -> Sampling:
        usage = self.usage
        limits = self.limits
        if limits.max_calls is not None and usage.calls + self._running >= limits.max_calls:
            raise BudgetExhausted("max_calls", usage.calls + self._running, limits.max_calls)
        seconds = self._seconds_left()
        if seconds is not None and seconds <= 0:
            raise self._out_of_time()
        if limits.max_tokens is None:
            return sampling
        left = limits.max_tokens - usage.tokens - prompt_tokens(messages)
        if left <= 0:
            raise BudgetExhausted("max_tokens", usage.tokens, limits.max_tokens)
        return sampling.capped(left)

    def _seconds_left(self) -> float | None:
        if self.limits.max_seconds is None:
            return None
        return self._started + self.limits.max_seconds - time.monotonic()

    def _out_of_time(self) -> BudgetExhausted:
        assert self.limits.max_seconds is not None
        return BudgetExhausted("max_seconds", round(time.monotonic() - self._started, 1), self.limits.max_seconds)
