"""The ledger of a run, found by whichever of its nodes is at work.

Nodes that work at once share one live ledger, so that they see each other's spending. The record that outlives the
process is `calls` in the run's state: a ledger that is not live any more is made again from there.
"""

import threading
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from weakref import WeakValueDictionary

from motet.agents.context import TeamContext
from motet.models import CallRecord, Ledger, Stopwatch, Usage, union

RECENT = 64
"""How many runs' ledgers are kept although nobody works on them: between two nodes of a run nobody does, and calls that
a failed or cancelled node has made are written down by the next one."""


class RunLedger:
    """The ledger of one run, with a scope for each role that has limits of its own.

    Args:
        context: Says what may be spent.
        calls: What has been.
    """

    def __init__(self, context: TeamContext, calls: Sequence[CallRecord]) -> None:
        self._terms = _terms(context)
        self.whole = Ledger(
            context.limits, calls, name="run", prices=context.prices, parent=parent_of(context), watch=Stopwatch()
        )
        self._roles = {
            role: self.whole.scope(role, limits, spent=_of_role(calls, role), watch=Stopwatch())
            for role, limits in context.role_limits.items()
        }

    @contextmanager
    def at_work(self, role: str, *, seconds: float) -> Generator[Ledger]:
        """Let the run's time go on, and the role's.

        Args:
            role: Who works.
            seconds: How long the run had been at work before.

        Yields:
            What the role asks through.
        """
        own = self._roles.get(role, self.whole)
        with ExitStack() as stack:
            stack.enter_context(self.whole.watch.working(before=seconds))
            if own is not self.whole:
                stack.enter_context(own.watch.working(before=Usage.of(own.records).seconds))
            token = _current.set(own)
            try:
                yield own
            finally:
                _current.reset(token)

    def learn(self, calls: Sequence[CallRecord]) -> None:
        """Take in calls of this run that were made elsewhere."""
        self.whole.learn(calls)
        for role, own in self._roles.items():
            own.learn(_of_role(calls, role))

    def unknown_to(self, calls: Sequence[CallRecord]) -> list[CallRecord]:
        """The run's calls that are not among these."""
        known = {call.id for call in calls}
        return [call for call in self.whole.records if call.id not in known]

    def fits(self, context: TeamContext) -> bool:
        """Whether it allows what a context does: a run that is resumed may be given more."""
        return self._terms == _terms(context)


_current: ContextVar[Ledger | None] = ContextVar("motet_ledger", default=None)
"""What the role asks through that is at work here."""


def current_ledger() -> Ledger | None:
    """The ledger of the role that is at work here, if one is."""
    return _current.get()


def parent_of(context: TeamContext) -> Ledger | None:
    """What a run spends from: the role that has started it, as a tool for instance, or what it was told to."""
    own, told = current_ledger(), context.ledger
    return own if own and (told is None or own.is_within(told)) else told


_live: WeakValueDictionary[str, RunLedger] = WeakValueDictionary()
_recent: deque[RunLedger] = deque(maxlen=RECENT)
_lock = threading.Lock()


def run_ledger(run: str, context: TeamContext, calls: Sequence[CallRecord]) -> RunLedger:
    """Find the live ledger of a run, or make it.

    Args:
        run: The run's id.
        context: Says what may be spent.
        calls: Those that the run's state records.
    """
    with _lock:
        ledger = _live.get(run)
        if ledger is not None and ledger.fits(context):
            ledger.learn(calls)
            return ledger
        ledger = RunLedger(context, union(ledger.whole.records if ledger else [], calls))
        _live[run] = ledger
        _recent.append(ledger)
        return ledger


def _terms(context: TeamContext) -> tuple[object, ...]:
    return parent_of(context), context.limits, dict(context.role_limits), context.prices


def _of_role(calls: Sequence[CallRecord], role: str) -> list[CallRecord]:
    return [call for call in calls if call.role == role]
