"""Matching of namespaces: by whole labels, case counts, `*` stands for one label."""

from collections.abc import Iterable, Sequence

from langgraph.store.base import ListNamespacesOp, MatchCondition

from motet.memory.store.items import Namespace


def starts_with(namespace: Namespace, prefix: Namespace) -> bool:
    """Whether a namespace is the prefix or lies below it."""
    return namespace[: len(prefix)] == prefix


def select_namespaces(namespaces: Iterable[Namespace], op: ListNamespacesOp) -> list[Namespace]:
    """Answer a `list_namespaces`: matched, cut to the depth asked for, sorted.

    Raises:
        ValueError: A condition is neither `prefix` nor `suffix`.
    """
    conditions = op.match_conditions or ()
    matched = {one[: op.max_depth] for one in namespaces if all(_matches(one, condition) for condition in conditions)}
    return sorted(matched)[op.offset : op.offset + op.limit]


def _matches(namespace: Namespace, condition: MatchCondition) -> bool:
    path = condition.path
    if len(namespace) < len(path):
        return False
    if condition.match_type == "prefix":
        return _fits(namespace[: len(path)], path)
    if condition.match_type == "suffix":
        return _fits(namespace[len(namespace) - len(path) :], path)
    raise ValueError(f"Namespaces are matched by 'prefix' or 'suffix', not by {condition.match_type!r}.")


def _fits(labels: Sequence[str], path: Sequence[str]) -> bool:
    return all(wanted in ("*", label) for label, wanted in zip(labels, path, strict=True))
