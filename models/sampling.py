"""How a model is to write: what a call asks for, given in the terms of each provider."""

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, ConfigDict

FIELDS = {
    "temperature": ("temperature",),
    "max_tokens": ("max_tokens", "max_output_tokens", "num_predict", "max_new_tokens"),
    "seed": ("seed", "random_seed"),
}
"""What providers call each setting. A model that has none of the names does not know the setting."""


class Sampling(BaseModel):
    """Settings of one call. What is left out stays as the model has it."""

    model_config = ConfigDict(frozen=True)

    temperature: float | None = None
    max_tokens: int | None = None
    """The longest answer; a longer one is void."""
    seed: int | None = None
    """Repeats an answer, on servers that can."""
    stop: tuple[str, ...] = ()
    """Strings that end the answer."""

    def capped(self, tokens: int) -> "Sampling":
        """The same with an answer of at most so many tokens."""
        return self.model_copy(update={"max_tokens": min(self.max_tokens or tokens, tokens)})

    def longest_answer(self, model: BaseChatModel) -> int | None:
        """How many tokens an answer may have with these settings, or else with the model's own; None if nobody says."""
        own = (getattr(model, name, None) for name in FIELDS["max_tokens"])
        return self.max_tokens or next((tokens for tokens in own if isinstance(tokens, int) and tokens > 0), None)

    def apply(self, model: BaseChatModel) -> BaseChatModel:
        """A copy of the model with these settings, as far as it knows them. `stop` is given with the call instead.

        Fields rather than call arguments: every integration has them, and they are passed on the way it wants them.
        """
        known = type(model).model_fields
        settings = {
            field: value
            for setting, names in FIELDS.items()
            if (value := getattr(self, setting)) is not None
            and (field := next((name for name in names if name in known), None))
        }
        if (getattr(model, "profile", None) or {}).get("temperature") is False:
            settings.pop("temperature", None)
        return model.model_copy(update=settings) if settings else model
