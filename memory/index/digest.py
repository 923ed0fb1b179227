"""What is kept of a file so that it can be found: the words of its chunks, the names that it uses, what it imports."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from motet.memory.index.chunk import Chunk, Kind
from motet.memory.index.postings import Postings
from motet.memory.store.tokens import WORD, parts_of

SHORTEST_NAME = 4
"""Characters of a name that is followed from file to file; shorter ones are used for everything."""
READ, DOCSTRING_READ = 600, 300
"""Characters of a chunk and of its docstring that the embedding model reads: about 150 and 75 tokens. Twice as many
cost twice the time and were measured to find hardly more."""
IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import\b|import[ \t]+([\w., \t]+)"  # Python
    r"|(?:import|export)\b[^\n;'\"]{0,500}['\"]([^'\"\n]+)['\"]"  # JavaScript
    r"|(?:use|using|#include|require_relative|require)[ \t]+['\"<]?([\w:./\\]+))",
    re.MULTILINE,
)
REQUIRE = re.compile(r"\brequire\(['\"]([^'\"\n]+)['\"]\)")  # JavaScript's other way, anywhere in a line


class Place(NamedTuple):
    """Where a chunk stands, as far as a search needs it."""

    symbol: str
    kind: Kind
    start_line: int
    end_line: int
    likeness: str
    """The name of its vector, the same for the same code under the same path."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A file, digested."""

    places: tuple[Place, ...]
    body: Postings
    """Words of the chunks' texts."""
    names: Postings
    """Words of the chunks' symbols."""
    uses: Postings
    """Names that the file has in it, for the graph; all of chunk 0."""
    imports: tuple[str, ...]
    """What it imports, as it is written there."""
    bases: tuple[str, ...]
    """The names of what its classes inherit from."""


def digest_of(path: str, chunks: Sequence[Chunk]) -> Digest:
    """Digest the chunks of one file."""
    raw = [Counter(WORD.findall(chunk.text)) for chunk in chunks]
    uses: Counter[str] = Counter()
    for words in raw:
        uses.update({word: n for word, n in words.items() if len(word) >= SHORTEST_NAME and not word[0].isdigit()})
    return Digest(
        places=tuple(Place(one.symbol, one.kind, one.start_line, one.end_line, _likeness(path, one)) for one in chunks),
        body=Postings.of([terms_of(words) for words in raw]),
        names=Postings.of([terms_of(Counter(WORD.findall(one.symbol))) for one in chunks]),
        uses=Postings.of([uses]),
        imports=tuple(dict.fromkeys(_imports(one.text for one in chunks))),
        bases=tuple(dict.fromkeys(name for one in chunks if one.kind == "class" for name in _bases(one.signature))),
    )


def terms_of(words: Counter[str]) -> Counter[str]:
    """Give the words by which a text is compared, how often each; from its words as they stand there."""
    terms: Counter[str] = Counter()
    for word, n in words.items():
        for part in parts_of(word):
            terms[part] += n
    return terms


def path_terms(path: str) -> list[str]:
    """Give the words of a path, each once."""
    return list(terms_of(Counter(WORD.findall(path.removesuffix(PurePosixPath(path).suffix)))))


def likeness_text(path: str, chunk: Chunk) -> str:
    """What the embedding model reads of a chunk: what it is called and says of itself, and then how it begins."""
    place = " ".join(PurePosixPath(path).with_suffix("").parts)
    told = chunk.docstring[:DOCSTRING_READ]
    code = chunk.text.replace(chunk.docstring, "", 1) if chunk.docstring else chunk.text
    text = f"{place} {chunk.symbol}\n{chunk.signature}\n{told}\n{code}"
    return "\n".join(line for line in text.split("\n") if line.strip())[:READ]


def _likeness(path: str, chunk: Chunk) -> str:
    text = likeness_text(path, chunk).encode("utf-8", "replace")
    return hashlib.blake2b(text, digest_size=12).hexdigest()


def _imports(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        if "require(" in text:
            yield from REQUIRE.findall(text)
        for found in IMPORT.finditer(text):
            for name in next(filter(None, found.groups()), "").split(","):
                if module := name.split(" as ")[0].strip():
                    yield module


def _bases(signature: str) -> list[str]:
    """The names after a class's own: `class A(B, C)`, `class A extends B`."""
    words = WORD.findall(signature.partition("(")[2] or signature)
    return [word for word in words if len(word) >= SHORTEST_NAME and word[0].isupper()]
