"""From what a user types to embeddings."""

from langchain_core.embeddings import Embeddings

from motet.memory.embeddings.local import LocalEmbeddings
from motet.models import DEFAULT_EMBEDDINGS, EMBEDDINGS, UnknownModelError

FORMS = (
    f"`local` (the embedded {DEFAULT_EMBEDDINGS.name}), `local:NAME` with one of {', '.join(EMBEDDINGS)}, "
    "`PROVIDER:MODEL` as LangChain's `init_embeddings` knows them (`openai:text-embedding-3-small`, `ollama:...`), "
    "or any LangChain `Embeddings`"
)


def resolve_embeddings(spec: str | Embeddings = "local") -> Embeddings:
    """Make embeddings.

    It is cheap: weights are fetched and loaded, and servers asked, when they are first used.

    Args:
        spec: `local`, `local:NAME`, `PROVIDER:MODEL`, or embeddings, which are returned as they are.

    Raises:
        UnknownModelError: If nothing answers to the spec, or a package or key is missing; it says which.
    """
    if isinstance(spec, Embeddings):
        return spec
    if not isinstance(spec, str):
        raise UnknownModelError(f"{spec!r} is neither embeddings nor a spec for them. There are: {FORMS}.")
    provider, _, name = spec.strip().partition(":")
    if provider == "local":
        return LocalEmbeddings(name or DEFAULT_EMBEDDINGS.name)
    if not provider or not name:
        raise UnknownModelError(f"{spec!r} is not a spec for embeddings. There are: {FORMS}.")
    return _provided(provider, name)


def dimensions_of(embeddings: Embeddings) -> int:
    """The length of the vectors, from what the embeddings say of themselves or else by embedding a word."""
    said = getattr(embeddings, "dimensions", None)
    return said if isinstance(said, int) else len(embeddings.embed_query("dimensions"))


def _provided(provider: str, name: str) -> Embeddings:
    from langchain.embeddings import init_embeddings

    spec = f"{provider}:{name}"
    try:
        return init_embeddings(name, provider=provider)
    except ImportError as error:
        raise UnknownModelError(f"{spec} needs a package that is not installed: {error}") from error
    except Exception as error:  # each provider has errors of its own here, for a missing key as well
        if "is not supported" in str(error):
            raise UnknownModelError(f"No provider is called {provider!r}. Embeddings are: {FORMS}.") from error
        raise UnknownModelError(
            f"{spec} cannot be set up: {error} The embedded model, `local`, needs no key."
        ) from error
