"""The budget: a tree of scopes through which every call goes.

A scope spends from its parent. What a call may take at most is held in every scope above it before it is sent, and what
it took is debited there before its answer is read. So calls that run at once cannot overdraw together.
"""

import asyncio
import math
from collections.abc import Generator, Sequence

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from pydantic import BaseModel

from motet.models.answer import Answer, prompt_tokens
from motet.models.ask import NO_SAMPLING, Send, ask
from motet.models.balance import Amount, Balance, Request
from motet.models.calls import CallRecord, Usage
from motet.models.errors import BudgetExhausted, UnpricedModelError
from motet.models.gate import Gate
from motet.models.limits import BudgetLimits
from motet.models.naming import model_name
from motet.models.prices import HOW_TO_WRITE, NO_PRICES, Prices
from motet.models.sampling import Sampling
from motet.models.stopwatch import Stopwatch


class Ledger:
    """Asks models as long as the budget lasts: its own, and that of every scope above it.

    It may be used by several event loops and threads at once.

    Example:
        ```python
        night = Ledger(BudgetLimits(max_cost=5), name="night", prices=Prices.read("prices.toml"))
        draft = night.scope("draft", BudgetLimits(max_calls=3))
        answer = await draft.ask(model, "Write a haiku.", role="poet")
        ```

    Args:
        limits: What may be spent.
        spent: Calls that were made before, by other ledgers of the same run.
        seconds: How long the run had been at work before this ledger was made.
        name: What it is called when it is used up.
        prices: What tokens cost; the parent's prices if left out.
        parent: Where this scope spends from; `parent.scope(...)` says it shorter.
        watch: Counts the time for `max_seconds`; runs from now on if left out.

    Attributes:
        calls: The calls made through this ledger and the scopes below it, in the order in which they ended.
    """

    def __init__(
        self,
        limits: BudgetLimits | None = None,
        spent: Sequence[CallRecord] = (),
        seconds: float = 0.0,
        *,
        name: str | None = None,
        prices: Prices | None = None,
        parent: "Ledger | None" = None,
        watch: Stopwatch | None = None,
    ) -> None:
        self.limits = limits or BudgetLimits()
        self.name = name
        self.parent = parent
        self.prices = prices or (parent.prices if parent else NO_PRICES)
        self.calls: list[CallRecord] = []
        self._records: dict[str, CallRecord] = {}
        self._balance = Balance(self.limits)
        self._gate: Gate = parent._gate if parent else Gate()
        if watch is None:
            watch = Stopwatch(seconds)
            watch.start()
        self.watch = watch
        self.learn(spent)

    def scope(
        self,
        name: str,
        limits: BudgetLimits | None = None,
        *,
        spent: Sequence[CallRecord] = (),
        prices: Prices | None = None,
        watch: Stopwatch | None = None,
    ) -> "Ledger":
        """Make a scope below this one: its calls count here as well.

        Args:
            name: What it is called when it is used up.
            limits: What may be spent in it; at most what is left above it, whatever it says.
            spent: Calls that were made in it before. They count here as well, unless they already do.
            prices: What tokens cost; this ledger's prices if left out.
            watch: Counts the time for `max_seconds`; runs from now on if left out.
        """
        return Ledger(limits, spent, name=name, prices=prices, parent=self, watch=watch)

    def is_within(self, other: "Ledger") -> bool:
        """Whether what is spent here is spent from the other one too."""
        return any(scope is other for scope in self._upwards())

    @property
    def records(self) -> list[CallRecord]:
        """All calls that count here, those that were made before included."""
        with self._gate.lock:
            return list(self._records.values())

    @property
    def usage(self) -> Usage:
        """What was spent so far, through this ledger and before."""
        return Usage.of(self.records)

    def learn(self, calls: Sequence[CallRecord]) -> None:
        """Debit calls that were made elsewhere, those that are known already left out."""
        with self._gate.lock:
            for record in calls:
                self._debit(record)

    @property
    def limits_cost(self) -> bool:
        """Whether money is limited, here or above."""
        return any(scope.limits.max_cost is not None for scope in self._upwards())

    def check_priced(self, *models: BaseChatModel) -> None:
        """See that the models can be asked where money is limited.

        Raises:
            UnpricedModelError: If one of them has no price.
        """
        for model in models:
            if self.limits_cost and self.prices.of_model(model) is None:
                raise UnpricedModelError(
                    f"max_cost cannot be kept: the model {model_name(model)} has no price. {HOW_TO_WRITE}"
                )

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

        The answer is cut to the tokens and the money that are left, and the request is given up when the time is. What
        calls in flight hold and may still give back is waited for.

        Raises:
            BudgetExhausted: If nothing is left to ask with, or the time ended during the call.
            UnpricedModelError: If money is limited and the model has no price.
        """
        self.check_priced(model)
        longest = sampling.longest_answer(model)
        request = Request(prompt_tokens(messages), longest or math.inf, self.prices.of_model(model))
        clock = min(self._upwards(), key=Ledger._seconds_left)
        seconds = clock._seconds_left()
        if seconds <= 0:
            raise clock._exhausted("max_seconds")
        try:
            async with asyncio.timeout(seconds if math.isfinite(seconds) else None) as timeout:
                with await self._hold(request) as held:
                    return await ask(
                        model,
                        messages,
                        role=role,
                        sampling=sampling.capped(int(held.answer)) if math.isfinite(held.answer) else sampling,
                        schema=schema,
                        send=send,
                        prices=self.prices,
                        on_record=held.debit,
                    )
        except TimeoutError:
            if not timeout.expired():
                raise
            raise clock._exhausted("max_seconds") from None

    async def _hold(self, request: Request) -> "_Held":
        """Hold what a request may take at most, as soon as that is free.

        Raises:
            BudgetExhausted: If it is not free and never will be.
        """
        while True:
            with self._gate.lock:
                scopes = list(self._upwards())
                free = request.answer
                for scope in scopes:
                    room, limit = scope._balance.room(request, held=False)
                    if room < 1:
                        raise scope._exhausted(limit)
                    free = min(free, room)
                if min(scope._balance.room(request, held=True)[0] for scope in scopes) >= free:
                    return _Held(scopes, request, free)
                turn = self._gate.queue()
            await asyncio.wrap_future(turn)

    def _upwards(self) -> "Generator[Ledger]":
        scope: Ledger | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def _debit(self, record: CallRecord, *, made_now: bool = False) -> None:
        """Enter a call here and above, where it is not known yet."""
        if record.cost is None and (price := self.prices.named(record.model)):
            record = record.model_copy(update={"cost": price.of_call(record)})  # its price was not known then
        for scope in self._upwards():
            if record.id not in scope._records:
                scope._records[record.id] = record
                scope._balance.spent.add(Amount.of(record))
                if made_now:
                    scope.calls.append(record)

    def _seconds_left(self) -> float:
        return math.inf if self.limits.max_seconds is None else self.limits.max_seconds - self.watch.seconds

    def _exhausted(self, limit: str) -> BudgetExhausted:
        spent = self._balance.spent
        amounts = {
            "max_calls": spent.calls,
            "max_tokens": spent.tokens,
            "max_cost": spent.cost,
            "max_seconds": self.watch.seconds,
        }
        return BudgetExhausted(limit, amounts[limit], getattr(self.limits, limit), self.name)


class _Held:
    """What one call in flight may take, held in its scope and all above until it is debited or the block ends.

    Args:
        scopes: From the one that is asked up to the root. The lock must be held.
        request: What is to be made.
        answer: The longest answer that it may get.
    """

    def __init__(self, scopes: Sequence[Ledger], request: Request, answer: float) -> None:
        self.answer = answer
        self._scopes = scopes
        tokens = request.prompt + answer if math.isfinite(answer) else 0
        self._amount = Amount(1, tokens, request.cost(answer))
        self._is_held = True
        for scope in scopes:
            scope._balance.held.add(self._amount)

    def debit(self, record: CallRecord) -> None:
        """Put what the call took in the place of what it might have taken."""
        asked = self._scopes[0]
        with asked._gate.lock:
            asked._debit(record, made_now=True)
            self._release()

    def __enter__(self) -> "_Held":
        return self

    def __exit__(self, *error: object) -> None:
        with self._scopes[0]._gate.lock:
            self._release()

    def _release(self) -> None:
        if self._is_held:
            self._is_held = False
            for scope in self._scopes:
                scope._balance.held.subtract(self._amount)
            self._scopes[0]._gate.call()
