"""Reads a question, which may be a few words or a whole report of a bug with code and tracebacks in it."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from motet.memory.index.digest import terms_of
from motet.memory.store.tokens import WORD

TITLE = 6.0
"""The words of the first line count so much more: there people say what it is about, and below it how they met it."""
TELLING_WORDS, SUBJECT = 3, 300
"""Words that a first line must have to say what a question is about, and the characters that do so where it has not."""
LONGEST, LONGEST_LINE, LONGEST_NAME = 100_000, 300, 200
"""Characters that are read of a question, and of a line or a name that can mean something; more is a log or data."""
MOST_WORDS = 4000
"""Distinct words of a question that are looked at."""
IN_TITLE = 2.0
QUALIFIER = 0.6
"""What a name before a dot counts, where the last one counts 1: in `Matrix.simplify` it is about `simplify`."""

STOP_WORDS = (
    "a an and are as at be been being but by can cannot could did do does doing don for from had has have having he her"
    " his how i if in into is isn it its just may me might my of on or other our per should so some such than that the"
    " their them then there these they this those to too very via want was way we were what when where whether which"
    " while who why will with within without would you your"
)
"""Words of English that hold a sentence together. In code they are rare, and so would be taken for telling ones."""
_STOPPED = frozenset(STOP_WORDS.split())

URL = re.compile(r"https?://\S+")
REMARK = re.compile(r"<!--.{0,5000}?-->", re.DOTALL)
HEADING = re.compile(r"\s*(?:#{1,6}\s.*|\*\*[^*]{3,40}\*\*:?\s*|_No response_\s*)$")
"""The words of a form say nothing of what is asked."""
VERSIONS = re.compile(
    r".*\b(?:version|versions|platform|python|os)\b\s?[:=]?\s?[\d(]"
    r"|\s*[\w.-]+\s?==?\s?[\d.]+\S*\s*$|\s*[\w-]+\s+\d+(?:\.\d+)+\S*\s*$",
    re.IGNORECASE,
)
"""Lines that list what is installed."""
HYPHENED = re.compile(r"\b[A-Za-z]\w*(?:-[A-Za-z]\w*)+")
"""The option `--collect-only` is `collectonly` or `collect_only` in code, and both have that word."""
DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
LIKE_CODE = re.compile(r"[a-z0-9]_[a-z0-9]|^_|[a-z][A-Z]|^[A-Z]+[a-z]+[A-Z]|^[A-Z][A-Z0-9]+_|\w\.\w")
QUOTED = re.compile(r"`{1,3}([^`\n]{1,80})`")
FILE = re.compile(r"(?<![\w./\\-])[\w./\\-]{1,200}\.(?:pyi?|[jt]sx?|mjs|go|rs|java|cc?|cpp|hpp?|rb|cs|php)\b")
# Not read by `motet.tools.diagnosis`, which leaves out what lies in packages: where a report was written, the code of
# this repository mostly did.
FRAME = re.compile(
    r'File "([^"\n]+)", line (\d+)(?:, in (\S+))?'  # Python
    r"|^(\S{1,300}\.py):(\d+):(?: in (\w+))?"  # pytest
    r"|^[ \t]{1,40}at (?:(\S{1,300}) )?\(?([^\s():]{1,300}):(\d+):\d+\)?",  # JavaScript
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Frame:
    """A line of a traceback.

    Args:
        path: As it is written there, often of another machine.
        function: Where it was, if it says.
    """

    path: str
    function: str


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, taken apart.

    Args:
        weights: The words, by their weights.
        names: What looks like code, or stands in backticks, by its weight.
        dotted: The names among them that have dots.
        subject: What it is about, in a line: the first one, or some more where that says next to nothing.
        title: The words of the first line, in lower case.
        paths: The files that are named.
        frames: Of tracebacks, as they stand there; the last one is where it happened.
    """

    weights: dict[str, float]
    names: dict[str, float]
    dotted: frozenset[str]
    subject: str
    title: frozenset[str]
    paths: tuple[str, ...]
    frames: tuple[Frame, ...]

    @classmethod
    def read(cls, text: str) -> "Question":
        """Take a question apart."""
        text = text[:LONGEST]
        plain = REMARK.sub(" ", URL.sub(" ", text)).replace("\r", "").strip()
        title, _, rest = plain.partition("\n")
        mentioned = list(_mentions(plain, len(title)))
        return cls(
            weights=_weights(title, "\n".join(line for line in rest.split("\n") if not _is_form(line))),
            names=_names(mentioned),
            dotted=frozenset(name for name, _ in mentioned if "." in name),
            subject=title if len(title.split()) >= TELLING_WORDS else plain[:SUBJECT],
            title=frozenset(word.casefold() for word in WORD.findall(title)),
            paths=tuple(dict.fromkeys(found.replace("\\", "/").lstrip("./") for found in FILE.findall(plain))),
            frames=tuple(_frames(text)),
        )


def _is_form(line: str) -> bool:
    return len(line) <= LONGEST_LINE and bool(HEADING.match(line) or VERSIONS.match(line))


def _weights(title: str, rest: str) -> dict[str, float]:
    weights: dict[str, float] = dict(_terms(rest).most_common(MOST_WORDS))
    for term, n in _terms(title).items():
        weights[term] = weights.get(term, 0) + TITLE * n
    for text, counts in ((title, TITLE), (rest, 1.0)):
        for option in HYPHENED.findall(text):
            term = re.sub(r"[-_]", "", option).casefold()
            weights[term] = weights.get(term, 0) + counts
    if not weights:
        weights = dict(terms_of(Counter(WORD.findall(f"{title} {rest}"))))  # `is` may be just what is looked for
    return {term: weight**0.5 for term, weight in weights.items()}


def _terms(text: str) -> Counter[str]:
    return terms_of(Counter(word for word in WORD.findall(text) if word.lower() not in _STOPPED))


def _mentions(text: str, title: int) -> Iterator[tuple[str, float]]:
    """What is meant as code: by its looks, by a parenthesis behind it, or by backticks around it."""
    for found in DOTTED.finditer(text):
        if len(found[0]) > LONGEST_NAME:
            continue
        if LIKE_CODE.search(found[0]) or text[found.end() : found.end() + 1] == "(":
            yield found[0], IN_TITLE if found.start() < title else 1.0
    for quoted in QUOTED.finditer(text):
        for found in DOTTED.finditer(quoted[1]):
            yield found[0], IN_TITLE if quoted.start() < title else 1.0


def _names(mentioned: list[tuple[str, float]]) -> dict[str, float]:
    names: dict[str, float] = {}
    for dotted, weight in mentioned:
        *qualifiers, last = dotted.split(".")
        for name, counts in [*((one, weight * QUALIFIER) for one in qualifiers), (last, weight)]:
            names[name] = max(names.get(name, 0.0), counts)
    return names


def _frames(text: str) -> Iterator[Frame]:
    for found in FRAME.finditer(text):
        path = found[1] or found[4] or found[8]
        function = found[3] or found[6] or found[7] or ""
        yield Frame(path.replace("\\", "/"), function.strip("<>").rpartition(".")[2])
