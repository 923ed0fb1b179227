"""Which types a team's checkpoints hold, so that they come back as what they were and nobody is warned of them.

LangGraph names in its log every type that it does not know when it reads a checkpoint, and in its strict mode
(`LANGGRAPH_STRICT_MSGPACK=true`) makes plain dictionaries of those that no state schema mentions.
"""

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

from langgraph.checkpoint.base import BaseCheckpointSaver, SerializerProtocol
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import StateGraph
from langgraph.types import Checkpointer
from pydantic import BaseModel
from typing_extensions import is_typeddict

from motet.agents import Assignment
from motet.graphs.state import TeamState

TypeName = tuple[str, str]
"""A type's module and name, as LangGraph's serializer wants it."""
AnyGraph = StateGraph[Any, Any, Any, Any]
NO_TYPE: TypeName = (__name__, "")


def know_team_types(checkpointer: Checkpointer, *more: type | AnyGraph) -> Checkpointer:
    """Tell a checkpointer which types a team's state holds. `create_team` does it by itself.

    Use it for graphs of your own that contain a team or its nodes.

    Args:
        checkpointer: Any of LangGraph's.
        more: A graph of yours, for the types in its states, or such types: pydantic models, dataclasses, typed
            dictionaries. Others come back as plain dictionaries.

    Returns:
        A shallow copy on the same storage; `None`, `True` and `False` as they are.

    Example:
        ```python
        graph = build_team()
        team = graph.compile(checkpointer=know_team_types(InMemorySaver(), graph))
        ```
    """
    if not isinstance(checkpointer, BaseCheckpointSaver):
        return checkpointer
    clone = copy.copy(checkpointer)
    schemas = [schema for one in more for schema in (_schemas(one) if isinstance(one, StateGraph) else [one])]
    clone.serde = _knowing(checkpointer.serde, _team_types().union(*map(_names, schemas)))
    return clone


def _schemas(graph: AnyGraph) -> list[type]:
    return [graph.state_schema, *(node.input_schema for node in graph.nodes.values())]


def _knowing(serde: SerializerProtocol, types: frozenset[TypeName]) -> SerializerProtocol:
    if isinstance(serde, EncryptedSerializer):
        return EncryptedSerializer(serde.cipher, _knowing(serde.serde, types))
    if not isinstance(serde, JsonPlusSerializer):
        return serde
    if serde.with_msgpack_allowlist([NO_TYPE]) is serde and type(serde) is JsonPlusSerializer:
        # LangGraph's default has no list that could be added to: it reads every type and warns of each.
        return JsonPlusSerializer(pickle_fallback=serde.pickle_fallback, allowed_msgpack_modules=types)
    return serde.with_msgpack_allowlist(types)


@cache
def _team_types() -> frozenset[TypeName]:
    return _names(TeamState) | _names(Assignment)


def _names(kind: type) -> frozenset[TypeName]:
    return frozenset((one.__module__, one.__name__) for one in _classes(kind, set()))


def _classes(kind: Any, seen: set[int]) -> Iterator[type]:
    """Every class that values of a type may be made of."""
    if id(kind) in seen:
        return
    seen.add(id(kind))
    parts = list(get_args(kind))
    if isinstance(kind, type):
        record = is_typeddict(kind)
        if not record and kind.__module__ != "builtins":
            yield kind
        if record or issubclass(kind, BaseModel) or hasattr(kind, "__dataclass_fields__"):
            parts += get_type_hints(kind, include_extras=True).values()
    for part in parts:
        yield from _classes(part, seen)
