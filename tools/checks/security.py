"""The security screen: what bandit finds in code. It informs and does not block.

The code runs in a sandbox, so that it is no danger to those who test it. Whether `eval` is one where it is used in the
end depends on what is given to it there, which no static check can know.
"""

import json
from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.tools.sandbox import Execution, Limits, MiB, Session

Level = Literal["low", "medium", "high"]

COMMAND = ("bandit", "--quiet", "--format=json", "--ignore-nosec", "--severity-level=medium", "solution.py")
"""From medium severity on. What lies below is noise in a solution of one file: each `assert`, each `random`, each
import of `subprocess` whatever is done with it, each variable called `token` that is compared with a string. Comments
that switch bandit off are the model's word and count for nothing."""
LIMITS = Limits(output_bytes=4 * MiB, kept_output_bytes=8 * MiB, wall_seconds=20)


class SecurityFinding(BaseModel):
    """One finding of bandit."""

    model_config = ConfigDict(frozen=True)

    rule: str
    """Bandit's name for the test, such as `B602`."""
    severity: Level
    """How bad it would be."""
    confidence: Level
    """How sure bandit is that it is what it seems."""
    line: int
    message: str

    @property
    def text(self) -> str:
        """One line for people."""
        return f"line {self.line}: {self.rule} ({self.severity} severity): {self.message}"


class NoScreenError(Exception):
    """The sandbox could not screen the code; the message says why. Nothing is known about its security then."""


def screen(session: Session, code: str) -> tuple[SecurityFinding, ...]:
    """Look with bandit for what attackers could use. The worst comes first.

    It takes a few times as long as the other checks, so it is made for a solution and not for each candidate.

    Raises:
        NoScreenError: Bandit is not in the sandbox, or it could not read the code.
    """
    return _read(session.run(COMMAND, files=_files(code), limits=LIMITS))


async def ascreen(session: Session, code: str) -> tuple[SecurityFinding, ...]:
    """As `screen`, without blocking the event loop."""
    return _read(await session.arun(COMMAND, files=_files(code), limits=LIMITS))


def _files(code: str) -> dict[str, bytes]:
    return {"solution.py": code.encode("utf-8", "replace")}


def _read(done: Execution) -> tuple[SecurityFinding, ...]:
    try:
        report = json.loads(done.stdout)
    except ValueError:
        reason = (done.stderr.strip().splitlines() or [done.verdict])[-1]
        raise NoScreenError(f"bandit did not run in the sandbox: {reason[-300:]}") from None
    if report["errors"]:
        raise NoScreenError(f"bandit could not read the code: {report['errors'][0]['reason']}")
    found = [
        SecurityFinding(
            rule=row["test_id"],
            severity=row["issue_severity"].lower(),
            confidence=row["issue_confidence"].lower(),
            line=row["line_number"],
            message=row["issue_text"],
        )
        for row in report["results"]
        if row["issue_confidence"] != "UNDEFINED"
    ]
    return tuple(sorted(found, key=lambda finding: (finding.severity != "high", finding.line)))
