"""What tokens cost, from a table that the user gives: providers' prices change too often to be kept in a program."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from motet.models.calls import CallRecord
from motet.models.naming import model_name

MILLION = 1_000_000
DATE = re.compile(r"[-@]\d{4}-?\d\d-?\d\d$")
"""What providers add to a model's name to tell its editions apart."""
FREE = {"motet-embedded", "motet-scripted"}
"""Kinds of chat models that cost nothing."""


class Price(BaseModel):
    """US dollars for a million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0, allow_inf_nan=False)
    """Of prompts."""
    output: float = Field(ge=0, allow_inf_nan=False)
    """Of answers, the thinking of reasoning models included."""
    cached_input: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Of the part of a prompt that the provider took from its cache; like `input` if left out."""

    def of(self, prompt: int, answer: float) -> float:
        """US dollars for a prompt and an answer of so many tokens, nothing cached."""
        return (prompt * self.input + answer * self.output) / MILLION

    def of_call(self, call: CallRecord) -> float:
        """US dollars for a call that was made."""
        saved = 0.0 if self.cached_input is None else call.cached_tokens * (self.input - self.cached_input) / MILLION
        return self.of(call.input_tokens, call.output_tokens) - saved


NOTHING = Price(input=0, output=0)


class Prices(RootModel[Mapping[str, Price]]):
    """Prices by the models' names.

    A name may carry its provider (`openai:gpt-5-mini`) and the date of an edition; neither has to. Embedded and
    scripted models cost nothing unless they are named here.

    Example:
        ```python
        Prices.model_validate({"gpt-5-mini": {"input": 0.25, "cached_input": 0.025, "output": 2.0}})
        ```
    """

    model_config = ConfigDict(frozen=True)

    @classmethod
    def read(cls, path: Path | str) -> "Prices":
        """Read a table from a TOML or JSON file that is shaped like the mapping.

        Raises:
            OSError: The file cannot be read.
            ValueError: It holds no prices.
        """
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
            table = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
            return cls.model_validate(table)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the whole of it"
            reason = f"{where}: {first['msg']}"
        except ValueError as error:  # the file's syntax or encoding
            reason = str(error)
        raise ValueError(f"{path} is no table of prices ({reason}). {HOW_TO_WRITE}")

    def of_model(self, model: BaseChatModel) -> Price | None:
        """The price of a model, before it has said anything; None where nobody has told."""
        return self.named(model_name(model)) or (NOTHING if model._llm_type in FREE else None)

    def named(self, name: str) -> Price | None:
        """The price under a name; that of another edition of the model where this one has none of its own."""
        undated = {DATE.sub("", key): price for key, price in self.root.items()}
        return _find(self.root, name) or _find(undated, DATE.sub("", name))


def _find(table: Mapping[str, Price], name: str) -> Price | None:
    with_provider = (price for key, price in table.items() if key.endswith(f":{name}"))
    return table.get(name) or next(with_provider, None)


NO_PRICES = Prices({})

HOW_TO_WRITE = (
    "Give dollars for a million tokens by the model's name, in code as "
    '`Prices.model_validate({"NAME": {"input": 0.25, "output": 2.0}})`, '
    'in a TOML file as `"NAME" = { input = 0.25, output = 2.0 }`; 0 for what costs nothing.'
)
"""For messages."""
