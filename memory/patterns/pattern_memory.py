"""The pattern memory: a team's long-term memory of what it solved, with the proof."""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore
from pydantic import BaseModel, ConfigDict

from motet.memory.patterns.admission import Admission, RefusedError, admit
from motet.memory.patterns.forgetting import least_worth
from motet.memory.patterns.interface import Interface
from motet.memory.patterns.pattern import Draft, Pattern
from motet.memory.patterns.portable import ImportReport, UnreadableLineError, read_lines, write_lines
from motet.memory.patterns.proving import run_tests
from motet.memory.patterns.recalling import Recalled, recall, search
from motet.memory.patterns.shelf import Shelf
from motet.memory.patterns.uses import Use, Worth
from motet.tools.sandbox import Sandbox

FLOOR = 0.4
MOST_COMPARED = 3
"""Patterns that a draft is run against, to see whether it is the same."""
TRIM_EVERY = 64
"""Admissions."""

Progress = Callable[[int], None]
"""Is told how many are done."""


class MemoryStats(BaseModel):
    """A memory in figures."""

    model_config = ConfigDict(frozen=True)

    patterns: int
    quarantined: int
    superseded: int
    """Solutions that better ones took the place of."""
    uses: int
    helped: int
    tokens: int
    """What it took to find the solutions, input and output."""


