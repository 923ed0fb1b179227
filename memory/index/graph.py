"""The symbol graph, from file to file: who uses what another defines, imports it, or inherits from it."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from motet.memory.index.digest import SHORTEST_NAME, Digest
from motet.memory.index.postings import joined, number_of

COMMON = 4
"""A name that more files define says little about which of them is meant."""
IMPORTED, INHERITED = 1.0, 2.0
"""What an import and a base class add to a connection, where one use of a name adds 1."""

Ranks = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


class Edges:
    """Connections between files, each with a weight.

    Args:
        size: How many files there are.
        sources: The file that refers.
        targets: The file that is referred to.
        weights: Of the connections.
    """

    def __init__(self, size: int, sources: Numbers, targets: Numbers, weights: Ranks) -> None:
        self.size = size
        self.sources, self.targets, self.weights = sources, targets, weights

    def ranks(self, seeds: Ranks, *, damping: float = 0.5, rounds: int = 20, back: bool = False) -> Ranks:
        """PageRank that begins anew at some files, and goes from those that refer to those that are referred to.

        Page, Brin, Motwani and Winograd, "The PageRank Citation Ranking", 1999; personalised as in section 6.

        Args:
            seeds: How likely to begin at each file; not all zero.
            damping: How likely it is to go on rather than begin anew.
            rounds: Steps; with this damping the rest is below a millionth.
            back: Whether to go the other way as well.
        """
        start = seeds / seeds.sum()
        sources, targets, weights = self.sources, self.targets, self.weights
        if back:
            sources, targets = np.concatenate([sources, targets]), np.concatenate([targets, sources])
            weights = np.concatenate([weights, weights])
        outward = np.bincount(sources, weights, self.size)
        shares = weights / outward[sources]
        ranks = start
        for _ in range(rounds):
            onward = np.bincount(targets, ranks[sources] * shares, self.size)
            lost = ranks[outward == 0].sum()
            ranks = (1 - damping) * start + damping * (onward + lost * start)
        return ranks


def edges_of(
    paths: Sequence[str],
    digests: Sequence[Digest],
    definers: Mapping[str, set[int]],
    apart: npt.NDArray[np.bool_],
) -> Edges:
    """Make the graph.

    Args:
        paths: Of the files.
        digests: Of the files.
        definers: The files that define a name.
        apart: Files that refer to everything, such as tests, and so connect nothing.
    """
    telling = {
        number_of(name): sorted(files)
        for name, files in definers.items()
        if 0 < len(files) <= COMMON and len(name) >= SHORTEST_NAME and not name.startswith("__")
    }
    finder = _Modules(paths)
    more: list[tuple[int, int, float]] = []
    for file, digest in enumerate(digests):
        if not apart[file]:
            more += [(file, other, IMPORTED) for module in digest.imports for other in finder.find(module, paths[file])]
            more += [
                (file, other, INHERITED / len(others))
                for name in digest.bases
                if (others := telling.get(number_of(name)))
                for other in others
            ]
    uses, others = _uses(digests, telling), _columns(more)
    sources = np.concatenate([uses[0], others[0]])
    targets = np.concatenate([uses[1], others[1]])
    weights = np.concatenate([uses[2], others[2]])
    kept = (sources != targets) & ~apart[sources]
    pairs, where = np.unique(sources[kept] * len(paths) + targets[kept], return_inverse=True)
    sums = np.bincount(where, weights=weights[kept]).astype(np.float64)
    return Edges(len(paths), *np.divmod(pairs, max(1, len(paths))), sums)


def _uses(digests: Sequence[Digest], telling: Mapping[int, list[int]]) -> tuple[Numbers, Numbers, Ranks]:
    """A connection for each name that a file uses and another defines, weaker where several do."""
    known = np.array(sorted(telling), dtype=np.uint32)
    sizes = np.array([len(telling[number]) for number in known.tolist()], dtype=np.int64)
    defining = np.array([file for number in known.tolist() for file in telling[number]], dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    words = joined([digest.uses.words for digest in digests])
    users = np.repeat(np.arange(len(digests)), [len(digest.uses.words) for digest in digests])
    counts = joined([digest.uses.counts for digest in digests])
    places = np.searchsorted(known, words)
    hits = np.flatnonzero(known[np.minimum(places, max(0, len(known) - 1))] == words) if len(known) else places[:0]
    places = places[hits]
    repeats = sizes[places]
    within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    targets = defining[np.repeat(starts[places], repeats) + within]
    weights = np.repeat(np.sqrt(counts[hits]) / np.maximum(1, repeats), repeats)
    return np.repeat(users[hits], repeats), targets, weights


def _columns(rows: Sequence[tuple[int, int, float]]) -> tuple[Numbers, Numbers, Ranks]:
    sources, targets, weights = zip(*rows, strict=True) if rows else ((), (), ())
    return np.array(sources, dtype=np.int64), np.array(targets, dtype=np.int64), np.array(weights, dtype=np.float64)


class _Modules:
    """Finds the file that an import means."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._by_tail: defaultdict[str, list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
        for file, path in enumerate(paths):
            parts = PurePosixPath(path).with_suffix("").parts
            if parts[-1] in ("__init__", "index", "mod"):
                parts = parts[:-1]
            if parts:
                self._by_tail[parts[-1]].append((file, parts))

    def find(self, module: str, user: str) -> list[int]:
        """The file that a module's name means in another file; none if it is not of this repository."""
        relative = module.startswith(".")
        parts = tuple(part for part in re.split(r"[./:\\]+", module) if part)
        if not parts:
            return []
        found = [(file, having) for file, having in self._by_tail.get(parts[-1], ()) if having[-len(parts) :] == parts]
        if relative:
            near = PurePosixPath(user).parent.parts
            found = [one for one in found if _together(one[1], near) >= len(near) - 2]
        return [file for file, _ in found] if len(found) <= COMMON else []


def _together(parts: Sequence[str], others: Sequence[str]) -> int:
    """How many parts two paths begin with in common."""
    count = 0
    while count < min(len(parts), len(others)) and parts[count] == others[count]:
        count += 1
    return count
