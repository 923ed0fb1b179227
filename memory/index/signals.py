"""What a search goes by, each of which can be switched off."""

from typing import Literal, get_args

Signal = Literal["words", "names", "mentions", "frames", "graph", "dense"]
SIGNALS: tuple[Signal, ...] = get_args(Signal)
"""
words: BM25 over the words of the code, with identifiers split.
names: words that stand in what a function, a class or a file is called.
mentions: names, files and modules that the question writes as code.
frames: the lines of a traceback in the question.
graph: files that use, import or inherit from what was found.
dense: likeness by the embedding model, as far as it has come.
"""
EVERY = frozenset(SIGNALS)