class PatternMemory:
    """What a team solved, how, and the proof. Nothing gets in that did not run green in a sandbox that isolates, and
    nothing that comes out is believed before it has run again.

    Every method has an async twin with an `a` before its name, which does not block the event loop.

    Args:
        store: Any LangGraph store that indexes the field `text`; `open_memory` makes one. Words are compared as well
            where it is a `ChromaStore`.
        embeddings: The store's own, to compare what was found by its words alone.
        place: The namespace in which all of it lies.
        floor: Less similar than that, 0 to 1, patterns are not recalled. The figure is for motet's own embeddings;
            running what was recalled decides, and a floor only saves runs.
        cap: How many patterns to keep at most; those worth the least are forgotten.
        half_life_days: After how many days without use a pattern is worth half as much.
        clock: Gives the time.
    """

    def __init__(
        self,
        store: BaseStore,
        *,
        embeddings: Embeddings | None = None,
        place: tuple[str, ...] = ("patterns",),
        floor: float = FLOOR,
        cap: int = 10_000,
        half_life_days: float = 180.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.floor = floor
        self.cap = cap
        self._embeddings = embeddings
        self._half_life_days = half_life_days
        self._clock = clock
        self._shelf = Shelf(store, place)
        self._writing = threading.Lock()
        self._admitted = 0

    def admit(self, draft: Draft, *, sandbox: Sandbox) -> Admission:
        """Take a solution in, if it passes its tests now.

        What is known already merges; a solution that passes more, is shorter or is faster takes the place of the one
        that was there, whose proof is kept.

        Args:
            draft: What is put forward.
            sandbox: Where it is run; it has to isolate.

        Raises:
            SandboxError: The sandbox failed, or does not keep code away from the host.
        """
        with self._writing:
            alike = self.recall(draft.task, draft.interface, gist=draft.gist)
            known = [one.pattern for one in alike if one.fits and one.kinship != "edited"][:MOST_COMPARED]
            try:
                admission, pattern = admit(draft, known, sandbox, now=self._clock())
            except RefusedError as refusal:
                return Admission(outcome="refused", pattern=None, reason=str(refusal))
            self._shelf.keep(pattern)
            self._admitted += 1
        if self._admitted % TRIM_EVERY == 0:
            self.trim()
        return admission

    def recall(
        self, task: str, interface: Interface | None = None, *, gist: str = "", limit: int = 10
    ) -> list[Recalled]:
        """Find patterns that may help with a task, the most promising first; none under the floor.

        Args:
            task: In its own words.
            interface: How its solution is to be called.
            gist: The task without its examples, if the caller can tell them apart.
            limit: How many to give at most.
        """
        found = recall(
            self._shelf,
            self._embeddings,
            task,
            gist or task,
            interface or Interface(),
            floor=self.floor,
        )
        return found[:limit]

    def search(self, text: str, *, limit: int = 10) -> list[tuple[Pattern, float]]:
        """Find patterns by words, for people: with their similarity, without a floor."""
        return search(self._shelf, self._embeddings, text, limit=limit)

    def record_use(self, pattern_id: str, use: Use) -> None:
        """Note what came of recalling a pattern."""
        self._shelf.note(pattern_id, use)

    def uses(self, pattern_id: str) -> list[Use]:
        """What came of recalling a pattern, the oldest first."""
        return self._shelf.uses([pattern_id])[0]

    def worth(self, pattern_id: str) -> Worth:
        """What a pattern has earned."""
        return Worth.of(self.uses(pattern_id))

    def get(self, pattern_id: str) -> Pattern | None:
        """Find a pattern by its id, also one in quarantine."""
        return self._shelf.get(pattern_id)

    def patterns(self, *, quarantined: bool = False) -> Iterator[Pattern]:
        """Give all patterns, or all in quarantine, the latest written first."""
        return self._shelf.all(quarantined=quarantined)

    def check(self, pattern_id: str, *, sandbox: Sandbox) -> Pattern:
        """Run a pattern's tests again. One that fails goes into quarantine; one that was there and passes comes out.

        Raises:
            KeyError: There is no such pattern.
            SandboxError: The sandbox failed, or does not keep code away from the host; the pattern stays as it is.
        """
        pattern = self._shelf.get(pattern_id)
        if pattern is None:
            raise KeyError(pattern_id)
        with sandbox.session() as session:
            failure = run_tests(session, pattern.solution, pattern.tests).failure
        if failure is not None:
            return self._quarantine(pattern, f"its tests fail when they are run again: {failure}")
        if pattern.quarantined:
            pattern = pattern.model_copy(update={"quarantined": None})
            self._shelf.keep(pattern)
        return pattern

    def quarantine(self, pattern_id: str, reason: str) -> None:
        """Keep a pattern from being recalled.

        Raises:
            KeyError: There is no such pattern.
        """
        pattern = self._shelf.get(pattern_id)
        if pattern is None:
            raise KeyError(pattern_id)
        self._quarantine(pattern, reason)

    def forget(self, ids: Collection[str]) -> int:
        """Delete patterns with all that is known of their use, and say how many there were."""
        known = [one for one in dict.fromkeys(ids) if self._shelf.get(one) is not None]
        self._shelf.remove(known)
        return len(known)

    def trim(self) -> list[str]:
        """Forget what is worth the least where there are more patterns than the cap; give their ids."""
        doomed = least_worth(self._shelf, self.cap, now=self._clock(), half_life_days=self._half_life_days)
        self._shelf.remove(doomed)
        return doomed

    def stats(self) -> MemoryStats:
        """Count."""
        live, ill = list(self.patterns()), sum(1 for _ in self.patterns(quarantined=True))
        worths = self._shelf.worths([pattern.id for pattern in live])
        return MemoryStats(
            patterns=len(live),
            quarantined=ill,
            superseded=sum(len(pattern.earlier) for pattern in live),
            uses=sum(worth.uses for worth in worths),
            helped=sum(worth.helped for worth in worths),
            tokens=sum(pattern.source.tokens for pattern in live),
        )

    def export(self, file: Path, ids: Collection[str] | None = None) -> int:
        """Write patterns as lines of JSON, and say how many; all that are not in quarantine, or those named."""
        chosen = self.patterns() if ids is None else (one for one in map(self._shelf.get, ids) if one is not None)
        return write_lines(chosen, file)

    def load(self, file: Path, *, sandbox: Sandbox, progress: Progress = lambda _: None) -> ImportReport:
        """Take in what was exported elsewhere. Every pattern has to pass its tests here, as any other draft.

        Raises:
            OSError: The file cannot be read.
            SandboxError: The sandbox failed, or does not keep code away from the host; what came before is kept.
        """
        outcomes = {"admitted": 0, "merged": 0, "superseded": 0}
        refused: list[str] = []
        for done, (number, draft) in enumerate(read_lines(file), 1):
            if isinstance(draft, UnreadableLineError):
                refused.append(f"line {number}: {draft}")
            else:
                admission = self.admit(draft, sandbox=sandbox)
                if admission.outcome == "refused":
                    refused.append(f"line {number}: {admission.reason}")
                else:
                    outcomes[admission.outcome] += 1
            progress(done)
        return ImportReport(**outcomes, refused=tuple(refused))

    def close(self) -> None:
        """Let go of the store, where it is one that can be closed."""
        close = getattr(self.store, "close", None)
        if close is not None:
            close()

    async def aadmit(self, draft: Draft, *, sandbox: Sandbox) -> Admission:
        """As `admit`."""
        return await asyncio.to_thread(self.admit, draft, sandbox=sandbox)

    async def arecall(
        self, task: str, interface: Interface | None = None, *, gist: str = "", limit: int = 10
    ) -> list[Recalled]:
        """As `recall`."""
        return await asyncio.to_thread(self.recall, task, interface, gist=gist, limit=limit)

    async def asearch(self, text: str, *, limit: int = 10) -> list[tuple[Pattern, float]]:
        """As `search`."""
        return await asyncio.to_thread(self.search, text, limit=limit)

    async def arecord_use(self, pattern_id: str, use: Use) -> None:
        """As `record_use`."""
        await asyncio.to_thread(self.record_use, pattern_id, use)

    async def aget(self, pattern_id: str) -> Pattern | None:
        """As `get`."""
        return await asyncio.to_thread(self.get, pattern_id)

    async def acheck(self, pattern_id: str, *, sandbox: Sandbox) -> Pattern:
        """As `check`."""
        return await asyncio.to_thread(self.check, pattern_id, sandbox=sandbox)

    async def aquarantine(self, pattern_id: str, reason: str) -> None:
        """As `quarantine`."""
        await asyncio.to_thread(self.quarantine, pattern_id, reason)

    async def aforget(self, ids: Collection[str]) -> int:
        """As `forget`."""
        return await asyncio.to_thread(self.forget, ids)

    async def atrim(self) -> list[str]:
        """As `trim`."""
        return await asyncio.to_thread(self.trim)

    async def astats(self) -> MemoryStats:
        """As `stats`."""
        return await asyncio.to_thread(self.stats)

    async def aexport(self, file: Path, ids: Collection[str] | None = None) -> int:
        """As `export`."""
        return await asyncio.to_thread(self.export, file, ids)

    async def aload(self, file: Path, *, sandbox: Sandbox, progress: Progress = lambda _: None) -> ImportReport:
        """As `load`."""
        return await asyncio.to_thread(self.load, file, sandbox=sandbox, progress=progress)

    def _quarantine(self, pattern: Pattern, reason: str) -> Pattern:
        ill = pattern.model_copy(update={"quarantined": reason})
        self._shelf.keep(ill)
        return ill
