"""From what a user types to a chat model."""

import os
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from motet.models.catalog import CATALOG, DEFAULT, known_model
from motet.models.errors import UnknownModelError
from motet.models.guard import check_request_allowed
from motet.models.naming import model_name
from motet.models.progress import silent

FORMS = (
    f"`local` (the embedded {DEFAULT.name}), `local:NAME` with one of {', '.join(CATALOG)}, `local:PATH.gguf`, "
    "`PROVIDER:MODEL` as LangChain knows them (`anthropic:...`, `openai:...`, `ollama:...`), "
    "or the URL of an OpenAI-compatible server, `http://HOST:PORT/v1#MODEL`"
)
EXTRAS = {
    "anthropic": "motet[anthropic]",
    "google_genai": "motet[google]",
    "ollama": "motet[ollama]",
    "mistralai": "motet[mistral]",
}
KEYS = {
    "anthropic": ("ANTHROPIC_API_KEY",),
    "cohere": ("COHERE_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "fireworks": ("FIREWORKS_API_KEY",),
    "google_genai": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "mistralai": ("MISTRAL_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "perplexity": ("PPLX_API_KEY", "PERPLEXITY_API_KEY"),
    "together": ("TOGETHER_API_KEY",),
    "xai": ("XAI_API_KEY",),
}


def resolve_model(spec: str | BaseChatModel) -> BaseChatModel:
    """Make a chat model.

    It is cheap: weights are fetched and loaded, and servers asked, when the model is first used.

    Args:
        spec: `local`, `local:NAME`, `local:PATH.gguf`, `PROVIDER:MODEL`, the URL of an OpenAI-compatible server
            (with `#MODEL` where it has several), or a chat model, which is returned as it is.

    Raises:
        UnknownModelError: If nothing answers to the spec, or a package, key or file is missing; it says which.

    Example:
        ```python
        model = resolve_model("local:qwen2.5-coder-0.5b")
        ```
    """
    if isinstance(spec, BaseChatModel):
        return spec
    if not isinstance(spec, str):
        raise UnknownModelError(f"{spec!r} is neither a chat model nor a model spec. There are: {FORMS}.")
    kind, _, rest = spec.strip().partition(":")
    if kind == "local":
        return _local(rest)
    if kind in {"http", "https"}:
        from motet.models.endpoint import endpoint_chat_model

        return endpoint_chat_model(spec.strip())
    if not kind or not rest:
        raise UnknownModelError(f"{spec!r} is not a model spec. There are: {FORMS}.")
    return _provided(kind, rest)


def ensure_ready(model: BaseChatModel, *, quiet: bool = False) -> None:
    """Do now what a model's first request would wait for: fetch weights, start or find its server.

    Args:
        model: Any chat model; most have nothing to be made ready.
        quiet: Show no progress.
    """
    prepare = getattr(model, "prepare", None)
    if prepare is not None:
        check_request_allowed(f"The model {model_name(model)}")
        prepare(silent if quiet else None)


def _local(which: str) -> BaseChatModel:
    weights = Path(which).expanduser() if which.endswith(".gguf") else known_model(which or DEFAULT.name)
    from motet.models.embedded import embedded_chat_model

    return embedded_chat_model(weights)


def _provided(provider: str, name: str) -> BaseChatModel:
    model = _construct(provider, name)
    keys = KEYS.get(provider, ())
    if keys and not any(os.environ.get(key) for key in keys):
        raise _missing_key(provider, name)
    if "max_retries" in type(model).model_fields:
        # `ask` retries, and counts; retries below it would multiply.
        model = _construct(provider, name, max_retries=0)
    return model


def _construct(provider: str, name: str, **options: Any) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        return init_chat_model(name, model_provider=provider, **options)
    except ImportError as error:
        extra = EXTRAS.get(provider)
        advice = f'run `pip install "{extra}"`.' if extra else str(error)
        raise UnknownModelError(f"{provider}:{name} needs a package that is not installed: {advice}") from error
    except Exception as error:  # each provider has errors of its own here
        if str(error).startswith("Unsupported provider"):
            raise UnknownModelError(f"No provider is called {provider!r}. A model is one of: {FORMS}.") from error
        keys = KEYS.get(provider, ())
        if keys and not any(os.environ.get(key) for key in keys):
            raise _missing_key(provider, name) from error
        raise UnknownModelError(f"{provider}:{name} cannot be set up: {error}") from error


def _missing_key(provider: str, name: str) -> UnknownModelError:
    return UnknownModelError(
        f"{provider}:{name} needs a key: set the environment variable {' or '.join(KEYS[provider])}. "
        "The embedded model, `local`, needs none."
    )
