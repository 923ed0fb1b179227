"""Chat models: the embedded one, any provider's, a scripted one; and the ledger of what they take."""

from motet.models.answer import Answer
from motet.models.ask import ask
from motet.models.cache import cache_folder
from motet.models.calls import CallRecord, Usage, union
from motet.models.catalog import (
    CATALOG,
    DEFAULT,
    DEFAULT_EMBEDDINGS,
    EMBEDDINGS,
    EmbeddedModel,
    EmbeddingModel,
    WeightsFile,
    known_embeddings,
    known_model,
)
from motet.models.errors import (
    BudgetExhausted,
    ContextOverflow,
    ModelAnswerError,
    ModelCallError,
    ModelError,
    NotEnoughDiskError,
    RequestForbiddenError,
    ScriptExhaustedError,
    ServerFailedError,
    TruncatedAnswer,
    UnknownModelError,
    UnparsableAnswer,
    UnpricedModelError,
    WeightsUnavailableError,
    WrongWeightsError,
)
from motet.models.guard import check_request_allowed, forbid_model_requests
from motet.models.hub import why_unreachable
from motet.models.ledger import Ledger
from motet.models.limits import BudgetLimits
from motet.models.naming import model_name, parameters_billions
from motet.models.prices import Price, Prices
from motet.models.processor import usable_cores
from motet.models.progress import Progress
from motet.models.resolve import ensure_ready, resolve_model
from motet.models.retry import Retry
from motet.models.sampling import Sampling
from motet.models.scripted import Asked, Fault, ScriptedChatModel, tool_call, truncated
from motet.models.stopwatch import Stopwatch
from motet.models.weights import WeightsStatus, ensure_weights, list_models, pull, remove, weights_status

__all__ = [
    "CATALOG",
    "DEFAULT",
    "DEFAULT_EMBEDDINGS",
    "EMBEDDINGS",
    "Answer",
    "Asked",
    "BudgetExhausted",
    "BudgetLimits",
    "CallRecord",
    "ContextOverflow",
    "EmbeddedModel",
    "EmbeddingModel",
    "Fault",
    "Ledger",
    "ModelAnswerError",
    "ModelCallError",
    "ModelError",
    "NotEnoughDiskError",
    "Price",
    "Prices",
    "Progress",
    "RequestForbiddenError",
    "Retry",
    "Sampling",
    "ScriptExhaustedError",
    "ScriptedChatModel",
    "ServerFailedError",
    "Stopwatch",
    "TruncatedAnswer",
    "UnknownModelError",
    "UnparsableAnswer",
    "UnpricedModelError",
    "Usage",
    "WeightsFile",
    "WeightsStatus",
    "WeightsUnavailableError",
    "WrongWeightsError",
    "ask",
    "cache_folder",
    "check_request_allowed",
    "ensure_ready",
    "ensure_weights",
    "forbid_model_requests",
    "known_embeddings",
    "known_model",
    "list_models",
    "model_name",
    "parameters_billions",
    "pull",
    "remove",
    "resolve_model",
    "tool_call",
    "truncated",
    "union",
    "usable_cores",
    "weights_status",
    "why_unreachable",
]
