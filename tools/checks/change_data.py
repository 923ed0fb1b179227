"""JSON and TOML that cannot be read any more."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence

from motet.tools.checks.change_findings import ChangedFile, ChangeFinding
from motet.tools.checks.change_lines import text_of

WITH_COMMENTS = re.compile(r"(^|/)(\.vscode|\.devcontainer)/|(^|/)[tj]sconfig[^/]*\.json$|(^|/)\.eslintrc\.json$")
"""JSON whose readers allow more than the standard does."""
READERS: dict[str, Callable[[str], object]] = {"json": json.loads, "ipynb": json.loads, "toml": tomllib.loads}


def broken_data(change: Sequence[ChangedFile]) -> Iterator[ChangeFinding]:
    """Find files that do not parse and did before, or are new."""
    for file in change:
        reader = READERS.get(file.path.rpartition(".")[2].lower())
        if reader is None or file.after is None or WITH_COMMENTS.search(file.path):
            continue
        fault = _fault(reader, file.after)
        if fault and (file.before is None or not _fault(reader, file.before)):
            message, line = fault
            yield ChangeFinding(
                kind="syntax", path=file.path, line=line, message=f"Invalid syntax: {message}.", blocks=True
            )


def _fault(reader: Callable[[str], object], content: bytes) -> tuple[str, int | None] | None:
    try:
        reader(text_of(content))
    except RecursionError:
        return None  # too deep to be read here, which does not say that it is wrong
    except ValueError as error:
        line = getattr(error, "lineno", None)
        if line is None and (told := re.search(r"at line (\d+)", str(error))):
            line = int(told[1])
        return str(error), line
    return None
