"""What one scope of a ledger has spent, what its calls in flight may still take, and what is left of its limits."""

import math
from dataclasses import dataclass

from motet.models.calls import CallRecord
from motet.models.limits import BudgetLimits
from motet.models.prices import MILLION, Price


@dataclass(frozen=True)
class Request:
    """A call that somebody wants to make."""

    prompt: int
    """Its tokens, about."""
    answer: float
    """The longest answer that is wanted, in tokens; infinite if it does not matter."""
    price: Price | None

    def cost(self, answer: float) -> float:
        """US dollars at most, with an answer of this length."""
        if self.price is None or not math.isfinite(answer):
            return 0.0  # nobody limits the cost then
        return self.price.of(self.prompt, answer)


@dataclass
class Amount:
    """Calls, tokens and dollars."""

    calls: int = 0
    tokens: float = 0
    cost: float = 0.0

    def add(self, other: "Amount") -> None:
        """Take more."""
        self.calls += other.calls
        self.tokens += other.tokens
        self.cost += other.cost

    def subtract(self, other: "Amount") -> None:
        """Give some back."""
        self.calls -= other.calls
        self.tokens -= other.tokens
        # Nothing is nothing: what rounding leaves over would be waited for without end.
        self.cost = self.cost - other.cost if self.calls else 0.0

    @classmethod
    def of(cls, record: CallRecord) -> "Amount":
        """What a call took."""
        return cls(1, record.tokens, record.cost or 0.0)


class Balance:
    """The sums of one scope.

    Args:
        limits: What it may spend.
    """

    def __init__(self, limits: BudgetLimits) -> None:
        self.limits = limits
        self.spent = Amount()
        self.held = Amount()
        """What calls in flight may take at most."""

    def room(self, request: Request, *, held: bool) -> tuple[float, str]:
        """How long the answer to a request may become, in tokens, and which limit says so.

        Args:
            request: Which.
            held: Whether what calls in flight may take is gone; else only what has been spent is.

        Returns:
            Less than 1 if the request must not be made, and infinity if nothing limits its answer.
        """
        taken = Amount()
        taken.add(self.spent)
        if held:
            taken.add(self.held)
        limits = self.limits
        rooms = [(math.inf, "")]
        if limits.max_calls is not None:
            rooms.append((math.inf if taken.calls < limits.max_calls else 0, "max_calls"))
        if limits.max_tokens is not None:
            rooms.append((limits.max_tokens - taken.tokens - request.prompt, "max_tokens"))
        if limits.max_cost is not None and request.price is not None:
            rooms.append((_affordable(limits.max_cost - taken.cost, request), "max_cost"))
        return min(rooms)


def _affordable(dollars: float, request: Request) -> float:
    """How many tokens of answer can be paid after the prompt is."""
    assert request.price is not None
    left = dollars - request.cost(0)
    if request.price.output and math.isfinite(left):
        return math.floor(left * MILLION / request.price.output)
    return math.inf if left >= 0 or not request.price.input else 0
