"""What the parts of the suite share: how a store is opened, and what is known of it."""

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn, TypeAlias

import pytest
from langgraph.store.base import BaseStore, IndexConfig, Item, Result, TTLConfig

from motet.memory.conformance.words import DIMS, WordEmbeddings

OpenStore: TypeAlias = Callable[..., BaseStore]
"""`open_store(index=None, ttl=None)`: gives an empty store at the first call in a test."""


def item_of(result: Result) -> Item:
    """A result of a batch that is one item."""
    assert isinstance(result, Item)
    return result


def items_of(result: Result) -> list[Item]:
    """A result of a batch that is a list of items."""
    assert isinstance(result, list)
    return [one for one in result if isinstance(one, Item)]


class Conformance:
    """Set what differs in your store; every flag says what most stores do."""

    keeps_created_at: ClassVar[bool] = True
    """An item that is put again keeps the time when it was first put."""
    forgets_empty_namespaces: ClassVar[bool] = True
    """A namespace is not listed once its last item is deleted."""
    lists_unscored: ClassVar[bool] = True
    """What has no vector still follows, without a score, after what a query found."""
    compares_any: ClassVar[bool] = True
    """An ordering of things that cannot be compared does not match, rather than raising."""

    lifetime_seconds: ClassVar[float] = 1.0
    """How long items live in these tests; three for a store that counts whole seconds."""
    hides_expired: ClassVar[bool] = True
    """With `omit_expired`, what has expired is not shown even before it is swept."""

    complete: ClassVar[bool] = False
    """The store claims to do all of this: what it lacks then fails a test, which is skipped otherwise."""

    def lacks(self, what: str) -> NoReturn:
        """End a test of what the store cannot do."""
        if self.complete:
            pytest.fail(what, pytrace=False)
        pytest.skip(what)

    @pytest.fixture
    def open_store(self) -> OpenStore:
        """Say how your store is opened: a function of `index` and `ttl`."""
        raise NotImplementedError("Define a fixture `open_store` that gives a function of `index` and `ttl`.")

    @pytest.fixture
    def store(self, open_store: OpenStore) -> BaseStore:
        """A store without vectors."""
        return open_store()

    @pytest.fixture
    def indexed(self, open_store: OpenStore) -> Callable[..., BaseStore]:
        """Opens a store with vectors, over the fields named."""

        def open_indexed(*fields: str, ttl: TTLConfig | None = None) -> BaseStore:
            config: IndexConfig = {"dims": DIMS, "embed": WordEmbeddings(), "fields": list(fields) or None}
            extra: dict[str, Any] = {"ttl": ttl} if ttl else {}
            try:
                return open_store(index=config, **extra)
            except (TypeError, NotImplementedError, AttributeError) as problem:
                self.lacks(f"This store has no vectors here: {problem}")

        return open_indexed

    @pytest.fixture
    def mortal(self, open_store: OpenStore) -> Callable[..., BaseStore]:
        """Opens a store whose items may expire."""

        def open_mortal(**config: Any) -> BaseStore:
            ttl = TTLConfig(**config)
            try:
                store = open_store(ttl=ttl)
            except TypeError:
                self.lacks("This store knows no time to live.")
            if not store.supports_ttl:
                self.lacks("This store knows no time to live.")
            return store

        return open_mortal
