"""The files of one folder, in memory and ready to be searched."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from motet.memory.index.digest import Digest, Place, path_terms
from motet.memory.index.graph import Edges, edges_of
from motet.memory.index.kinds import is_test
from motet.memory.index.postings import Postings, joined, number_of
from motet.memory.index.words import Words


class Row(NamedTuple):
    """A chunk among all.

    Args:
        file: The number of its file.
        place: Where it stands there.
        number: Which chunk of the file it is, from 0.
    """

    file: int
    place: Place
    number: int


class View:
    """What a search looks at. Chunks are numbered through all files, and files by the order of their paths.

    Args:
        documents: The name of what is kept of each file, by its path.
        digests: What is kept, by name.
    """

    def __init__(self, documents: Mapping[str, str], digests: Mapping[str, Digest]) -> None:
        here = sorted((path, name) for path, name in documents.items() if digests[name].places)
        self.paths = [path for path, _ in here]
        self.documents = [name for _, name in here]
        self._digests = [digests[name] for name in self.documents]
        self.rows = [
            Row(file, place, number)
            for file, digest in enumerate(self._digests)
            for number, place in enumerate(digest.places)
        ]
        sizes = np.array([len(digest.places) for digest in self._digests], dtype=np.int64)
        self.file_of = np.repeat(np.arange(len(self.paths)), sizes)
        self.starts = np.cumsum(sizes) - sizes
        """The first chunk of each file."""
        self.tests = np.array([is_test(path) for path in self.paths], dtype=bool)

    @cached_property
    def body(self) -> Words:
        """The words of the chunks' texts."""
        return self._words([digest.body for digest in self._digests], len(self.rows))

    @cached_property
    def names(self) -> Words:
        """The words of the chunks' symbols."""
        return self._words([digest.names for digest in self._digests], len(self.rows))

    @cached_property
    def path_words(self) -> Words:
        """The words of the files' paths."""
        terms = [path_terms(path) for path in self.paths]
        files = np.repeat(np.arange(len(terms), dtype=np.uint32), [len(one) for one in terms])
        words = np.array([number_of(term) for one in terms for term in one], dtype=np.uint32)
        return Words(Postings(files, words, np.ones(len(words), dtype=np.uint32)), len(self.paths))

    @cached_property
    def definers(self) -> dict[str, list[int]]:
        """The chunks that define a name, by the name."""
        found: dict[str, list[int]] = {}
        for number, row in enumerate(self.rows):
            if symbol := row.place.symbol:
                found.setdefault(symbol.rpartition(".")[2], []).append(number)
        return found

    @cached_property
    def by_likeness(self) -> dict[str, list[int]]:
        """The chunks that have a vector in common, by its name; those of tests have none and are found by words."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, row in enumerate(self.rows):
            if not self.tests[row.file]:
                found[row.place.likeness].append(number)
        return dict(found)

    @cached_property
    def graph(self) -> Edges:
        """Which file refers to which."""
        defining = {
            name: {self.rows[row].file for row in rows if not self.tests[self.rows[row].file]}
            for name, rows in self.definers.items()
        }
        return edges_of(self.paths, self._digests, defining, self.tests)

    def _words(self, tables: Sequence[Postings], size: int) -> Words:
        shifts = np.repeat(self.starts, [len(table.words) for table in tables])
        chunks = joined([table.texts for table in tables])
        return Words(
            Postings(
                (chunks + shifts).astype(np.uint32),
                joined([table.words for table in tables]),
                joined([table.counts for table in tables]),
            ),
            size,
        )
