"""The lines and sentences of a task that limit its inputs or its solution."""

import re

_BOUND = re.compile(
    r"(?:-?\d[\d^*]*|[A-Za-z_][\w.()\[\]]*)\s*(?:<=|>=|≤|≥|<|>)\s*[\w|(-]"
    r"|\b(?:range|interval)\s*\[|\bconsists? (?:only )?of\b|\bcontains? only\b"
)
_WORDS = re.compile(
    r"\bmust\b|\b(?:do|does|should|may|can|shall|need)(?:\s+not|n['\u2019]t)\b|\bcannot\b|\bnever\b|\bin[- ]place\b"
    r"|\bO\([\w\s*^()²³]+\)|\bwithout\s+(?:using|importing|modifying|changing|extra|recursion)"
    r"|\bassum(?:e|ed)\b|\bguaranteed\b|\bat (?:most|least)\b"
    r"|\bnon[- ]empty\b|\bcase[- ]?(?:in)?sensitive\b|\bonly\s+use\b|\bno (?:more|less|fewer) than\b",
    re.I,
)
_HEADING = re.compile(r"^[\s*#_-]*(?:constraints?|constrain|restrictions?|limits?|limitations?)[\s*_]*:?[\s*_]*$", re.I)
_BULLET = re.compile(r"^\s*(?:[-*•>]+|\d+[.)])\s+")
_CODE = re.compile(
    r"^\s*(?:>>>|\.\.\.|assert\b|def\b|class\b|import\b|from\b.*\bimport\b|@|```|Input\b|Output\b|Explanation\b)"
)
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z\"'`(])")
_LONGEST = 300


def constraints(text: str) -> tuple[str, ...]:
    """The limits that the text states, in its order and words."""
    found: list[str] = []
    for sentence, listed in _sentences(text):
        if len(sentence) <= _LONGEST and (listed or _WORDS.search(sentence) or _BOUND.search(sentence)):
            found.append(sentence)
    return tuple(dict.fromkeys(found))


def _sentences(text: str) -> list[tuple[str, bool]]:
    """The sentences, with lines that were wrapped joined again; and whether each stands in a list of constraints."""
    sentences: list[tuple[str, bool]] = []
    paragraph: list[str] = []
    listed = False

    def close() -> None:
        joined = " ".join(paragraph)
        sentences.extend((sentence.strip(), listed) for sentence in _SENTENCE_END.split(joined) if sentence.strip())
        paragraph.clear()

    for line in text.splitlines():
        stripped = _BULLET.sub("", line).strip().strip("\"'").strip()
        if not stripped or _CODE.match(line) or _HEADING.match(line):
            close()
            # A list of constraints may have blank lines in it; code or another heading ends it.
            listed = bool(_HEADING.match(line)) or (listed and not stripped)
            continue
        if stripped.endswith(":") and listed:
            close()
            listed = False
            continue
        inline = re.match(r"(?:constraints?|restrictions?)\s*:\s*(.+)", stripped, re.I)
        if inline is not None:
            close()
            sentences.append((inline.group(1).strip(), True))
            continue
        alone = listed or _BOUND.match(stripped) is not None
        if alone or _BULLET.match(line):
            close()
        paragraph.append(stripped)
        if alone or stripped.endswith(":"):
            close()
    close()
    return sentences
