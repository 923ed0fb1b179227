"""What a model is called, and what its name says about its size."""

import re

from langchain_core.language_models import BaseChatModel

from motet.models.catalog import CATALOG

SIZE = re.compile(r"(?<![a-z0-9.])(?:(?P<experts>\d+)x)?(?P<number>\d+(?:\.\d+)?)(?P<unit>[bm])(?![a-z0-9])")


def model_name(model: BaseChatModel) -> str:
    """The name of the model that a client asks for."""
    for attribute in ("model_name", "model", "model_id"):
        name = getattr(model, attribute, None)
        if isinstance(name, str) and name:
            return name
    return model.name or model._llm_type


def parameters_billions(model: BaseChatModel | str) -> float | None:
    """How many billion parameters a model has, as far as its name says; None where it does not.

    Example:
        `parameters_billions("llama3.1:8b")` is 8.0 and `parameters_billions("gpt-5")` is None.
    """
    name = (model if isinstance(model, str) else model_name(model)).lower()
    if name in CATALOG:
        return CATALOG[name].parameters_billions
    size = SIZE.search(name)
    if size is None:
        return None
    scale = 1.0 if size["unit"] == "b" else 1e-3
    return float(size["number"]) * int(size["experts"] or 1) * scale
