"""What can go wrong with a model, as types that a program can catch."""

from langchain_core.exceptions import ContextOverflowError

from motet.models.calls import CallRecord


class ModelError(Exception):
    """Anything that goes wrong between motet and a model."""


class UnknownModelError(ModelError):
    """A model spec that nothing answers to, or one whose package, key or file is missing."""


class WeightsUnavailableError(ModelError):
    """The weights of an embedded model are not here and cannot be fetched."""


class WrongWeightsError(ModelError):
    """A weights file is not the one it should be. It has been removed."""


class NotEnoughDiskError(ModelError):
    """The disk has no room for the weights."""


class ServerFailedError(ModelError):
    """The embedded server did not start."""


class RequestForbiddenError(ModelError):
    """A real model was about to be asked where `forbid_model_requests` is in force."""


class ScriptExhaustedError(ModelError):
    """A `ScriptedChatModel` was asked more than its script answers."""


class ContextOverflow(ModelError, ContextOverflowError):
    """A prompt is longer than the model's context.

    Args:
        needed: Tokens of the prompt.
        available: Tokens that the context holds.
    """

    def __init__(self, needed: int, available: int) -> None:
        self.needed = needed
        self.available = available
        super().__init__(
            f"The prompt has {needed} tokens and the model's context holds {available}: "
            f"{needed - available} too many. Shorten the task, or use a model with a longer context."
        )


class ModelCallError(ModelError):
    """The model's server refused or failed, after retries where those made sense. The cause is its own error.

    Args:
        message: What was tried and found.
        attempts: How often it was asked.
    """

    def __init__(self, message: str, attempts: int) -> None:
        self.attempts = attempts
        super().__init__(message)


class ModelAnswerError(ModelError):
    """An answer came, and was paid for, but is of no use.

    Args:
        message: Why.
        record: What it took.
        text: What there is of it.
    """

    def __init__(self, message: str, record: CallRecord, text: str) -> None:
        self.record = record
        self.text = text
        super().__init__(message)


class TruncatedAnswer(ModelAnswerError):
    """The answer ended because its tokens ran out, so its end is missing."""


class UnparsableAnswer(ModelAnswerError):
    """The answer does not fit the schema that it was asked for."""


class UnpricedModelError(ModelError):
    """Money is limited, and nobody has told what a model costs."""


class BudgetExhausted(ModelError):
    """A limit of the budget is reached.

    Args:
        limit: Its name: `max_tokens`, `max_calls`, `max_seconds` or `max_cost`.
        spent: What has gone.
        allowed: What there was.
        scope: The scope of the ledger whose limit it is, such as `run` or a role; None if it has no name.
    """

    def __init__(self, limit: str, spent: float, allowed: float, scope: str | None = None) -> None:
        self.limit = limit
        self.spent = spent
        self.allowed = allowed
        self.scope = scope
        whose = f"The budget of {scope!r}" if scope else "The budget"
        super().__init__(
            f"{whose} is used up: {limit} allows {_amount(limit, allowed)}, {_amount(limit, spent)} are spent, and a "
            f"further call does not fit. Raise {limit} to go on."
        )


def _amount(limit: str, amount: float) -> str:
    if limit == "max_cost":
        return f"${amount:.4g}"
    return f"{amount:.1f} s" if limit == "max_seconds" else f"{amount:,.0f}"
