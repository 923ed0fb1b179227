"""Items that expire, where a store knows a time to live."""

import time
from collections.abc import Callable
from typing import Any, Protocol, cast

import pytest
from langgraph.store.base import BaseStore

from motet.memory.conformance.base import Conformance

Mortal = Callable[..., BaseStore]


class _Sweeping(Protocol):
    def sweep_ttl(self) -> int: ...


class Living(Conformance):
    """What has a time to live goes when it is over; nothing else does."""

    def test_a_sweep_removes_what_has_expired_and_nothing_else(self, mortal: Mortal) -> None:
        store = mortal(refresh_on_read=False)
        store.put(("a",), "short", {"n": 1}, ttl=self.lifetime_seconds / 60)
        store.put(("a",), "long", {"n": 2}, ttl=60)
        store.put(("a",), "eternal", {"n": 3})
        assert self._sweep(store) == 0
        time.sleep(1.4 * self.lifetime_seconds)
        assert self._sweep(store) == 1
        assert {item.key for item in store.search(("a",))} == {"long", "eternal"}

    def test_the_default_holds_where_no_other_is_given(self, mortal: Mortal) -> None:
        store = mortal(default_ttl=self.lifetime_seconds / 60, refresh_on_read=False)
        store.put(("a",), "default", {"n": 1})
        store.put(("a",), "own", {"n": 2}, ttl=60)
        store.put(("a",), "never", {"n": 3}, ttl=None)
        time.sleep(1.4 * self.lifetime_seconds)
        assert self._sweep(store) == 1
        assert {item.key for item in store.search(("a",))} == {"own", "never"}

    @pytest.mark.parametrize("refresh", [True, False])
    def test_reading_refreshes_where_it_is_asked_to(self, mortal: Mortal, refresh: bool) -> None:
        store = mortal(refresh_on_read=True)
        store.put(("a",), "got", {"n": 1}, ttl=self.lifetime_seconds / 60)
        store.put(("a",), "found", {"n": 2}, ttl=self.lifetime_seconds / 60)
        time.sleep(0.7 * self.lifetime_seconds)
        store.get(("a",), "got", refresh_ttl=refresh)
        store.search(("a",), filter={"n": 2}, refresh_ttl=refresh)
        time.sleep(0.7 * self.lifetime_seconds)
        assert self._sweep(store) == (0 if refresh else 2)

    def test_putting_again_begins_anew(self, mortal: Mortal) -> None:
        store = mortal(refresh_on_read=False)
        store.put(("a",), "renewed", {"n": 1}, ttl=self.lifetime_seconds / 60)
        store.put(("a",), "freed", {"n": 1}, ttl=self.lifetime_seconds / 60)
        time.sleep(0.7 * self.lifetime_seconds)
        store.put(("a",), "renewed", {"n": 2}, ttl=self.lifetime_seconds / 60)
        store.put(("a",), "freed", {"n": 2})
        time.sleep(0.7 * self.lifetime_seconds)
        assert self._sweep(store) == 0
        time.sleep(1.4 * self.lifetime_seconds)
        assert self._sweep(store) == 1
        assert [item.key for item in store.search(("a",))] == ["freed"]

    def test_what_has_expired_can_be_hidden_before_the_sweep(self, mortal: Mortal) -> None:
        store: Any = mortal(omit_expired=True, refresh_on_read=False)
        store.put(("a",), "short", {"n": 1}, ttl=self.lifetime_seconds / 60)
        store.put(("a",), "long", {"n": 2}, ttl=60)
        time.sleep(1.4 * self.lifetime_seconds)
        if not self.hides_expired:
            self.lacks("This store shows them until they are swept.")
        assert store.get(("a",), "short") is None
        assert [item.key for item in store.search(("a",))] == ["long"]

    def _sweep(self, store: BaseStore) -> int:
        if not hasattr(store, "sweep_ttl"):
            self.lacks("This store has no `sweep_ttl`.")
        return cast(_Sweeping, store).sweep_ttl()
